// One table for every group: a page of its own, or the first few rows within the dashboard.
import Link from "@cloudscape-design/components/link";
import type { TableProps } from "@cloudscape-design/components/table";
import { viewHref } from "../findings/view";
import { useLanguage } from "../i18n";
import { Counts } from "../parts/severity";
import type { Group, Row } from "./groups";

/** Columns with `sortingField` as the server calls it. */
export function useGroupColumns(group: Group): TableProps.ColumnDefinition<Row>[] {
  const { t, number, date } = useLanguage();
  const show = (value: Row["values"][string]) => {
    if (value instanceof Date) return date(value.getTime());
    if (typeof value === "number") return number(value);
    if (value?.startsWith("sha256:")) return <span title={value}>{value.slice(0, 19)}…</span>;
    return value ?? "–";
  };
  return [
    {
      id: group.first.id,
      header: t(group.first.label),
      cell: (row) => <Link href={viewHref({ criteria: row.criteria })}>{row.name}</Link>,
      isRowHeader: true,
      minWidth: 160,
      maxWidth: 520, // a title names every package: the counts stay in sight
    },
    { id: "severities", header: t("group.severities"), sortingField: "CRITICAL", cell: (row) => <Counts counts={row.counts} />, minWidth: 160 },
    { id: "all", header: t(group.all ?? "group.all"), sortingField: "ALL", cell: (row) => number(row.counts?.all ?? 0), minWidth: 80 },
    ...group.columns.map(({ id, label }) => ({
      id,
      header: t(label),
      sortingField: group.sorts?.[id],
      cell: (row: Row) => <span style={{ overflowWrap: "anywhere" }}>{show(row.values[id])}</span>,
      minWidth: 110,
    })),
  ];
}
