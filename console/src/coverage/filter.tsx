// What a list of coverage is filtered by: tokens are criteria of ListCoverage, and are kept so in the URL.
import PropertyFilter, { type PropertyFilterProps } from "@cloudscape-design/components/property-filter";
import type { CoverageFilterCriteria } from "@aws-sdk/client-inspector2";
import { useLanguage } from "../i18n";
import { DayForm } from "../parts/day-form";
import { secondOf } from "../parts/days";
import { coverageKeys, type CoverageKey } from "./kinds";
import { reasons, scanModes } from "./reasons";
import { useReason } from "./status";

export interface CoverageToken {
  key: CoverageKey;
  operator: string;
  value: string;
}

type Entry = Record<string, unknown>;
const operators = { text: ["=", "!="], tag: ["="], date: [">=", "<="], number: [">=", "<="] } as const;
const bounds = { date: ["startInclusive", "endInclusive"], number: ["lowerInclusive", "upperInclusive"] } as const;

function entryOf({ key, operator, value }: CoverageToken): Entry {
  const kind = coverageKeys[key];
  if (kind === "text") return { comparison: operator === "!=" ? "NOT_EQUALS" : "EQUALS", value };
  if (kind === "tag") {
    const [name, ...rest] = value.split("=");
    return { comparison: "EQUALS", key: name, ...(rest.length ? { value: rest.join("=") } : {}) };
  }
  const end = operator === "<=";
  const bound = kind === "date" ? new Date(secondOf(value, end) * 1000) : Number(value);
  return { [bounds[kind][end ? 1 : 0]]: bound };
}

/** A lower and an upper bound are one range. */
export function coverageCriteria(tokens: readonly CoverageToken[]): CoverageFilterCriteria {
  const criteria: Record<string, Entry[]> = {};
  for (const token of tokens) {
    const entry = entryOf(token);
    const entries = (criteria[token.key] ??= []);
    const range = token.operator.length === 2 && token.operator !== "!=" && entries.find((other) => !Object.keys(entry).some((name) => name in other));
    if (range) Object.assign(range, entry);
    else entries.push(entry);
  }
  return criteria as CoverageFilterCriteria;
}

/** "key=value" or "key!=value" each, as the URL has them, a line each. */
export function readTokens(texts: readonly string[], keys: readonly CoverageKey[]): CoverageToken[] {
  return texts.flatMap((text) => {
    const [, name, operator = "", value] = /^(\w+)(!=|>=|<=|=)(.*)$/.exec(text) ?? [];
    const key = keys.find((one) => one === name);
    return key && value && operators[coverageKeys[key]].some((one) => one === operator) ? [{ key, operator, value }] : [];
  });
}

export const tokenText = ({ key, operator, value }: CoverageToken) => `${key}${operator}${value}`;

interface CoverageFilterProps {
  keys: readonly CoverageKey[];
  tokens: readonly CoverageToken[];
  onChange: (tokens: CoverageToken[]) => void;
}

export function CoverageFilter({ keys, tokens, onChange }: CoverageFilterProps) {
  const { t } = useLanguage();
  const reasonOf = useReason();
  const properties: PropertyFilterProps.FilteringProperty[] = keys.map((key) => {
    const kind = coverageKeys[key];
    const label = t(`coverage.key.${key}`);
    return {
      key,
      propertyLabel: label,
      groupValuesLabel: label,
      defaultOperator: operators[kind][0],
      operators: operators[kind].map((operator) => (kind === "date" ? { operator, form: DayForm, format: (value: string) => value } : operator)),
    };
  });
  const options = [
    ...reasons.map((value) => ({ propertyKey: "scanStatusReason", value, label: reasonOf(value).label })),
    ...scanModes.map((value) => ({ propertyKey: "scanMode", value, label: t(`scanMode.${value}`) })),
  ];
  return (
    <PropertyFilter
      filteringProperties={properties}
      filteringOptions={options.filter(({ propertyKey }) => keys.includes(propertyKey as CoverageKey))}
      query={{
        tokens: tokens.map(({ key, operator, value }) => ({ propertyKey: key, operator, value })),
        operation: "and",
      }}
      onChange={({ detail }) =>
        onChange(
          detail.tokens.flatMap(({ propertyKey, operator, value }) => {
            const key = propertyKey as CoverageKey | undefined;
            return key && value ? [{ key, operator, value: String(value) }] : [];
          }),
        )
      }
      filteringAriaLabel={t("coverage.filter")}
      filteringPlaceholder={t("coverage.filter")}
      hideOperations
      disableFreeTextFiltering
      expandToViewport
    />
  );
}
