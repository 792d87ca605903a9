import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { DeleteFilterCommand } from "@aws-sdk/client-inspector2";
import { useState } from "react";
import { send } from "../api/inspector";
import { isFindingChange, useLiveLoaded } from "../api/live";
import { viewHref } from "../findings/view";
import { useLanguage } from "../i18n";
import { ChangeButton, Confirm } from "../parts/action";
import { List } from "../parts/list";
import { href } from "../router";
import { listRules, tagTexts, withoutStatus, type Rule } from "../rules/rules";
import { CriteriaWords } from "../rules/words";

export const questions = () => ({ rules: listRules });

export default function Rules() {
  const { t, ago, date, atLeast } = useLanguage();
  const loaded = useLiveLoaded("rules", isFindingChange, listRules);
  const [deleting, setDeleting] = useState<Rule>();
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={t("rules.lead")}>
          {t("nav.rules")}
        </Header>
      }
    >
      <List<Rule>
        title={t("rules.title")}
        loaded={loaded}
        trackBy="arn"
        filter={t("rules.filter")}
        empty={{ title: t("rules.none"), text: t("rules.none.text") }}
        actions={
          <ChangeButton variant="primary" href={href("/rules/create")}>
            {t("rules.create")}
          </ChangeButton>
        }
        columns={[
          {
            id: "name",
            header: t("rules.name"),
            cell: ({ arn, name, description, tags }) => (
              <>
                <Link href={href("/rules/edit", { arn })}>{name}</Link>
                {[description, ...tagTexts(tags)].filter(Boolean).map((one) => (
                  <Box key={one} variant="small" display="block" color="text-body-secondary">
                    {one}
                  </Box>
                ))}
              </>
            ),
            sort: "name",
            width: 150,
          },
          { id: "reason", header: t("rules.reason"), cell: ({ reason }) => reason || "–", width: 150 },
          { id: "criteria", header: t("rules.criteria"), cell: ({ criteria }) => <CriteriaWords criteria={criteria} />, width: 220 },
          {
            id: "hides",
            header: t("rules.hides"),
            cell: ({ name, criteria, hides }) => (
              <Link href={viewHref({ criteria: withoutStatus(criteria), status: "SUPPRESSED" })} ariaLabel={t("rules.hides.label", { name, count: atLeast(hides.count, hides.more) })}>
                {atLeast(hides.count, hides.more)}
              </Link>
            ),
            width: 100,
          },
          { id: "created", header: t("rules.created"), cell: ({ createdAt }) => <span title={date(createdAt)}>{ago(new Date(createdAt))}</span>, sort: "createdAt", width: 110 },
          {
            id: "actions",
            header: t("actions"),
            width: 120,
            cell: (rule) => (
              <SpaceBetween direction="horizontal" size="s">
                <Button variant="inline-link" href={href("/rules/edit", { arn: rule.arn })} ariaLabel={t("edit.label", { name: rule.name })}>
                  {t("edit")}
                </Button>
                <ChangeButton variant="inline-link" ariaLabel={t("delete.label", { name: rule.name })} onClick={() => setDeleting(rule)}>
                  {t("delete")}
                </ChangeButton>
              </SpaceBetween>
            ),
          },
        ]}
      />
      {deleting && (
        <Confirm
          title={t("rules.delete", { name: deleting.name })}
          submit={t("delete")}
          act={() => send(new DeleteFilterCommand({ arn: deleting.arn }))}
          onDone={() => {
            setDeleting(undefined);
            loaded.reload();
          }}
          onClose={() => setDeleting(undefined)}
        >
          {t("rules.delete.text", { count: atLeast(deleting.hides.count, deleting.hides.more) })}
        </Confirm>
      )}
    </ContentLayout>
  );
}
