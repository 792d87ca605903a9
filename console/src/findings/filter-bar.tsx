import PropertyFilter, { type PropertyFilterProps } from "@cloudscape-design/components/property-filter";
import { useMemo } from "react";
import { useLanguage } from "../i18n";
import { DayForm } from "../parts/day-form";
import { useValueText } from "../parts/severity";
import { criteriaOf, operatorsOf, properties, tokensFrom, type Criteria } from "./criteria";
import { useSuggestions } from "./suggestions";

/** A filter over every key of FilterCriteria. */
export function FilterBar({ criteria, onChange }: { criteria: Criteria; onChange: (criteria: Criteria) => void }) {
  const { t, locale } = useLanguage();
  const text = useValueText();
  const filteringProperties = useMemo<PropertyFilterProps.FilteringProperty[]>(
    () =>
      properties.map(({ property, group, kind, values }) => ({
        key: property,
        propertyLabel: t(`key.${property}`),
        groupValuesLabel: t("filter.values", { property: t(`key.${property}`) }),
        group,
        defaultOperator: operatorsOf[kind][0], // else there is "=", too
        operators:
          kind === "date"
            ? operatorsOf.date.map((operator) => ({ operator, form: DayForm, format: (value: string) => value }))
            : operatorsOf[kind].map((operator) => ({ operator, ...(values ? { format: text } : {}) })),
      })),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [locale],
  );
  const fixed = properties.flatMap(({ property, values }) =>
    (values ?? []).map((value) => ({ propertyKey: property, value, label: text(value) })),
  );
  const suggestions = useSuggestions(fixed);
  return (
    <PropertyFilter
      {...suggestions}
      query={{ tokens: tokensFrom(criteria), operation: "and" }}
      onChange={({ detail }) => onChange(criteriaOf(detail.tokens))}
      filteringProperties={filteringProperties}
      filteringAriaLabel={t("filter.label")}
      filteringPlaceholder={t("filter.placeholder")}
      filteringConstraintText={tokensFrom(criteria).length > 1 ? t("filter.constraint") : undefined}
      customGroupsText={[...new Set(properties.map(({ group }) => group))].map((group) => ({
        group,
        properties: t(`keys.${group}`),
        values: t(`keys.${group}`),
      }))}
      hideOperations
      disableFreeTextFiltering
      expandToViewport
      asyncProperties={false}
    />
  );
}
