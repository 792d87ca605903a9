import "@cloudscape-design/global-styles/index.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { askEarly } from "./api/load";
import { currentSession } from "./api/session";
import { App } from "./app";
import { loadSpeech, preferredLocale } from "./i18n/speech";
import { presentPlace } from "./place";
import { loadPage } from "./routes";

const soon = 50; // ms: a page that comes so soon after what is around it is drawn with it

/** The style sheet, which the first script does not wait for. */
function styled(): Promise<unknown> {
  const link = document.querySelector<HTMLLinkElement>("link[rel=stylesheet]");
  if (!link || link.sheet) return Promise.resolve();
  return new Promise((resolve) => ["load", "error"].forEach((type) => link.addEventListener(type, resolve)));
}

async function begin() {
  const { path, query } = presentPlace();
  const page = loadPage(path).then(
    ({ questions }) => void (currentSession() && askEarly(questions?.(query))),
    () => {}, // who shows it says so
  );
  const [speech] = await Promise.all([loadSpeech(preferredLocale()), styled()]);
  await Promise.race([page, new Promise((resolve) => setTimeout(resolve, soon))]);
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <App speech={speech} />
    </StrictMode>,
  );
}

void begin();
