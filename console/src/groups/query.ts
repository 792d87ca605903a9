import { ListFindingAggregationsCommand } from "@aws-sdk/client-inspector2";
import { send } from "../api/inspector";
import type { Group, Row } from "./groups";

export interface Sort {
  by: string; // of the server: CRITICAL, HIGH, ALL, ...
  descending: boolean;
}
export const mostCritical: Sort = { by: "CRITICAL", descending: true };

export interface Rows {
  rows: Row[];
  nextToken?: string;
}

export async function listRows(group: Group, sort: Sort, beginning: string, maxResults: number, nextToken?: string): Promise<Rows> {
  const order = { sortBy: sort.by as never, sortOrder: sort.descending ? ("DESC" as const) : ("ASC" as const) };
  const prefix = beginning ? [{ comparison: "PREFIX" as const, value: beginning }] : undefined;
  const answer = await send(
    new ListFindingAggregationsCommand({
      aggregationType: group.type,
      aggregationRequest: group.request(order, prefix),
      maxResults,
      nextToken,
    }),
  );
  return { rows: (answer.responses ?? []).map(group.row).filter((row) => row !== undefined), nextToken: answer.nextToken };
}
