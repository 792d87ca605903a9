// Words. Every text that people read is in en.ts, and in ja.ts under the same key: the compiler holds the two together.
import { I18nProvider } from "@cloudscape-design/components/i18n";
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { keepLocale, loadSpeech, preferredLocale, type Locale, type Speech, type Words } from "./speech";

export type { Locale, Words } from "./speech";
export type Key = keyof Words;
export const locales: Record<Locale, string> = { en: "English", ja: "日本語" };

export interface Language {
  locale: Locale;
  setLocale: (locale: Locale) => void;
  /** The text of a key, with {name} replaced by what is given. */
  t: (key: Key, values?: Record<string, string | number>) => string;
  /** Whether there are words under such a key, made of what a server sent. */
  has: (key: string) => key is Key;
  number: (value: number, options?: Intl.NumberFormatOptions) => string;
  /** "10,000+": of what is counted no further. */
  atLeast: (value: number, more: boolean) => string;
  date: (value: Date | number | undefined) => string;
  /** A day of UTC: "Nov 22" */
  day: (value: Date) => string;
  /** "3 days ago" */
  ago: (value: Date | undefined) => string;
}

const Context = createContext<Language | null>(null);

function fill(text: string, values: Record<string, string | number>, locale: Locale): string {
  return text.replace(/\{(\w+)\}/g, (whole, key: string) => {
    const value = values[key];
    if (value === undefined) return whole;
    return typeof value === "number" ? value.toLocaleString(locale) : value;
  });
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

export function ago(value: Date, locale: Locale, now = Date.now()): string {
  const seconds = (value.getTime() - now) / 1000;
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  for (const [unit, size] of units) if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  return format.format(Math.trunc(seconds), "second");
}

function languageOf({ locale, words }: Speech, setLocale: (locale: Locale) => void): Language {
  return {
    locale,
    setLocale,
    t: (key, values) => fill(words[key], values ?? {}, locale),
    has: (key): key is Key => Object.hasOwn(words, key),
    number: (value, options) => value.toLocaleString(locale, options),
    atLeast: (value, more) => value.toLocaleString(locale) + (more ? "+" : ""),
    date: (value) => (value === undefined ? "–" : new Date(value).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" })),
    day: (value) => value.toLocaleDateString(locale, { month: "short", day: "numeric", timeZone: "UTC" }),
    ago: (value) => (value ? ago(value, locale) : "–"),
  };
}

/** Begins with what was loaded; another language is spoken once it is. */
export function LanguageProvider({ speech: first, children }: { speech: Speech; children: ReactNode }) {
  const [speech, setSpeech] = useState(first);
  useEffect(() => {
    document.documentElement.lang = speech.locale;
  }, [speech]);
  const language = useMemo(
    () =>
      languageOf(speech, (next) => {
        keepLocale(next);
        void loadSpeech(next).then((loaded) => next === preferredLocale() && setSpeech(loaded));
      }),
    [speech],
  );
  return (
    <Context.Provider value={language}>
      <I18nProvider locale={speech.locale} messages={speech.messages as never}>
        {children}
      </I18nProvider>
    </Context.Provider>
  );
}

export function useLanguage(): Language {
  const language = useContext(Context);
  if (!language) throw new Error("no LanguageProvider around this");
  return language;
}
