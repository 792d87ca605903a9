// Findings opened and closed, day by day. Loaded when it is shown: charts are large.
import BarChart from "@cloudscape-design/components/bar-chart";
import { useLanguage } from "../i18n";
import { Nothing } from "../parts/states";

export interface Day {
  day: number; // seconds
  opened: number;
  closed: number;
}

const span = 30;

/** Every day of the span: the server leaves out those on which nothing happened. */
function allDays(days: readonly Day[]): Day[] {
  const known = new Map(days.map((one) => [one.day, one]));
  const today = Math.floor(Date.now() / 86400_000) * 86400;
  return Array.from({ length: span }, (_, index) => {
    const day = today - (span - 1 - index) * 86400;
    return known.get(day) ?? { day, opened: 0, closed: 0 };
  });
}

export default function History({ days }: { days: readonly Day[] }) {
  const { t, number, day } = useLanguage();
  const all = allDays(days);
  const series = (title: string, of: "opened" | "closed") => ({
    title,
    type: "bar" as const,
    valueFormatter: (value: number) => number(value),
    data: all.map((one) => ({ x: new Date(one.day * 1000), y: one[of] })),
  });
  return (
    <BarChart
      height={180}
      hideFilter
      xScaleType="categorical"
      xTickFormatter={(x) => day(x as Date)}
      ariaLabel={t("dashboard.history")}
      series={[series(t("dashboard.opened"), "opened"), series(t("dashboard.closed"), "closed")]}
      empty={<Nothing title={t("findings.none")} />}
    />
  );
}
