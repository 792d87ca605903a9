import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal, { type ModalProps } from "@cloudscape-design/components/modal";
import type { ReactNode } from "react";
import { useLanguage } from "../i18n";

interface NoticeProps {
  title: string;
  size?: ModalProps.Size;
  onClose: () => void;
  children: ReactNode;
}

/** Something to read, and nothing to do but close it. */
export function Notice({ title, size = "medium", onClose, children }: NoticeProps) {
  const { t } = useLanguage();
  return (
    <Modal
      visible
      size={size}
      header={title}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Button variant="primary" onClick={onClose}>
            {t("close")}
          </Button>
        </Box>
      }
    >
      {children}
    </Modal>
  );
}
