// Findings opened and closed, day by day: two bars a day, drawn here because a library of charts is larger than this console.
import { useState, type KeyboardEvent, type PointerEvent } from "react";
import { native } from "../api/client";
import { isFindingChange, useLiveLoaded } from "../api/live";
import { useLanguage } from "../i18n";
import { Panel } from "./panel";

interface Day {
  day: number; // seconds
  opened: number;
  closed: number;
}

const span = 30;
const parts = [
  { of: "opened", colour: "#c33d69" },
  { of: "closed", colour: "#2ea597" },
] as const;
// Of the drawing, which is stretched to the width that there is.
const size = { left: 44, right: 8, top: 8, bottom: 22, width: 900, height: 200 };
const foot = size.height - size.bottom;
const step = (size.width - size.left - size.right) / span;

/** Every day of the span: the server leaves out those on which nothing happened. */
function allDays(days: readonly Day[]): Day[] {
  const known = new Map(days.map((one) => [one.day, one]));
  const today = Math.floor(Date.now() / 86400_000) * 86400;
  return Array.from({ length: span }, (_, index) => {
    const day = today - (span - 1 - index) * 86400;
    return known.get(day) ?? { day, opened: 0, closed: 0 };
  });
}

/** Whole numbers from 0 to at least `most`, about four of them: multiples of 1, 2 or 5 times a power of ten. */
function ticks(most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, most / 4)));
  const distance = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one * 4 >= most) ?? 1;
  return Array.from({ length: Math.max(1, Math.ceil(most / distance)) + 1 }, (_, index) => index * distance);
}

function Bars({ days, scale, chosen }: { days: readonly Day[]; scale: readonly number[]; chosen: number | undefined }) {
  const { number, day } = useLanguage();
  const top = scale.at(-1)!;
  const y = (value: number) => foot - (value / top) * (foot - size.top);
  const x = (index: number) => size.left + index * step;
  return (
    <>
      {scale.map((value) => (
        <g key={value}>
          <line x1={size.left} x2={size.width - size.right} y1={y(value)} y2={y(value)} stroke="currentColor" strokeOpacity={value ? 0.15 : 0.6} />
          <text x={size.left - 6} y={y(value) + 4} textAnchor="end">
            {number(value, { notation: "compact" })}
          </text>
        </g>
      ))}
      {chosen !== undefined && <rect x={x(chosen)} y={size.top} width={step} height={foot - size.top} fill="currentColor" fillOpacity={0.08} />}
      {days.map((one, index) => (
        <g key={one.day}>
          {parts.map(({ of, colour }, part) => (
            <rect key={of} x={x(index) + step * (0.15 + 0.35 * part)} y={y(one[of])} width={step * 0.33} height={foot - y(one[of])} fill={colour} />
          ))}
          {index % 5 === 4 && (
            <text x={x(index) + step / 2} y={size.height - 5} textAnchor="middle">
              {day(new Date(one.day * 1000))}
            </text>
          )}
        </g>
      ))}
    </>
  );
}

function Chart({ days }: { days: readonly Day[] }) {
  const { t, number, day } = useLanguage();
  const [chosen, setChosen] = useState<number>();
  const one = chosen === undefined ? undefined : days[chosen];
  const shown = (of: "opened" | "closed") => number(one ? one[of] : days.reduce((sum, each) => sum + each[of], 0));
  const point = ({ clientX, currentTarget }: PointerEvent<SVGSVGElement>) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    const index = Math.floor((((clientX - left) / width) * size.width - size.left) / step);
    setChosen(index >= 0 && index < span ? index : undefined);
  };
  const move = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    setChosen(Math.max(0, Math.min(span - 1, (chosen ?? span - 1) + by)));
  };
  return (
    <figure style={{ margin: 0 }}>
      <figcaption aria-live="polite" style={{ display: "flex", gap: 20, marginBlockEnd: 8 }}>
        <strong>{one ? day(new Date(one.day * 1000)) : t("dashboard.historySpan")}</strong>
        {parts.map(({ of, colour }) => (
          <span key={of}>
            <span aria-hidden style={{ color: colour }}>
              ■
            </span>{" "}
            {t(`dashboard.${of}`)} {shown(of)}
          </span>
        ))}
      </figcaption>
      <svg
        viewBox={`0 0 ${size.width} ${size.height}`}
        role="img"
        aria-label={t("dashboard.history")}
        tabIndex={0}
        onKeyDown={move}
        onPointerMove={point}
        onPointerLeave={() => setChosen(undefined)}
        onBlur={() => setChosen(undefined)}
        style={{ width: "100%", display: "block", fontSize: 12, fill: "currentColor" }}
      >
        <Bars days={days} scale={ticks(Math.max(1, ...days.flatMap(({ opened, closed }) => [opened, closed])))} chosen={chosen} />
      </svg>
    </figure>
  );
}

export const readHistory = () => native<{ days: Day[] }>("GET", `/findings/history?days=${span}`);

export function History() {
  const { t } = useLanguage();
  const loaded = useLiveLoaded("history", isFindingChange, readHistory);
  return (
    <Panel title={t("dashboard.history")} loaded={loaded} height={300}>
      {({ days }) => <Chart days={allDays(days)} />}
    </Panel>
  );
}
