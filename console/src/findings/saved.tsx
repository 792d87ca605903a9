// Saved filters: the API's filters without an action.
import ButtonDropdown, { type ButtonDropdownProps } from "@cloudscape-design/components/button-dropdown";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { CreateFilterCommand, DeleteFilterCommand, ListFiltersCommand, type Filter } from "@aws-sdk/client-inspector2";
import { useState } from "react";
import { noticeExpiry } from "../api/client";
import { pages, send } from "../api/inspector";
import { useLoaded } from "../api/load";
import { useLanguage } from "../i18n";
import { sdkCriteria, wireCriteria, type Criteria } from "./criteria";

export async function listSaved(): Promise<Filter[]> {
  const filters: Filter[] = [];
  for await (const page of pages((nextToken) => new ListFiltersCommand({ action: "NONE", nextToken }))) filters.push(...(page.filters ?? []));
  return filters;
}

function SaveDialog({ criteria, done }: { criteria: Criteria; done: (saved: boolean) => void }) {
  const { t } = useLanguage();
  const [name, setName] = useState("");
  const [error, setError] = useState("");
  const save = () =>
    send(new CreateFilterCommand({ action: "NONE", name, filterCriteria: sdkCriteria(criteria) }))
      .then(
        () => done(true),
        (reason: Error) => {
          noticeExpiry(reason);
          setError(reason.message);
        },
      );
  return (
    <Modal
      visible
      header={t("saved.save")}
      onDismiss={() => done(false)}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => done(false)}>
              {t("cancel")}
            </Button>
            <Button variant="primary" disabled={!name.trim()} onClick={() => void save()}>
              {t("save")}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {error && <Alert type="error">{error}</Alert>}
        <FormField label={t("saved.name")} constraintText={t("saved.nameRule")}>
          <Input value={name} onChange={({ detail }) => setName(detail.value)} autoFocus />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}

/** A menu of the saved filters; `choose` gets the criteria of one. */
export function SavedFilters({ criteria, choose }: { criteria: Criteria; choose: (criteria: Criteria) => void }) {
  const { t } = useLanguage();
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
    else if (present) void send(new DeleteFilterCommand({ arn: present.arn })).then(reload, noticeExpiry);
  }

  return (
    <>
      <ButtonDropdown items={items} onItemClick={({ detail }) => click(detail.id)} expandToViewport>
        {present?.name ?? t("saved.title")}
      </ButtonDropdown>
      {saving && (
        <SaveDialog
          criteria={criteria}
          done={(saved) => {
            setSaving(false);
            if (saved) reload();
          }}
        />
      )}
    </>
  );
}
