import Button from "@cloudscape-design/components/button";
import CollectionPreferences, { type CollectionPreferencesProps } from "@cloudscape-design/components/collection-preferences";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import type { Finding } from "@aws-sdk/client-inspector2";
import { isFindingChange, useLiveLoaded } from "../api/live";
import type { Read } from "../api/load";
import { columnDisplay, columns, shownAtFirst } from "../findings/columns";
import { criteriaText, statuses } from "../findings/criteria";
import { ExportMenu } from "../findings/export";
import { FilterBar } from "../findings/filter-bar";
import FindingPanel from "../findings/panel";
import { countFindings, listFindings } from "../findings/query";
import { listSaved, SavedFilters } from "../findings/saved";
import { askedCriteria, defaultSort, readView, viewHref, type StatusChoice, type View } from "../findings/view";
import { useLanguage } from "../i18n";
import { usePageFrame } from "../page";
import { kept, useKept } from "../parts/kept";
import { usePages } from "../parts/pages";
import { useValueText } from "../parts/severity";
import { LoadError, Nothing } from "../parts/states";
import { href, navigate } from "../router";
import type { PageProps } from "../routes";

interface Preferences {
  pageSize: number;
  wrapLines: boolean;
  stripedRows: boolean;
  contentDensity: "comfortable" | "compact";
  shown: readonly string[];
}
const usualPreferences: Preferences = { pageSize: 50, wrapLines: false, stripedRows: false, contentDensity: "comfortable", shown: shownAtFirst };

function useColumns(view: View): TableProps.ColumnDefinition<Finding>[] {
  const language = useLanguage();
  const value = useValueText();
  const tools = { language, value, linkTo: (finding: Finding) => viewHref({ ...view, finding: finding.findingArn ?? "" }) };
  return columns.map(({ id, label, sort, text, cell, width }) => ({
    id,
    header: language.t(label),
    sortingField: sort,
    cell: (finding) => (cell ? cell(finding, tools) : text(finding) || "–"),
    width,
    isRowHeader: id === "title",
  }));
}

function PreferencesButton({ preferences, onChange }: { preferences: Preferences; onChange: (preferences: Preferences) => void }) {
  const { t } = useLanguage();
  return (
    <CollectionPreferences
      title={t("preferences.title")}
      confirmLabel={t("preferences.confirm")}
      cancelLabel={t("cancel")}
      preferences={{ ...preferences, contentDisplay: columnDisplay(preferences.shown) }}
      onConfirm={({ detail }: { detail: CollectionPreferencesProps.Preferences }) =>
        onChange({
          pageSize: detail.pageSize ?? preferences.pageSize,
          wrapLines: !!detail.wrapLines,
          stripedRows: !!detail.stripedRows,
          contentDensity: detail.contentDensity ?? "comfortable",
          shown: (detail.contentDisplay ?? []).filter(({ visible }) => visible).map(({ id }) => id),
        })
      }
      pageSizePreference={{ title: t("preferences.pageSize"), options: [20, 50, 100].map((value) => ({ value, label: String(value) })) }}
      wrapLinesPreference={{ label: t("preferences.wrap"), description: "" }}
      stripedRowsPreference={{ label: t("preferences.striped"), description: "" }}
      contentDensityPreference={{ label: t("preferences.dense"), description: "" }}
      contentDisplayPreference={{
        title: t("preferences.columns"),
        options: columns.map(({ id, label }) => ({ id, label: t(label), alwaysVisible: id === "title" })),
      }}
    />
  );
}

/** What is asked for, and how much of it in which order. */
function keysOf(view: View, { pageSize }: Preferences) {
  const asked = JSON.stringify(askedCriteria(view));
  return { asked, list: JSON.stringify([asked, view.sort, view.descending, pageSize]) };
}

export const contentType = "table";

export function questions(query: URLSearchParams): Record<string, Read<unknown>> {
  const view = readView(query, kept("findings.sort", defaultSort));
  const preferences = kept("findings.preferences", usualPreferences);
  const { asked, list } = keysOf(view, preferences);
  return {
    [`${list} `]: (signal) => listFindings(view, preferences.pageSize, undefined, signal),
    [asked]: () => countFindings(askedCriteria(view)),
    saved: listSaved,
  };
}

