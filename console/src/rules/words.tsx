// Criteria as people would say them.
import { isDate, tokensFrom, type Criteria, type Property } from "../findings/criteria";
import { useLanguage } from "../i18n";
import { useValueText } from "../parts/severity";

const relations = { "=": "is", "!=": "isNot", "^": "begins", ">=": "atLeast", "<=": "atMost" } as const;
const relationsOfDates = { ...relations, ">=": "from", "<=": "until" } as const;

export function CriteriaWords({ criteria }: { criteria: Criteria }) {
  const { t } = useLanguage();
  const text = useValueText();
  return (
    <ul style={{ margin: 0, paddingInlineStart: "1.2em" }}>
      {tokensFrom(criteria).map(({ propertyKey, operator, value }, index) => (
        <li key={index} style={{ overflowWrap: "anywhere" }}>
          {t(`rules.${(isDate(propertyKey) ? relationsOfDates : relations)[operator as keyof typeof relations]}`, { key: t(`key.${propertyKey as Property}`), value: text(String(value)) })}
        </li>
      ))}
    </ul>
  );
}
