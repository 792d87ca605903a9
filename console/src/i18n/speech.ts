// What is said in one language: our words, and Cloudscape's own messages. One file a language, loaded before anything is shown.
import type { en } from "./en";

export type Words = { [K in keyof typeof en]: string };
export type Locale = "en" | "ja";

export interface Speech {
  locale: Locale;
  words: Words;
  messages: readonly unknown[];
}

const name = "assay.locale";

export function preferredLocale(): Locale {
  const kept = localStorage.getItem(name);
  if (kept === "en" || kept === "ja") return kept;
  return navigator.language.startsWith("ja") ? "ja" : "en";
}

export function keepLocale(locale: Locale) {
  localStorage.setItem(name, locale);
}

const begun: Partial<Record<Locale, Promise<Speech>>> = {};

/** What fails to load is tried again the next time. */
export function loadSpeech(locale: Locale): Promise<Speech> {
  const load = (begun[locale] ??= (locale === "ja" ? import("./speech/ja") : import("./speech/en")).then(({ words, messages }) => ({
    locale,
    words,
    messages: [messages],
  })));
  load.catch(() => delete begun[locale]);
  return load;
}
