// Words. Every text that people read is in en.ts, and in ja.ts under the same key: the compiler holds the two together.
import { I18nProvider } from "@cloudscape-design/components/i18n";
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { en } from "./en";

export type Words = { [K in keyof typeof en]: string };
export type Key = keyof Words;
export type Locale = "en" | "ja";
export const locales: Record<Locale, string> = { en: "English", ja: "日本語" };

const name = "assay.locale";

export function preferredLocale(): Locale {
  const kept = localStorage.getItem(name);
  if (kept === "en" || kept === "ja") return kept;
  return navigator.language.startsWith("ja") ? "ja" : "en";
}

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

/** Loads the words of the locale (and Cloudscape's own) before anything is shown. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const [locale, setLocale] = useState(preferredLocale);
  const [loaded, setLoaded] = useState<{ locale: Locale; words: Words; messages: readonly unknown[] } | null>(null);

  useEffect(() => {
    let current = true;
    document.documentElement.lang = locale;
    const words = locale === "ja" ? import("./ja").then((m) => m.ja as Words) : Promise.resolve<Words>(en);
    const messages =
      locale === "ja"
        ? import("@cloudscape-design/components/i18n/messages/all.ja")
        : import("@cloudscape-design/components/i18n/messages/all.en");
    void Promise.all([words, messages]).then(([words, { default: own }]) => {
      if (current) setLoaded({ locale, words, messages: [own] });
    });
    return () => {
      current = false;
    };
  }, [locale]);

  if (!loaded) return null;
  const language: Language = {
    locale: loaded.locale,
    setLocale(next) {
      localStorage.setItem(name, next);
      setLocale(next);
    },
    t: (key, values) => fill(loaded.words[key], values ?? {}, loaded.locale),
    has: (key): key is Key => Object.hasOwn(loaded.words, key),
    number: (value, options) => value.toLocaleString(loaded.locale, options),
    atLeast: (value, more) => value.toLocaleString(loaded.locale) + (more ? "+" : ""),
    date: (value) =>
      value === undefined ? "–" : new Date(value).toLocaleString(loaded.locale, { dateStyle: "medium", timeStyle: "short" }),
    day: (value) => value.toLocaleDateString(loaded.locale, { month: "short", day: "numeric", timeZone: "UTC" }),
    ago: (value) => (value ? ago(value, loaded.locale) : "–"),
  };
  return (
    <Context.Provider value={language}>
      <I18nProvider locale={loaded.locale} messages={loaded.messages as never}>
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
