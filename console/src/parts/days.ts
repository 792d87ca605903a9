// Days as the browser's calendar gives them, "2026-11-22": those of who reads them.
import { dateOf } from "../api/time";

const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text);

/** Seconds since 1970; of a day its first one, or its last. */
export function secondOf(text: string, end: boolean): number {
  return Math.floor(new Date(isDay(text) ? `${text}T${end ? "23:59:59" : "00:00:00"}` : text).getTime() / 1000);
}

const two = (value: number) => String(value).padStart(2, "0");

/** The other way round: the day, if that is all of what is meant, else the time. */
export function textOfSecond(seconds: number, end: boolean): string {
  const date = dateOf(seconds);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return secondOf(day, end) === seconds ? day : date.toISOString().replace(".000Z", "Z");
}
