// A view of findings as its URL names it: filter, status, sort, the finding that is open.
import type { SortField } from "@aws-sdk/client-inspector2";
import { href } from "../router";
import { criteriaText, equals, parseCriteria, statuses, type Criteria } from "./criteria";

export type StatusChoice = (typeof statuses)[number] | "ALL";

export interface View {
  criteria: Criteria;
  status: StatusChoice;
  sort: SortField;
  descending: boolean;
  finding: string; // ARN, or empty
}

export const path = "/findings";
export const defaultSort = { sort: "SEVERITY" as SortField, descending: true };

export function readView(query: URLSearchParams, kept = defaultSort): View {
  const status = query.get("status") as StatusChoice | null;
  const [field, order] = (query.get("sort") ?? "").split(":");
  return {
    criteria: parseCriteria(query.get("filter")),
    status: status && [...statuses, "ALL"].includes(status) ? status : "ACTIVE",
    sort: field ? (field as SortField) : kept.sort,
    descending: field ? order !== "ASC" : kept.descending,
    finding: query.get("finding") ?? "",
  };
}

export function viewHref(view: Partial<View>): string {
  return href(path, {
    filter: criteriaText(view.criteria ?? {}),
    status: view.status && view.status !== "ACTIVE" ? view.status : "",
    sort: view.sort ? `${view.sort}:${view.descending ? "DESC" : "ASC"}` : "",
    finding: view.finding ?? "",
  });
}

/** The criteria with the status: a status within the filter itself goes before the choice beside it. */
export function askedCriteria({ criteria, status }: Pick<View, "criteria" | "status">): Criteria {
  return status === "ALL" || criteria.findingStatus ? criteria : { ...criteria, findingStatus: equals(status) };
}
