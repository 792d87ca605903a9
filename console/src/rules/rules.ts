// Suppression rules: the API's filters that suppress.
import { ListFiltersCommand, type Filter } from "@aws-sdk/client-inspector2";
import { pages, send } from "../api/inspector";
import type { Count } from "../api/native";
import { countFindings } from "../findings/query";
import { equals, wireCriteria, type Criteria } from "../findings/criteria";

export interface Rule {
  arn: string;
  name: string;
  description: string;
  reason: string;
  criteria: Criteria;
  createdAt: number;
  hides: Count;
}

/** A criterion of the status asks for what was before: what a rule hides is suppressed by that. */
export function withoutStatus({ findingStatus: _, ...criteria }: Criteria): Criteria {
  return criteria;
}

const ruleOf = ({ arn = "", name = "", description = "", reason = "", criteria, createdAt }: Filter): Omit<Rule, "hides"> => ({
  arn,
  name,
  description,
  reason,
  criteria: wireCriteria(criteria),
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
