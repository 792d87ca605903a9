// A host joins: a token is made, and the commands that use it are there to copy.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { api } from "../api/native";
import { useLanguage } from "../i18n";
import { ActionError, Dialog, fieldError, useAction } from "../parts/action";
import { Notice } from "../parts/notice";

const once = (token: string) => `sudo assay collect --server ${window.location.origin} --token ${token} --once`;

const service = (token: string) =>
  [
    `sudo mkdir -p /etc/assay`,
    `echo 'SERVER=${window.location.origin}' | sudo tee /etc/assay/collect.env`,
    `echo '${token}' | sudo install -m 600 /dev/stdin /etc/assay/collect.token`,
    `sudo systemctl enable --now assay-collect`,
  ].join("\n");

function Command({ title, text }: { title: string; text: string }) {
  const { t } = useLanguage();
  return (
    <SpaceBetween size="xs">
      <Box variant="h4">{title}</Box>
      <Box variant="pre">
        <span style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{text}</span>
      </Box>
      <CopyToClipboard
        textToCopy={text}
        copyButtonText={t("enrol.copy")}
        copyButtonAriaLabel={t("copy.button", { what: title })}
        copySuccessText={t("copy.done")}
        copyErrorText={t("copy.failed")}
      />
    </SpaceBetween>
  );
}

function Commands({ token, onClose }: { token: string; onClose: () => void }) {
  const { t } = useLanguage();
  return (
    <Notice title={t("enrol.title")} size="large" onClose={onClose}>
      <SpaceBetween size="l">
        <Alert type="info">{t("enrol.once")}</Alert>
        <Command title={t("enrol.service")} text={service(token)} />
        <Command title={t("enrol.try")} text={once(token)} />
      </SpaceBetween>
    </Notice>
  );
}

const number = (text: string) => (text ? Number(text) : undefined);

export function Enrol({ onClose }: { onClose: () => void }) {
  const { t } = useLanguage();
  const action = useAction();
  const [label, setLabel] = useState("");
  const [days, setDays] = useState("7");
  const [uses, setUses] = useState("");
  const [token, setToken] = useState("");
  if (token) return <Commands token={token} onClose={onClose} />;
  const create = () =>
    action.run(async () => {
      const request = { ...(label ? { label } : {}), days: number(days), uses: number(uses) };
      setToken((await api.createToken(request)).token);
    });
  return (
    <Dialog title={t("enrol.title")} submit={t("enrol.submit")} action={action} onSubmit={() => void create()} onClose={onClose}>
      <Box>{t("enrol.lead")}</Box>
      <ActionError error={action.error} fields={["label", "days", "uses"]} />
      <FormField label={t("enrol.label")} description={t("enrol.label.text")} errorText={fieldError(action.error, "label")}>
        <Input value={label} onChange={({ detail }) => setLabel(detail.value)} />
      </FormField>
      <FormField label={t("enrol.days")} description={t("enrol.days.text")} errorText={fieldError(action.error, "days")}>
        <Input type="number" inputMode="numeric" value={days} onChange={({ detail }) => setDays(detail.value)} />
      </FormField>
      <FormField label={t("enrol.uses")} description={t("enrol.uses.text")} errorText={fieldError(action.error, "uses")}>
        <Input type="number" inputMode="numeric" value={uses} onChange={({ detail }) => setUses(detail.value)} />
      </FormField>
    </Dialog>
  );
}
