// What a rule would hide, while it is being written.
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import type { Finding } from "@aws-sdk/client-inspector2";
import { isFindingChange, useLiveLoaded } from "../api/live";
import type { Read } from "../api/load";
import { api } from "../api/native";
import { resourceName } from "../findings/columns";
import { equals, type Criteria } from "../findings/criteria";
import { listFindings } from "../findings/query";
import { defaultSort, viewHref } from "../findings/view";
import { useLanguage } from "../i18n";
import { Severity } from "../parts/severity";
import { LoadError, Nothing } from "../parts/states";
import { withoutStatus } from "./rules";

const examples = 5;

/** Those that are open: hidden or not, by this rule or by another. */
const open = (criteria: Criteria): Criteria => ({ ...withoutStatus(criteria), findingStatus: [...equals("ACTIVE"), ...equals("SUPPRESSED")] });
const given = (criteria: Criteria) => Object.keys(criteria).length > 0;

async function readPreview(criteria: Criteria, signal: AbortSignal) {
  if (!given(criteria)) return { count: { count: 0, more: false }, findings: [] };
  const view = { criteria: open(criteria), status: "ALL" as const, finding: "", ...defaultSort };
  const [count, { findings = [] }] = await Promise.all([api.preview(criteria), listFindings(view, examples, undefined, signal)]);
  return { count, findings };
}

export const previewQuestions = (criteria: Criteria): Record<string, Read<unknown>> => ({
  [JSON.stringify(criteria)]: (signal) => readPreview(criteria, signal),
});

export function Preview({ criteria }: { criteria: Criteria }) {
  const { t, atLeast } = useLanguage();
  const { value, error, loading, reload } = useLiveLoaded(JSON.stringify(criteria), isFindingChange, (signal) => readPreview(criteria, signal));
  return (
    <Container header={<Header variant="h2">{t("rules.preview")}</Header>}>
      {error ? (
        <LoadError error={error} retry={reload} />
      ) : (
        <SpaceBetween size="m">
          <div aria-live="polite">
            <Box fontSize="heading-m">{given(criteria) ? t("rules.preview.count", { count: value ? atLeast(value.count.count, value.count.more) : "…" }) : t("rules.preview.none")}</Box>
          </div>
          <Table<Finding>
            variant="embedded"
            trackBy="findingArn"
            items={value?.findings ?? []}
            loading={loading && !value}
            loadingText={t("loading")}
            wrapLines
            ariaLabels={{ tableLabel: t("rules.preview.examples") }}
            empty={<Nothing title={t("rules.preview.nothing")} />}
            columnDefinitions={[
              { id: "severity", header: t("key.severity"), cell: (finding) => <Severity value={finding.severity} />, width: 100 },
              { id: "title", header: t("key.title"), cell: (finding) => finding.title, isRowHeader: true, minWidth: 170 },
              { id: "resource", header: t("column.resource"), cell: resourceName, minWidth: 140 },
            ]}
          />
          {given(criteria) && <Link href={viewHref({ criteria: open(criteria), status: "ALL" })}>{t("rules.preview.all")}</Link>}
        </SpaceBetween>
      )}
    </Container>
  );
}
