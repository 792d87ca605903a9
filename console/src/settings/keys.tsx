import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";
import type { Loaded } from "../api/load";
import { api, type AccessKey, type User } from "../api/native";
import { useLanguage } from "../i18n";
import { ActionError, ChangeButton, Confirm, Dialog, fieldError, useAction } from "../parts/action";
import { List } from "../parts/list";
import { Secret } from "./secret";

function KeyForm({ users, onDone, onClose }: { users: User[]; onDone: () => void; onClose: () => void }) {
  const { t } = useLanguage();
  const action = useAction();
  const [user, setUser] = useState(users[0]?.name ?? "");
  const [made, setMade] = useState<{ accessKeyId: string; secretAccessKey: string }>();
  if (made)
    return (
      <Secret
        title={t("keys.made")}
        values={[
          [t("signIn.keyId"), made.accessKeyId],
          [t("signIn.secret"), made.secretAccessKey],
        ]}
        onClose={onDone}
      />
    );
  const create = () => action.run(async () => setMade(await api.createKey(user)));
  const options = users.map(({ name, role }) => ({ value: name, label: name, description: t(`role.${role}`) }));
  return (
    <Dialog title={t("keys.add")} submit={t("keys.add.submit")} action={action} onSubmit={() => void create()} onClose={onClose} disabled={!user}>
      <ActionError error={action.error} fields={["user"]} />
      <FormField label={t("keys.user")} errorText={fieldError(action.error, "user")}>
        <Select
          selectedOption={options.find(({ value }) => value === user) ?? null}
          options={options}
          onChange={({ detail }) => setUser(detail.selectedOption.value ?? "")}
        />
      </FormField>
    </Dialog>
  );
}

export function Keys({ loaded, users, changed }: { loaded: Loaded<AccessKey[]>; users: User[]; changed: () => void }) {
  const { t, date } = useLanguage();
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<{ key: AccessKey; remove: boolean }>();
  const done = () => {
    setAdding(false);
    setEnding(undefined);
    changed();
  };
  return (
    <>
      <List<AccessKey>
        title={t("keys.title")}
        loaded={loaded}
        trackBy="accessKeyId"
        empty={{ title: t("keys.none") }}
        actions={<ChangeButton onClick={() => setAdding(true)}>{t("keys.add")}</ChangeButton>}
        columns={[
          { id: "id", header: t("signIn.keyId"), cell: ({ accessKeyId }) => accessKeyId, sort: "accessKeyId", width: 180 },
          { id: "user", header: t("keys.user"), cell: ({ user }) => user, sort: "user", width: 110 },
          {
            id: "state",
            header: t("coverage.status"),
            cell: ({ accessKeyId, disabled }) => (
              <StatusIndicator type={disabled ? "stopped" : "success"}>
                {t(disabled ? "keys.disabled" : accessKeyId.startsWith("ASIA") ? "keys.session" : "keys.good")}
              </StatusIndicator>
            ),
            width: 130,
          },
          {
            id: "expires",
            header: t("tokens.expires"),
            cell: ({ expiresAt }) => (expiresAt === undefined ? t("tokens.never") : date(expiresAt * 1000)),
            sort: "expiresAt",
            width: 160,
          },
          { id: "created", header: t("rules.created"), cell: ({ createdAt }) => date(createdAt * 1000), sort: "createdAt", width: 160 },
          {
            id: "actions",
            header: t("actions"),
            width: 130,
            cell: (key) => (
              <SpaceBetween direction="horizontal" size="s">
                <ChangeButton
                  variant="inline-link"
                  disabled={key.disabled}
                  disabledReason={t("keys.disabled")}
                  ariaLabel={t("keys.disable.label", { name: key.accessKeyId })}
                  onClick={() => setEnding({ key, remove: false })}
                >
                  {t("keys.disable")}
                </ChangeButton>
                <ChangeButton variant="inline-link" ariaLabel={t("remove.label", { name: key.accessKeyId })} onClick={() => setEnding({ key, remove: true })}>
                  {t("remove")}
                </ChangeButton>
              </SpaceBetween>
            ),
          },
        ]}
      />
      {adding && <KeyForm users={users} onDone={done} onClose={() => setAdding(false)} />}
      {ending && (
        <Confirm
          title={t(ending.remove ? "remove.label" : "keys.disable.label", { name: ending.key.accessKeyId })}
          submit={t(ending.remove ? "remove" : "keys.disable")}
          act={() => (ending.remove ? api.deleteKey : api.disableKey)(ending.key.accessKeyId)}
          onDone={done}
          onClose={() => setEnding(undefined)}
        >
          {t("keys.end.text")}
        </Confirm>
      )}
    </>
  );
}
