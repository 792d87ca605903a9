import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import type { Loaded } from "../api/load";
import { api, type Role, type User } from "../api/native";
import { useSession } from "../api/session";
import { useLanguage } from "../i18n";
import { ActionError, ChangeButton, Confirm, Dialog, fieldError, useAction } from "../parts/action";
import { List } from "../parts/list";

const roles = ["admin", "read_only"] as const;

function UserForm({ first, onDone, onClose }: { first: User | undefined; onDone: () => void; onClose: () => void }) {
  const { t } = useLanguage();
  const action = useAction();
  const [name, setName] = useState(first?.name ?? "");
  const [role, setRole] = useState<Role>(first?.role ?? "read_only");
  const save = async () => {
    if (await action.run(() => api.putUser({ name: name.trim(), role }))) onDone();
  };
  const options = roles.map((value) => ({ value, label: t(`role.${value}`), description: t(`role.${value}.text`) }));
  return (
    <Dialog
      title={first ? t("edit.label", { name: first.name }) : t("users.add")}
      submit={t("save")}
      action={action}
      onSubmit={() => void save()}
      onClose={onClose}
      disabled={!name.trim()}
    >
      <ActionError error={action.error} fields={["name", "role"]} />
      <FormField label={t("users.name")} constraintText={t("users.name.text")} errorText={fieldError(action.error, "name")}>
        <Input value={name} disabled={!!first} autoComplete={false} spellcheck={false} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <FormField label={t("users.role")} errorText={fieldError(action.error, "role")}>
        <Select
          selectedOption={options.find(({ value }) => value === role) ?? null}
          options={options}
          onChange={({ detail }) => setRole(detail.selectedOption.value as Role)}
        />
      </FormField>
    </Dialog>
  );
}

export function Users({ loaded, changed }: { loaded: Loaded<User[]>; changed: () => void }) {
  const { t, date } = useLanguage();
  const own = useSession()?.user;
  const [editing, setEditing] = useState<User | "new">();
  const [removing, setRemoving] = useState<User>();
  const done = () => {
    setEditing(undefined);
    setRemoving(undefined);
    changed();
  };
  return (
    <>
      <List<User>
        title={t("users.title")}
        loaded={loaded}
        trackBy="name"
        empty={{ title: t("users.none") }}
        actions={<ChangeButton onClick={() => setEditing("new")}>{t("users.add")}</ChangeButton>}
        columns={[
          { id: "name", header: t("users.name"), cell: ({ name }) => name, sort: "name", width: 160 },
          { id: "role", header: t("users.role"), cell: ({ role }) => t(`role.${role}`), sort: "role", width: 140 },
          { id: "created", header: t("rules.created"), cell: ({ createdAt }) => date(createdAt * 1000), sort: "createdAt", width: 180 },
          {
            id: "actions",
            header: t("actions"),
            width: 140,
            cell: (user) => (
              <SpaceBetween direction="horizontal" size="s">
                <ChangeButton variant="inline-link" disabled={user.name === own} disabledReason={t("users.self")} ariaLabel={t("edit.label", { name: user.name })} onClick={() => setEditing(user)}>
                  {t("edit")}
                </ChangeButton>
                <ChangeButton variant="inline-link" disabled={user.name === own} disabledReason={t("users.self")} ariaLabel={t("remove.label", { name: user.name })} onClick={() => setRemoving(user)}>
                  {t("remove")}
                </ChangeButton>
              </SpaceBetween>
            ),
          },
        ]}
      />
      {editing && <UserForm first={editing === "new" ? undefined : editing} onDone={done} onClose={() => setEditing(undefined)} />}
      {removing && (
        <Confirm
          title={t("remove.label", { name: removing.name })}
          submit={t("remove")}
          act={() => api.deleteUser(removing.name)}
          onDone={done}
          onClose={() => setRemoving(undefined)}
        >
          {t("users.remove.text")}
        </Confirm>
      )}
    </>
  );
}
