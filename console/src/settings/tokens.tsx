import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import type { Loaded } from "../api/load";
import { api, type EnrolmentToken } from "../api/native";
import { Enrol } from "../coverage/enrol";
import { useLanguage } from "../i18n";
import { ActionError, ChangeButton, Confirm, Dialog, fieldError, useAction } from "../parts/action";
import { List } from "../parts/list";
import { Secret } from "./secret";

/** A token by which a registry proves itself, and the address to which it sends what was pushed. */
function NotifyForm({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const { t } = useLanguage();
  const action = useAction();
  const [label, setLabel] = useState("");
  const [days, setDays] = useState("");
  const [token, setToken] = useState("");
  if (token)
    return (
      <Secret
        title={t("tokens.notify.title")}
        values={[
          [t("origin.url"), `${window.location.origin}/assay/v1/registry/notifications`],
          ["Authorization", `Bearer ${token}`],
        ]}
        onClose={onDone}
      />
    );
  const create = () => action.run(async () => setToken((await api.createToken({ purpose: "notify", ...(label ? { label } : {}), ...(days ? { days: Number(days) } : {}) })).token));
  return (
    <Dialog title={t("tokens.notify.title")} submit={t("keys.add.submit")} action={action} onSubmit={() => void create()} onClose={onClose}>
      <ActionError error={action.error} fields={["label", "days"]} />
      <FormField label={t("enrol.label")} errorText={fieldError(action.error, "label")}>
        <Input value={label} onChange={({ detail }) => setLabel(detail.value)} />
      </FormField>
      <FormField label={t("enrol.days")} errorText={fieldError(action.error, "days")}>
        <Input type="number" inputMode="numeric" value={days} onChange={({ detail }) => setDays(detail.value)} />
      </FormField>
    </Dialog>
  );
}

export function Tokens({ loaded, changed }: { loaded: Loaded<EnrolmentToken[]>; changed: () => void }) {
  const { t, date, number } = useLanguage();
  const [adding, setAdding] = useState<EnrolmentToken["purpose"]>();
  const [removing, setRemoving] = useState<EnrolmentToken>();
  const done = () => {
    setAdding(undefined);
    setRemoving(undefined);
    changed();
  };
  return (
    <>
      <List<EnrolmentToken>
        title={t("tokens.title")}
        description={t("tokens.lead")}
        loaded={loaded}
        trackBy="id"
        empty={{ title: t("tokens.none") }}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <ChangeButton onClick={() => setAdding("notify")}>{t("tokens.notify.title")}</ChangeButton>
            <ChangeButton onClick={() => setAdding("enrol")}>{t("enrol.button")}</ChangeButton>
          </SpaceBetween>
        }
        columns={[
          { id: "label", header: t("enrol.label"), cell: ({ id, label }) => label || id.slice(0, 12), sort: "label", width: 160 },
          { id: "purpose", header: t("tokens.purpose"), cell: ({ purpose }) => t(`tokens.${purpose}`), sort: "purpose", width: 130 },
          { id: "uses", header: t("tokens.uses"), cell: ({ usesLeft }) => (usesLeft === undefined ? t("tokens.any") : number(usesLeft)), width: 120 },
          { id: "expires", header: t("tokens.expires"), cell: ({ expiresAt }) => (expiresAt === undefined ? t("tokens.never") : date(expiresAt * 1000)), sort: "expiresAt", width: 180 },
          { id: "created", header: t("rules.created"), cell: ({ createdAt }) => date(createdAt * 1000), sort: "createdAt", width: 180 },
          {
            id: "actions",
            header: t("actions"),
            width: 120,
            cell: (token) => (
              <ChangeButton variant="inline-link" ariaLabel={t("remove.label", { name: token.label || token.id.slice(0, 12) })} onClick={() => setRemoving(token)}>
                {t("remove")}
              </ChangeButton>
            ),
          },
        ]}
      />
      {adding === "enrol" && <Enrol onClose={done} />}
      {adding === "notify" && <NotifyForm onDone={done} onClose={() => setAdding(undefined)} />}
      {removing && (
        <Confirm
          title={t("remove.label", { name: removing.label || removing.id.slice(0, 12) })}
          submit={t("remove")}
          act={() => api.deleteToken(removing.id)}
          onDone={done}
          onClose={() => setRemoving(undefined)}
        >
          {t("tokens.remove.text")}
        </Confirm>
      )}
    </>
  );
}
