// A table of what the server gives at once: filtered, sorted and paged here.
import { useCollection } from "@cloudscape-design/collection-hooks";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import type { ReactNode } from "react";
import type { Loaded } from "../api/load";
import { useLanguage } from "../i18n";
import { LoadError, Nothing } from "./states";

export interface ListColumn<T> {
  id: string;
  header: string;
  cell: (item: T) => ReactNode;
  sort?: keyof T & string;
  width?: number;
}

interface ListProps<T> {
  title: string;
  description?: ReactNode;
  loaded: Loaded<T[]>;
  trackBy: keyof T & string;
  columns: ListColumn<T>[];
  actions?: ReactNode;
  /** Shown when there is nothing at all. */
  empty: { title: string; text?: string };
  /** The label of the field that filters; without it there is none. */
  filter?: string;
}

const pageSize = 25;

export function List<T>({ title, description, loaded, trackBy, columns, actions, empty, filter }: ListProps<T>) {
  const { t, number } = useLanguage();
  const all = loaded.value ?? [];
  const { items, collectionProps, filterProps, paginationProps, filteredItemsCount } = useCollection(all, {
    filtering: {
      empty: loaded.error ? <LoadError error={loaded.error} retry={loaded.reload} /> : <Nothing title={empty.title}>{empty.text}</Nothing>,
      noMatch: <Nothing title={t("noMatch")} />,
    },
    pagination: { pageSize },
    sorting: {},
  });
  const definitions: TableProps.ColumnDefinition<T>[] = columns.map(({ id, header, cell, sort, width }) => ({
    id,
    header,
    cell,
    ...(sort ? { sortingField: sort } : {}),
    ...(width ? { minWidth: width } : {}),
  }));
  return (
    <Table
      {...collectionProps}
      items={items}
      trackBy={trackBy}
      columnDefinitions={definitions}
      loading={loaded.loading && !loaded.value}
      loadingText={t("loading")}
      wrapLines
      enableKeyboardNavigation
      ariaLabels={{ tableLabel: title }}
      header={
        <Header variant="h2" counter={loaded.value && `(${number(all.length)})`} description={description} actions={actions}>
          {title}
        </Header>
      }
      filter={
        filter && (
          <TextFilter
            {...filterProps}
            filteringPlaceholder={filter}
            filteringAriaLabel={filter}
            countText={t("matches", { count: filteredItemsCount ?? 0 })}
          />
        )
      }
      pagination={all.length > pageSize && <Pagination {...paginationProps} />}
    />
  );
}
