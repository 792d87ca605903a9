// What is shown where there is nothing to show: nothing there, nothing that matches, nothing that came.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
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

export function LoadError({ error, retry }: { error: Error; retry: () => void }) {
  const { t } = useLanguage();
  return (
    <Alert type="error" header={t("error.title")} action={<Button onClick={retry}>{t("error.retry")}</Button>}>
      {error.message}
    </Alert>
  );
}
