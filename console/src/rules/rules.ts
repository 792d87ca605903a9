// Suppression rules: the API's filters that suppress.
import { ListFiltersCommand, type Filter } from "@aws-sdk/client-inspector2";
import { request } from "../api/client";
import { pages, send } from "../api/inspector";
import type { Count } from "../api/native";
import { countFindings } from "../findings/query";
import { equals, wireCriteria, type Criteria } from "../findings/criteria";

export type Tags = Record<string, string>;

export interface Rule {
  arn: string;
  name: string;
  description: string;
  reason: string;
  criteria: Criteria;
  tags: Tags;
  createdAt: number;
  hides: Count;
}

/** A criterion of the status asks for what was before: what a rule hides is suppressed by that. */
export function withoutStatus({ findingStatus: _, ...criteria }: Criteria): Criteria {
  return criteria;
}

const ruleOf = ({ arn = "", name = "", description = "", reason = "", criteria, tags = {}, createdAt }: Filter): Omit<Rule, "hides"> => ({
  arn,
  name,
  description,
  reason,
  criteria: wireCriteria(criteria),
  tags,
  createdAt: createdAt?.getTime() ?? 0,
});

export async function listRules(): Promise<Rule[]> {
  const rules: Omit<Rule, "hides">[] = [];
  for await (const page of pages((nextToken) => new ListFiltersCommand({ action: "SUPPRESS", nextToken })))
    rules.push(...(page.filters ?? []).map(ruleOf));
  return Promise.all(rules.map(async (rule) => ({ ...rule, hides: await countFindings({ ...withoutStatus(rule.criteria), findingStatus: equals("SUPPRESSED") }) })));
}

export async function ruleByArn(arn: string): Promise<Omit<Rule, "hides"> | undefined> {
  const { filters = [] } = await send(new ListFiltersCommand({ arns: [arn] }));
  return filters[0] && ruleOf(filters[0]);
}

export const tagTexts = (tags: Tags) => Object.entries(tags).map(([key, value]) => (value ? `${key}=${value}` : key));

/** One a line, the other way round. */
export function tagsOf(text: string): Tags {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.split("=")[0]!.trim(), line.split("=").slice(1).join("=").trim()]));
}

/** The SDK's commands for tags have their ARN in the path, which send() does not fill in. */
export async function setTags(arn: string, before: Tags, after: Tags): Promise<void> {
  const path = `/tags/${encodeURIComponent(arn)}`;
  const gone = Object.keys(before).filter((key) => !(key in after));
  const query = gone.map((key) => `tagKeys=${encodeURIComponent(key)}`).join("&");
  if (gone.length) await request("DELETE", `${path}?${query}`);
  if (JSON.stringify(after) !== JSON.stringify(before) && Object.keys(after).length) await request("POST", path, JSON.stringify({ tags: after }));
}
