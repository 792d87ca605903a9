// What a list of coverage is filtered by: tokens are criteria of ListCoverage, and are kept so in the URL.
import PropertyFilter, { type PropertyFilterProps } from "@cloudscape-design/components/property-filter";
import type { CoverageFilterCriteria } from "@aws-sdk/client-inspector2";
import { useLanguage } from "../i18n";
import type { CoverageKey } from "./kinds";
import { reasons } from "./reasons";
import { useReason } from "./status";

export interface CoverageToken {
  key: CoverageKey;
  not: boolean;
  value: string;
}

const isTags = (key: CoverageKey) => key === "ec2InstanceTags" || key === "lambdaFunctionTags";

export function coverageCriteria(tokens: readonly CoverageToken[]): CoverageFilterCriteria {
  const criteria: Record<string, object[]> = {};
  for (const { key, not, value } of tokens) {
    const [name = "", ...rest] = value.split("=");
    const entry = isTags(key)
      ? { comparison: "EQUALS", key: name, ...(rest.length ? { value: rest.join("=") } : {}) }
      : { comparison: not ? "NOT_EQUALS" : "EQUALS", value };
    (criteria[key] ??= []).push(entry);
  }
  return criteria as CoverageFilterCriteria;
}

/** "key=value" or "key!=value" each, as the URL has them, a line each. */
export function readTokens(texts: readonly string[], keys: readonly CoverageKey[]): CoverageToken[] {
  return texts.flatMap((text) => {
    const [, key, not, value] = /^(\w+)(!?)=(.*)$/.exec(text) ?? [];
    return keys.includes(key as CoverageKey) && value ? [{ key: key as CoverageKey, not: !!not, value }] : [];
  });
}

export const tokenText = ({ key, not, value }: CoverageToken) => `${key}${not ? "!" : ""}=${value}`;

interface CoverageFilterProps {
  keys: readonly CoverageKey[];
  tokens: readonly CoverageToken[];
  onChange: (tokens: CoverageToken[]) => void;
}

export function CoverageFilter({ keys, tokens, onChange }: CoverageFilterProps) {
  const { t } = useLanguage();
  const reasonOf = useReason();
  const properties: PropertyFilterProps.FilteringProperty[] = keys.map((key) => ({
    key,
    propertyLabel: t(`coverage.key.${key}`),
    groupValuesLabel: t(`coverage.key.${key}`),
    operators: isTags(key) ? ["="] : ["=", "!="],
  }));
  return (
    <PropertyFilter
      filteringProperties={properties}
      filteringOptions={reasons.map((value) => ({ propertyKey: "scanStatusReason", value, label: reasonOf(value).label }))}
      query={{
        tokens: tokens.map(({ key, not, value }) => ({ propertyKey: key, operator: not ? "!=" : "=", value })),
        operation: "and",
      }}
      onChange={({ detail }) =>
        onChange(
          detail.tokens.flatMap(({ propertyKey, operator, value }) => {
            const key = propertyKey as CoverageKey | undefined;
            return key && value ? [{ key, not: operator === "!=", value: String(value) }] : [];
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
