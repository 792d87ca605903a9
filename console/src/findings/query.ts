// The questions about findings that several places ask.
import { ListFindingsCommand, type Finding, type ListFindingsCommandOutput } from "@aws-sdk/client-inspector2";
import { native } from "../api/client";
import { send } from "../api/inspector";
import type { Count } from "../api/native";
import { askedCriteria, type View } from "./view";
import { equals, sdkCriteria, type Criteria } from "./criteria";

export const pageMost = 100;

export function listFindings(view: View, maxResults: number, nextToken?: string, signal?: AbortSignal): Promise<ListFindingsCommandOutput> {
  return send(
    new ListFindingsCommand({
      filterCriteria: sdkCriteria(askedCriteria(view)),
      sortCriteria: { field: view.sort, sortOrder: view.descending ? "DESC" : "ASC" },
      maxResults,
      nextToken,
    }),
    signal,
  );
}

export async function findingByArn(arn: string, signal?: AbortSignal): Promise<Finding | undefined> {
  const command = new ListFindingsCommand({ filterCriteria: sdkCriteria({ findingArn: equals(arn) }), maxResults: 1 });
  return (await send(command, signal)).findings?.[0];
}

export function countFindings(criteria: Criteria): Promise<Count> {
  return native<Count>("POST", "/findings/count", { filterCriteria: criteria });
}
