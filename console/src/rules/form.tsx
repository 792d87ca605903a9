import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { FilterBar } from "../findings/filter-bar";
import type { Criteria } from "../findings/criteria";
import { useLanguage } from "../i18n";
import { ActionError, ChangeButton, fieldError, useAction } from "../parts/action";
import { href, navigate } from "../router";
import { Preview } from "./preview";
import { tagsOf, tagTexts, type Tags } from "./rules";

export interface Draft {
  name: string;
  description: string;
  reason: string;
  tags: Tags;
  criteria: Criteria;
}

interface RuleFormProps {
  title: string;
  draft: Draft;
  save: (draft: Draft) => Promise<unknown>;
}

/** A rule being written, with what it would hide beside it. */
export function RuleForm({ title, draft: first, save }: RuleFormProps) {
  const { t } = useLanguage();
  const action = useAction();
  const [draft, setDraft] = useState(first);
  const [tags, setTags] = useState(tagTexts(first.tags).join("\n"));
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const complete = draft.name.trim() && Object.keys(draft.criteria).length > 0;
  const submit = async () => {
    if (await action.run(() => save({ ...draft, tags: tagsOf(tags) }))) navigate(href("/rules"));
  };
  const errorOf = (field: string) => fieldError(action.error, field);
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={t("rules.lead")}>
          {title}
        </Header>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (complete) void submit();
        }}
      >
        <Form
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" formAction="none" href={href("/rules")}>
                {t("cancel")}
              </Button>
              <ChangeButton variant="primary" loading={action.busy} disabled={!complete} disabledReason={t("rules.incomplete")}>
                {t("save")}
              </ChangeButton>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="l">
            <ActionError error={action.error} fields={["name", "description", "reason", "tags", "filterCriteria"]} />
            <Container>
              <SpaceBetween size="l">
                <FormField label={t("rules.name")} description={t("rules.name.text")} errorText={errorOf("name")}>
                  <Input value={draft.name} onChange={({ detail }) => change({ name: detail.value })} />
                </FormField>
                <FormField label={t("rules.description")} errorText={errorOf("description")}>
                  <Input value={draft.description} onChange={({ detail }) => change({ description: detail.value })} />
                </FormField>
                <FormField label={t("rules.reason")} description={t("rules.reason.text")} errorText={errorOf("reason")}>
                  <Textarea rows={2} value={draft.reason} onChange={({ detail }) => change({ reason: detail.value })} />
                </FormField>
                <FormField label={t("rules.tags")} description={t("rules.tags.text")} errorText={errorOf("tags")}>
                  <Textarea rows={2} value={tags} spellcheck={false} onChange={({ detail }) => setTags(detail.value)} />
                </FormField>
                <FormField label={t("rules.criteria")} description={t("rules.criteria.text")} stretch errorText={errorOf("filterCriteria")}>
                  <FilterBar criteria={draft.criteria} onChange={(criteria) => change({ criteria })} />
                </FormField>
              </SpaceBetween>
            </Container>
            <Preview criteria={draft.criteria} />
          </SpaceBetween>
        </Form>
      </form>
    </ContentLayout>
  );
}
