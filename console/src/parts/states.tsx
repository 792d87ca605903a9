// What is shown where there is nothing to show: nothing there, nothing that matches, nothing that came.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { ApiError } from "../api/error";
import { useLanguage } from "../i18n";

export function Nothing({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Box textAlign="center" padding={{ vertical: "l" }}>
      <SpaceBetween size="xs">
        <Box variant="strong">{title}</Box>
        {children && <Box color="text-body-secondary">{children}</Box>}
      </SpaceBetween>
    </Box>
  );
}

/** What an error says: the server's own words, unless it had none. */
export function useErrorText() {
  const { t } = useLanguage();
  return (error: Error) => {
    const status = error instanceof ApiError ? error.status : undefined;
    if (status === 0) return t("error.unreachable");
    return status === 429 || status === 503 ? t("error.busy") : error.message;
  };
}

export function LoadError({ error, retry }: { error: Error; retry: () => void }) {
  const { t } = useLanguage();
  const text = useErrorText();
  return (
    <Alert type="error" header={t("error.title")} action={<Button onClick={retry}>{t("error.retry")}</Button>}>
      {text(error)}
    </Alert>
  );
}
