// One table for every group: a page of its own, or the first few rows within the dashboard.
import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import type { TableProps } from "@cloudscape-design/components/table";
import { viewHref } from "../findings/view";
import { useLanguage } from "../i18n";
import { Counts } from "../parts/severity";
import type { Group, Row } from "./groups";

/** Columns with `sortingField` as the server calls it; those that are named `below` are said below what the row is called. */
export function useGroupColumns(group: Group, below: readonly string[] = []): TableProps.ColumnDefinition<Row>[] {
  const { t, number, date } = useLanguage();
  const show = (value: Row["values"][string]) => {
    if (value instanceof Date) return date(value.getTime());
    if (typeof value === "number") return number(value);
    if (value?.startsWith("sha256:")) return <span title={value}>{value.slice(0, 19)}…</span>;
    return value ?? "–";
  };
  const details = (row: Row) => [
    ...(row.detail ? [row.detail] : []),
    ...group.columns
      .filter(({ id }) => below.includes(id) && row.values[id] !== undefined)
      .map(({ id, label }) => (
        <span key={id}>
          {t(label)}: {show(row.values[id])}
        </span>
      )),
  ];
  return [
    {
      id: group.first.id,
      header: t(group.first.label),
      cell: (row) => (
        <>
          <Link href={viewHref({ criteria: row.criteria })}>{row.name}</Link>
          {details(row).map((one, index) => (
            <Box key={index} variant="small" display="block" color="text-body-secondary">
              {one}
            </Box>
          ))}
        </>
      ),
      isRowHeader: true,
      minWidth: 160,
      maxWidth: 520, // a title names every package
    },
    { id: "severities", header: t("group.severities"), sortingField: "CRITICAL", cell: (row) => <Counts counts={row.counts} />, minWidth: 160 },
    { id: "all", header: t(group.all ?? "group.all"), sortingField: "ALL", cell: (row) => number(row.counts?.all ?? 0), minWidth: group.all ? 140 : 80 },
    ...group.columns.filter(({ id }) => !below.includes(id)).map(({ id, label }) => ({
      id,
      header: t(label),
      sortingField: group.sorts?.[id],
      cell: (row: Row) => <span style={{ overflowWrap: "anywhere" }}>{show(row.values[id])}</span>,
      minWidth: 110,
    })),
  ];
}
