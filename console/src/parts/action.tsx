// What people do that changes something: under way, refused, or not theirs to do.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button, { type ButtonProps } from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type ReactNode } from "react";
import { useSession } from "../api/session";
import { useLanguage } from "../i18n";
import { useErrorText } from "./states";

export interface Action {
  busy: boolean;
  error: Error | undefined;
  /** Whether it was done. */
  run: (action: () => Promise<unknown>) => Promise<boolean>;
}

export function useAction(): Action {
  const [state, setState] = useState<{ busy: boolean; error?: Error }>({ busy: false });
  return {
    busy: state.busy,
    error: state.error,
    async run(action) {
      setState({ busy: true });
      try {
        await action();
        setState({ busy: false });
        return true;
      } catch (reason) {
        setState({ busy: false, error: reason instanceof Error ? reason : new Error(String(reason)) });
        return false;
      }
    },
  };
}

/** What a ValidationException says of a field; undefined when it says nothing of it. */
export function fieldError(error: Error | undefined, field: string): string | undefined {
  const { fields = [] } = (error ?? {}) as { fields?: { name?: string; message?: string }[] };
  return fields.find(({ name }) => name === field || name?.startsWith(`${field}.`) || name?.startsWith(`${field}[`))?.message;
}

/** The error, unless one of the fields beside which it is shown has it. */
export function ActionError({ error, fields = [] }: { error: Error | undefined; fields?: string[] }) {
  const text = useErrorText();
  if (!error || fields.some((field) => fieldError(error, field))) return null;
  return <Alert type="error">{text(error)}</Alert>;
}

export function useMayChange(): boolean {
  return useSession()?.role === "admin";
}

/** A button for what only administrators may do: others see why they may not. */
export function ChangeButton({ disabled, disabledReason, ...props }: ButtonProps) {
  const { t } = useLanguage();
  const may = useMayChange();
  return <Button {...props} disabled={!may || !!disabled} disabledReason={may ? disabledReason : t("readOnly")} />;
}

interface DialogProps {
  title: string;
  submit: string;
  action: Action;
  onSubmit: () => void;
  onClose: () => void;
  disabled?: boolean;
  children: ReactNode;
}

/** A question with a form in it. */
export function Dialog({ title, submit, action, onSubmit, onClose, disabled, children }: DialogProps) {
  const { t } = useLanguage();
  return (
    <Modal
      visible
      header={title}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {t("cancel")}
            </Button>
            <ChangeButton variant="primary" loading={action.busy} disabled={!!disabled} onClick={onSubmit}>
              {submit}
            </ChangeButton>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!disabled && !action.busy) onSubmit();
        }}
      >
        <SpaceBetween size="m">{children}</SpaceBetween>
      </form>
    </Modal>
  );
}

interface ConfirmProps {
  title: string;
  submit: string;
  act: () => Promise<unknown>;
  onDone: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks before what cannot be undone. */
export function Confirm({ title, submit, act, onDone, onClose, children }: ConfirmProps) {
  const action = useAction();
  const confirm = async () => {
    if (await action.run(act)) onDone();
  };
  return (
    <Dialog title={title} submit={submit} action={action} onSubmit={() => void confirm()} onClose={onClose}>
      <ActionError error={action.error} />
      {children}
    </Dialog>
  );
}