/** Reads the count by itself: the rows are not drawn again for it. */
function ListHeader({ view, preferences, rows, go }: { view: View; preferences: Preferences; rows: number; go: (change: Partial<View>) => void }) {
  const { t, atLeast } = useLanguage();
  const { value: count } = useLiveLoaded(keysOf(view, preferences).asked, isFindingChange, () => countFindings(askedCriteria(view)));
  return (
    <Header
      variant="awsui-h1-sticky"
      counter={count && `(${atLeast(count.count, count.more)})`}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <SavedFilters criteria={view.criteria} choose={(criteria) => go({ criteria, finding: "" })} />
          <ExportMenu view={view} shown={preferences.shown} total={count ?? { count: rows, more: true }} />
          <Button href={href("/rules/create", { filter: criteriaText(view.criteria) })} disabled={!criteriaText(view.criteria)}>
            {t("findings.createRule")}
          </Button>
        </SpaceBetween>
      }
    >
      {t("nav.allFindings")}
    </Header>
  );
}

export default function Findings({ query }: PageProps) {
  const { t } = useLanguage();
  const text = useValueText();
  const [sortKept, keepSort] = useKept("findings.sort", defaultSort);
  const [preferences, setPreferences] = useKept("findings.preferences", usualPreferences);
  const view = readView(query, sortKept);
  const go = (change: Partial<View>) => navigate(viewHref({ ...view, ...change }), { replace: true });

  const { list } = keysOf(view, preferences);
  const pages = usePages(list);
  const found = useLiveLoaded(`${list} ${pages.token ?? ""}`, isFindingChange, (signal) =>
    listFindings(view, preferences.pageSize, pages.token, signal),
  );

  usePageFrame(
    {
      splitPanel: view.finding ? <FindingPanel arn={view.finding} /> : undefined,
      closeSplitPanel: () => go({ finding: "" }),
    },
    query.toString(),
  );

  const columnDefinitions = useColumns(view);
  const rows = found.value?.findings ?? [];
  return (
    <Table
      variant="full-page"
      stickyHeader
      resizableColumns
      trackBy="findingArn"
      items={rows}
      columnDefinitions={columnDefinitions}
      columnDisplay={columnDisplay(preferences.shown)}
      wrapLines={preferences.wrapLines}
      stripedRows={preferences.stripedRows}
      contentDensity={preferences.contentDensity}
      loading={found.loading && !rows.length}
      loadingText={t("loading")}
      selectedItems={rows.filter(({ findingArn }) => findingArn === view.finding)}
      onRowClick={({ detail }) => go({ finding: detail.item.findingArn ?? "" })}
      sortingColumn={{ sortingField: view.sort }}
      sortingDescending={view.descending}
      onSortingChange={({ detail }) => {
        const sort = { sort: detail.sortingColumn.sortingField as View["sort"], descending: !!detail.isDescending };
        keepSort(sort);
        go(sort);
      }}
      ariaLabels={{ tableLabel: t("nav.allFindings") }}
      header={<ListHeader view={view} preferences={preferences} rows={rows.length} go={go} />}
      filter={
        <SpaceBetween size="s">
          <SegmentedControl
            label={t("key.findingStatus")}
            selectedId={view.status}
            options={[...statuses, "ALL" as const].map((id) => ({ id, text: id === "ALL" ? t("status.all") : text(id) }))}
            onChange={({ detail }) => go({ status: detail.selectedId as StatusChoice, finding: "" })}
          />
          <FilterBar criteria={view.criteria} onChange={(criteria) => go({ criteria, finding: "" })} />
        </SpaceBetween>
      }
      pagination={<Pagination {...pages.props(found.value?.nextToken)} />}
      preferences={<PreferencesButton preferences={preferences} onChange={setPreferences} />}
      empty={
        found.error ? (
          <LoadError error={found.error} retry={found.reload} />
        ) : criteriaText(view.criteria) ? (
          <Nothing title={t("findings.noMatch")}>
            <Button onClick={() => go({ criteria: {} })}>{t("findings.clear")}</Button>
          </Nothing>
        ) : (
          <Nothing title={t("findings.none")}>{t("findings.noneYet")}</Nothing>
        )
      }
    />
  );
}
