// Saved filters: the API's filters without an action.
import ButtonDropdown, { type ButtonDropdownProps } from "@cloudscape-design/components/button-dropdown";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { CreateFilterCommand, DeleteFilterCommand, ListFiltersCommand, type Filter } from "@aws-sdk/client-inspector2";
import { useState } from "react";
import { pages, send } from "../api/inspector";
import { useLoaded } from "../api/load";
import { useLanguage } from "../i18n";
import { ActionError, Dialog, useAction } from "../parts/action";
import { hideTask, showTask } from "../parts/background";
import { useErrorText } from "../parts/states";
import { sdkCriteria, wireCriteria, type Criteria } from "./criteria";

export async function listSaved(): Promise<Filter[]> {
  const filters: Filter[] = [];
  for await (const page of pages((nextToken) => new ListFiltersCommand({ action: "NONE", nextToken }))) filters.push(...(page.filters ?? []));
  return filters;
}

function SaveDialog({ criteria, onDone, onClose }: { criteria: Criteria; onDone: () => void; onClose: () => void }) {
  const { t } = useLanguage();
  const action = useAction();
  const [name, setName] = useState("");
  const save = async () => {
    const command = new CreateFilterCommand({ action: "NONE", name, filterCriteria: sdkCriteria(criteria) });
    if (await action.run(() => send(command))) onDone();
  };
  return (
    <Dialog title={t("saved.save")} submit={t("save")} action={action} onSubmit={() => void save()} onClose={onClose} disabled={!name.trim()}>
      <ActionError error={action.error} />
      <FormField label={t("saved.name")} constraintText={t("saved.nameRule")}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} autoFocus />
      </FormField>
    </Dialog>
  );
}

/** A menu of the saved filters; `choose` gets the criteria of one. */
export function SavedFilters({ criteria, choose }: { criteria: Criteria; choose: (criteria: Criteria) => void }) {
  const { t } = useLanguage();
  const errorText = useErrorText();
  const [saving, setSaving] = useState(false);
  const { value: saved = [], reload } = useLoaded("saved", listSaved);
  const text = JSON.stringify(criteria);
  const present = saved.find((filter) => JSON.stringify(wireCriteria(filter.criteria)) === text);

  const items: ButtonDropdownProps.ItemOrGroup[] = [
    ...(saved.length ? [{ text: t("saved.title"), items: saved.map(({ arn = "", name = "" }) => ({ id: arn, text: name })) }] : []),
    { id: "save", text: t("saved.save"), disabled: text === "{}" },
    ...(present ? [{ id: "delete", text: t("saved.delete", { name: present.name ?? "" }) }] : []),
  ];

  function click(id: string) {
    const filter = saved.find(({ arn }) => arn === id);
    if (filter) choose(wireCriteria(filter.criteria));
    else if (id === "save") setSaving(true);
    else if (present) void send(new DeleteFilterCommand({ arn: present.arn })).then(reload, refused);
  }

  function refused(error: Error) {
    const end = () => hideTask("saved");
    showTask({ flash: { id: "saved", type: "error", content: errorText(error), dismissible: true, dismissLabel: t("close"), onDismiss: end }, end });
  }

  return (
    <>
      <ButtonDropdown items={items} onItemClick={({ detail }) => click(detail.id)} expandToViewport>
        {present?.name ?? t("saved.title")}
      </ButtonDropdown>
      {saving && (
        <SaveDialog
          criteria={criteria}
          onClose={() => setSaving(false)}
          onDone={() => {
            setSaving(false);
            reload();
          }}
        />
      )}
    </>
  );
}
