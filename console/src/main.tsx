import "@cloudscape-design/global-styles/index.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { beginToHear } from "./api/live";
import { askEarly } from "./api/load";
import { currentSession } from "./api/session";
import { App } from "./app";
import { loadSpeech, preferredLocale } from "./i18n/speech";
import { presentPlace } from "./place";
import { loadPage } from "./routes";
import { applyTheme } from "./theme";

const soon = 100; // ms: a page, and its answers, that come so soon after what is around it are drawn with it

/** The document and its style sheet, for neither of which the first script waits. */
async function ready(): Promise<unknown> {
  if (document.readyState === "loading") await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));
  const link = document.querySelector<HTMLLinkElement>("link[rel=stylesheet]");
  return link && !link.sheet && new Promise((resolve) => ["load", "error"].forEach((type) => link.addEventListener(type, resolve)));
}

async function begin() {
  const { path, query } = presentPlace();
  const page = loadPage(path).then(
    ({ questions }) => {
      if (!questions || !currentSession()) return;
      beginToHear();
      return askEarly(questions(query));
    },
    () => {}, // who shows it says so
  );
  const [speech] = await Promise.all([loadSpeech(preferredLocale()), ready()]);
  await Promise.race([page, new Promise((resolve) => setTimeout(resolve, soon))]);
  applyTheme();
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <App speech={speech} />
    </StrictMode>,
  );
}

void begin();
