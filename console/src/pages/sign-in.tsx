import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type FormEvent } from "react";
import { signIn } from "../api/client";
import { ApiError } from "../api/error";
import { useLanguage } from "../i18n";
import { useErrorText } from "../parts/states";

export function SignIn({ ended }: { ended: boolean }) {
  const { t } = useLanguage();
  const text = useErrorText();
  const [keyId, setKeyId] = useState("");
  const [secret, setSecret] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      await signIn(keyId.trim(), secret.trim());
    } catch (reason) {
      const refused = reason instanceof ApiError && reason.status === 403;
      setError(refused ? t("signIn.wrong", { reason: reason.message }) : text(reason as Error));
      setBusy(false);
    }
  }

  return (
    <Box padding="xxl">
      <div style={{ maxWidth: 480, margin: "0 auto" }}>
        <form onSubmit={(event) => void submit(event)}>
          <Form
            actions={
              <Button variant="primary" formAction="submit" loading={busy} disabled={!keyId || !secret}>
                {t("signIn.submit")}
              </Button>
            }
          >
            <Container header={<Header variant="h1" description={t("signIn.lead")}>{t("signIn.title")}</Header>}>
              <SpaceBetween size="l">
                {ended && !error && <Alert type="info">{t("signIn.expired")}</Alert>}
                {error && <Alert type="error">{error}</Alert>}
                <FormField label={t("signIn.keyId")}>
                  <Input value={keyId} onChange={({ detail }) => setKeyId(detail.value)} autoFocus autoComplete="username" spellcheck={false} />
                </FormField>
                <FormField label={t("signIn.secret")}>
                  <Input value={secret} type="password" onChange={({ detail }) => setSecret(detail.value)} autoComplete="current-password" />
                </FormField>
              </SpaceBetween>
            </Container>
          </Form>
        </form>
      </div>
    </Box>
  );
}
