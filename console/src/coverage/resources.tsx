import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Spinner from "@cloudscape-design/components/spinner";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { ListCoverageCommand, ListCoverageStatisticsCommand, type CoveredResource } from "@aws-sdk/client-inspector2";
import type { ReactNode } from "react";
import { send } from "../api/inspector";
import { isCoverageChange, useLiveLoaded } from "../api/live";
import type { Loaded } from "../api/load";
import { useLanguage } from "../i18n";
import { usePageFrame } from "../page";
import { usePages } from "../parts/pages";
import { SidePanel } from "../parts/side-panel";
import { LoadError, Nothing } from "../parts/states";
import { href, navigate } from "../router";
import { CoverageFilter, coverageCriteria, readTokens, tokenText, type CoverageToken } from "./filter";
import type { CoverageKind } from "./kinds";
import { ResourcePanel } from "./resource-panel";

const choices = ["ALL", "ACTIVE", "INACTIVE"] as const;
type Choice = (typeof choices)[number];
interface View {
  choice: Choice;
  tokens: CoverageToken[];
  resource: string;
}

function readView(query: URLSearchParams, kind: CoverageKind): View {
  const choice = query.get("status") as Choice | null;
  return {
    choice: choice && choices.includes(choice) ? choice : "ALL",
    tokens: readTokens((query.get("filter") ?? "").split("\n"), kind.keys),
    resource: query.get("resource") ?? "",
  };
}

function viewHref(kind: CoverageKind, { choice, tokens, resource }: View): string {
  return href(`/coverage/${kind.tab}`, {
    status: choice === "ALL" ? "" : choice,
    filter: tokens.map(tokenText).join("\n"),
    resource,
  });
}

function useCoverage(kind: CoverageKind, { choice, tokens }: View) {
  const filterCriteria = {
    ...coverageCriteria(tokens),
    resourceType: [{ comparison: "EQUALS" as const, value: kind.type }],
    ...(choice === "ALL" ? {} : { scanStatusCode: [{ comparison: "EQUALS" as const, value: choice }] }),
  };
  const key = JSON.stringify(filterCriteria);
  const pages = usePages(key);
  const loaded = useLiveLoaded(`${key} ${pages.token ?? ""}`, isCoverageChange, (abortSignal) =>
    send(new ListCoverageCommand({ filterCriteria, maxResults: 50, nextToken: pages.token }), abortSignal),
  );
  const count = useLiveLoaded(key, isCoverageChange, async (abortSignal) => (await send(new ListCoverageStatisticsCommand({ filterCriteria }), abortSignal)).totalCounts);
  return { loaded, pages, count: count.value };
}

/** The resource that the URL names, whichever page of the list it is on. */
function useOpen(kind: CoverageKind, id: string, listed: CoveredResource | undefined, listing: boolean): Loaded<CoveredResource> {
  const alone = !!id && !listed && !listing;
  const filterCriteria = { resourceId: [{ comparison: "EQUALS" as const, value: id }], resourceType: [{ comparison: "EQUALS" as const, value: kind.type }] };
  const concerns = (change: string) => alone && isCoverageChange(change);
  const loaded = useLiveLoaded(`${kind.tab} ${alone ? id : ""}`, concerns, async (abortSignal) =>
    alone ? (await send(new ListCoverageCommand({ filterCriteria, maxResults: 1 }), abortSignal)).coveredResources?.[0] : undefined,
  );
  const value = listed ?? (alone && loaded.value?.resourceId === id ? loaded.value : undefined);
  return { ...loaded, value, loading: listing || loaded.loading };
}

/** What is beside the list while there is no resource to tell of. */
function NoResource({ id, open: { error, loading, reload } }: { id: string; open: Loaded<CoveredResource> }) {
  const { t } = useLanguage();
  return (
    <SidePanel header={id}>
      {error ? <LoadError error={error} retry={reload} /> : loading ? <Spinner /> : <Nothing title={t("coverage.gone")} />}
    </SidePanel>
  );
}

/** The resources of one kind. */
export function Resources({ kind, query, actions }: { kind: CoverageKind; query: URLSearchParams; actions?: ReactNode }) {
  const language = useLanguage();
  const { t } = language;
  const view = readView(query, kind);
  const { loaded, pages, count } = useCoverage(kind, view);
  const show = (change: Partial<View>) => navigate(viewHref(kind, { ...view, ...change }));
  const resources = loaded.value?.coveredResources ?? [];
  const listed = resources.find((resource) => resource.resourceId === view.resource);
  const open = useOpen(kind, view.resource, listed, loaded.loading && !loaded.value);
  const { value: resource, error, loading } = open;
  const narrowed = view.choice !== "ALL" || view.tokens.length > 0;

  usePageFrame(
    {
      contentType: "table",
      splitPanel: resource ? (
        <ResourcePanel key={view.resource} kind={kind} resource={resource} changed={loaded.reload} />
      ) : (
        view.resource && <NoResource id={view.resource} open={open} />
      ),
      closeSplitPanel: () => show({ resource: "" }),
    },
    JSON.stringify([kind.tab, view.resource, resource, error?.message, loading, language.locale]),
  );
  return (
    <Table<CoveredResource>
      items={resources}
      trackBy="resourceId"
      loading={loaded.loading && !loaded.value}
      loadingText={t("loading")}
      wrapLines
      enableKeyboardNavigation
      ariaLabels={{ tableLabel: t(kind.title) }}
      columnDefinitions={[
        {
          id: "name",
          header: t("coverage.resource"),
          minWidth: 180,
          isRowHeader: true,
          cell: (resource) => (
            <>
              <Link href={viewHref(kind, { ...view, resource: resource.resourceId ?? "" })}>{kind.name(resource)}</Link>
              {kind.name(resource) !== resource.resourceId && kind.type === "AWS_EC2_INSTANCE" && (
                <Box variant="small" display="block" color="text-body-secondary">
                  {resource.resourceId}
                </Box>
              )}
            </>
          ),
        },
        ...kind.columns.map(({ id, header, cell, width }) => ({
          id,
          header: t(header),
          cell: (resource: CoveredResource) => cell(resource, language),
          ...(width ? { minWidth: width } : {}),
        })),
      ]}
      header={
        <Header variant="h2" actions={actions} counter={count === undefined ? undefined : `(${language.number(count)})`}>
          {t(kind.title)}
        </Header>
      }
      filter={
        <SpaceBetween size="s">
          <SegmentedControl
            label={t("coverage.show")}
            selectedId={view.choice}
            options={choices.map((id) => ({ id, text: t(`coverage.show.${id}`) }))}
            onChange={({ detail }) => show({ choice: detail.selectedId as Choice, resource: "" })}
          />
          <CoverageFilter keys={kind.keys} tokens={view.tokens} onChange={(tokens) => show({ tokens, resource: "" })} />
        </SpaceBetween>
      }
      pagination={<Pagination {...pages.props(loaded.value?.nextToken)} />}
      empty={loaded.error ? <LoadError error={loaded.error} retry={loaded.reload} /> : narrowed ? <Nothing title={t("noMatch")} /> : <Nothing title={t("coverage.empty")}>{t(kind.empty)}</Nothing>}
    />
  );
}
