import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useLanguage } from "../i18n";
import { Copy } from "../parts/copy";
import { Facts } from "../parts/facts";

/** What is shown this one time. */
export function Secret({ title, values, onClose }: { title: string; values: [label: string, text: string][]; onClose: () => void }) {
  const { t } = useLanguage();
  return (
    <Modal
      visible
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
      <SpaceBetween size="m">
        <Alert type="warning">{t("secret.once")}</Alert>
        <Facts columns={1} facts={values.map(([label, text]) => [label, <Copy key={label} text={text} what={label} />])} />
      </SpaceBetween>
    </Modal>
  );
}
