// Findings by vulnerability, instance, image, ...: the description says which.
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useEffect, useState } from "react";
import { isFindingChange, useLiveLoaded } from "../api/live";
import { groups, type GroupName } from "../groups/groups";
import { listRows, mostCritical, type Sort } from "../groups/query";
import { useGroupColumns } from "../groups/table";
import { useLanguage } from "../i18n";
import { usePages } from "../parts/pages";
import { LoadError, Nothing } from "../parts/states";
import { href, navigate } from "../router";
import type { Page, PageProps } from "../routes";

const pageSize = 50;

function readSort(query: URLSearchParams): Sort {
  const [by, order] = (query.get("sort") ?? "").split(":");
  return by ? { by, descending: order !== "ASC" } : mostCritical;
}

/** The page of a group. */
export function groupPage(name: GroupName): Page {
  const group = groups[name];
  const questions = (query: URLSearchParams) => {
    const [beginning, sort] = [query.get("q") ?? "", readSort(query)];
    return { [`${JSON.stringify([beginning, sort])} `]: () => listRows(group, sort, beginning, pageSize) };
  };
  function GroupPage({ query }: PageProps) {
    const { t } = useLanguage();
    const beginning = query.get("q") ?? "";
    const sort = readSort(query);
    const go = (q: string, { by, descending }: Sort) =>
      navigate(href(`/findings/by-${name}`, { q, sort: `${by}:${descending ? "DESC" : "ASC"}` }), { replace: true });
    // What is typed is asked for when nothing more is typed.
    const [typed, setTyped] = useState(beginning);
    useEffect(() => {
      const timer = setTimeout(() => typed === beginning || go(typed, sort), 250);
      return () => clearTimeout(timer);
      // eslint-disable-next-line react-hooks/exhaustive-deps
    }, [typed]);
    const list = JSON.stringify([beginning, sort]);
    const pages = usePages(list);
    const { value, error, loading, reload } = useLiveLoaded(`${list} ${pages.token ?? ""}`, isFindingChange, () =>
      listRows(group, sort, beginning, pageSize, pages.token),
    );
    const rows = value?.rows ?? [];
    return (
      <Table
        variant="full-page"
        stickyHeader
        wrapLines
        trackBy="id"
        items={rows}
        columnDefinitions={useGroupColumns(group)}
        loading={loading && !rows.length}
        loadingText={t("loading")}
        sortingColumn={{ sortingField: sort.by }}
        sortingDescending={sort.descending}
        onSortingChange={({ detail }) => go(beginning, { by: detail.sortingColumn.sortingField ?? "CRITICAL", descending: !!detail.isDescending })}
        ariaLabels={{ tableLabel: t(group.title) }}
        header={<Header variant="awsui-h1-sticky">{t(group.title)}</Header>}
        filter={
          group.searchable && (
            <TextFilter
              filteringText={typed}
              filteringPlaceholder={t("group.filter", { column: t(group.searched ?? group.first.label) })}
              filteringAriaLabel={t("group.filter", { column: t(group.searched ?? group.first.label) })}
              onChange={({ detail }) => setTyped(detail.filteringText)}
            />
          )
        }
        pagination={<Pagination {...pages.props(value?.nextToken)} />}
        empty={
          error ? (
            <LoadError error={error} retry={reload} />
          ) : beginning ? (
            <Nothing title={t("group.noMatch")}>
              <Button onClick={() => setTyped("")}>{t("findings.clear")}</Button>
            </Nothing>
          ) : (
            <Nothing title={t("group.none")}>{t("findings.noneYet")}</Nothing>
          )
        }
      />
    );
  }
  return { default: GroupPage, questions, contentType: "table" };
}
