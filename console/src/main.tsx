import "@cloudscape-design/global-styles/index.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { beginToHear, streamOpen } from "./api/live";
import { askEarly } from "./api/load";
import { currentSession } from "./api/session";
import { App } from "./app";
import { loadSpeech, preferredLocale } from "./i18n/speech";
import { presentPlace } from "./place";
import { loadPage } from "./routes";
import { applyTheme } from "./theme";

const soon = 100; // ms: a page, and its answers, that come so soon after what is around it are drawn with it
const sooner = 50; // ms that its questions wait for the stream of changes: asked before that is open, they are asked twice

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The document and its style sheet, for neither of which the first script waits. */
async function ready(): Promise<unknown> {
  if (document.readyState === "loading") await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));
  const link = document.querySelector<HTMLLinkElement>("link[rel=stylesheet]");
  return link && !link.sheet && new Promise((resolve) => ["load", "error"].forEach((type) => link.addEventListener(type, resolve)));
}

async function begin() {
  const { path, query } = presentPlace();
  if (currentSession()) beginToHear();
  const page = loadPage(path).then(
    async ({ questions }) => {
      if (currentSession()) await Promise.race([streamOpen, after(sooner)]);
      if (currentSession()) await askEarly(questions?.(query));
    },
    () => {}, // who shows it says so
  );
  const [speech] = await Promise.all([loadSpeech(preferredLocale()), ready()]);
  await Promise.race([page, after(soon)]);
  applyTheme();
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <App speech={speech} />
    </StrictMode>,
  );
}

void begin();
