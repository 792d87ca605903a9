import Badge, { type BadgeProps } from "@cloudscape-design/components/badge";
import type { SeverityCounts } from "@aws-sdk/client-inspector2";
import type { Value } from "../findings/criteria";
import { useLanguage, type Key } from "../i18n";

const colours: Record<string, BadgeProps["color"]> = {
  CRITICAL: "severity-critical",
  HIGH: "severity-high",
  MEDIUM: "severity-medium",
  LOW: "severity-low",
};

/** The word for a value of an enumeration, or the value where there is none. */
export function useValueText() {
  const { t, has } = useLanguage();
  return (value: string | undefined) => (value === undefined ? "–" : has(`value.${value}`) ? t(`value.${value as Value}` as Key) : value);
}

export function Severity({ value }: { value: string | undefined }) {
  const text = useValueText();
  return <Badge color={colours[value ?? ""] ?? "severity-neutral"}>{text(value)}</Badge>;
}

/** Critical, high, medium, and the rest, which the API counts among all alone: a number each, in the colour of its severity
 * unless it is none. */
export function Counts({ counts: { all = 0, critical = 0, high = 0, medium = 0 } = {} }: { counts: SeverityCounts | undefined }) {
  const { t, number } = useLanguage();
  const text = useValueText();
  const one = (severity: string, count: number, name = text(severity)) => (
    <span title={name}>
      <Badge color={count ? colours[severity] : "severity-neutral"}>{number(count)}</Badge>{" "}
    </span>
  );
  return (
    <span style={{ whiteSpace: "nowrap" }}>
      {one("CRITICAL", critical)}
      {one("HIGH", high)}
      {one("MEDIUM", medium)}
      {one("LOW", all - critical - high - medium, t("group.rest"))}
    </span>
  );
}
