// Words. Every text that people read is in en.ts, and in ja.ts under the same key: the compiler holds the two together.
import { I18nProvider } from "@cloudscape-design/components/i18n";
import { IntlMessageFormat } from "intl-messageformat";
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { keepLocale, loadSpeech, preferredLocale, type Locale, type Speech, type Words } from "./speech";

export type { Locale, Words } from "./speech";
export type Key = keyof Words;
export const locales: Record<Locale, string> = { en: "English", ja: "日本語" };

export interface Language {
  locale: Locale;
  setLocale: (locale: Locale) => void;
  /** The text of a key, with {name} replaced by what is given, and {name|finding|findings} by the word for so many. */
  t: (key: Key, values?: Record<string, string | number>) => string;
  /** Whether there are words under such a key, made of what a server sent. */
  has: (key: string) => key is Key;
  number: (value: number, options?: Intl.NumberFormatOptions) => string;
  /** "10,000+": of what is counted no further. */
  atLeast: (value: number, more: boolean) => string;
  date: (value: Date | number | undefined) => string;
  /** A day of UTC: "Nov 22" */
  day: (value: Date) => string;
  /** The same with its year; of what is known by its day alone. */
  wholeDay: (value: Date | undefined) => string;
  /** "3 days ago" */
  ago: (value: Date | undefined) => string;
}

const Context = createContext<Language | null>(null);

function fill(text: string, values: Record<string, string | number>, locale: Locale): string {
  return text.replace(/\{(\w+)(?:\|(\w+)\|(\w+))?\}/g, (whole, key: string, one?: string, many?: string) => {
    const value = values[key];
    if (value === undefined) return whole;
    if (one && many) return String(value) === "1" ? one : many;
    return typeof value === "number" ? value.toLocaleString(locale) : value;
  });
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

function agoIn(format: Intl.RelativeTimeFormat, value: Date): string {
  const seconds = (value.getTime() - Date.now()) / 1000;
  for (const [unit, size] of units) if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  return format.format(Math.trunc(seconds), "second");
}

/** Made when it is needed first. */
function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function languageOf({ locale, words }: Speech, setLocale: (locale: Locale) => void): Language {
  const times = lazily(() => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }));
  const days = lazily(() => new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", timeZone: "UTC" }));
  const wholeDays = lazily(() => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }));
  const made = new Map<string, Intl.NumberFormat>();
  const numbers = (options?: Intl.NumberFormatOptions) => {
    const name = JSON.stringify(options ?? {});
    const format = made.get(name) ?? new Intl.NumberFormat(locale, options);
    made.set(name, format);
    return format;
  };
  const relative = lazily(() => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));
  return {
    locale,
    setLocale,
    t: (key, values) => fill(words[key], values ?? {}, locale),
    has: (key): key is Key => Object.hasOwn(words, key),
    number: (value, options) => numbers(options).format(value),
    atLeast: (value, more) => value.toLocaleString(locale) + (more ? "+" : ""),
    date: (value) => (value === undefined ? "–" : times().format(value)),
    day: (value) => days().format(value),
    wholeDay: (value) => (value ? wholeDays().format(value) : "–"),
    ago: (value) => (value ? agoIn(relative(), value) : "–"),
  };
}

// Cloudscape's messages ask which of all locales a browser knows, which takes it tens of ms. It knows ours.
IntlMessageFormat.resolveLocale = (locales) => new Intl.Locale(typeof locales === "string" ? locales : (locales[0] ?? "en"));

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
