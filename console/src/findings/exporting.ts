// Exactly what is shown, as a file: the columns as CSV, or whole findings as JSON, of all pages of a query, however many. It
// goes on while people look at other pages; what fails, fails at a page, and it goes on from there: after a while, when asked
// to, or, when the session has ended, once the same user has signed in again.
import type { Finding } from "@aws-sdk/client-inspector2";
import type { Count } from "../api/native";
import { currentSession, sessions } from "../api/session";
import { makeStore } from "../api/store";
import { csvRow, download, LargeFile } from "../parts/download";
import type { Column } from "./columns";
import { listFindings, pageMost } from "./query";
import type { View } from "./view";

export type Format = "csv" | "json";

export interface Request {
  format: Format;
  view: View;
  columns: readonly Column[];
  /** What the columns are called. */
  labels: readonly string[];
  total: Count;
}

export interface Progress {
  done: number;
  total: Count;
  /** It stands still. */
  error?: Error;
}

/** Of the one export that there is at a time. */
export const progress = makeStore<Progress | null>(null);
let abort = new AbortController();
let goOn = () => {};

export const cancelExport = () => abort.abort();
export const resumeExport = () => goOn();

interface Shape {
  type: string;
  head: (request: Request) => string;
  row: (finding: Finding, index: number, request: Request) => string;
  foot: string;
}

const shapes: Record<Format, Shape> = {
  csv: {
    type: "text/csv",
    head: ({ labels }) => csvRow(labels),
    row: (finding, _, { columns }) => csvRow(columns.map((column) => column.text(finding))),
    foot: "",
  },
  json: {
    type: "application/json",
    head: () => "[\n",
    row: (finding, index) => `${index ? ",\n" : ""}${JSON.stringify(finding)}`,
    foot: "\n]\n",
  },
};

const whoIsIn = () => {
  const session = currentSession();
  return session && `${session.accountId}/${session.user}`;
};

const patience = 15_000; // ms

/** Until somebody has asked for it, or somebody is signed in who was not; in any case after a while. */
function untilResumed(signal: AbortSignal): Promise<void> {
  const wasIn = whoIsIn();
  return new Promise((resolve) => {
    const leave = sessions.subscribe(() => !wasIn && whoIsIn() && done());
    const timer = wasIn ? setTimeout(done, patience) : undefined;
    function done() {
      clearTimeout(timer);
      leave();
      resolve();
    }
    goOn = done;
    signal.addEventListener("abort", done);
  });
}

const often = 200; // ms: how far it is, is drawn no more often

async function write(request: Request, signal: AbortSignal): Promise<void> {
  const shape = shapes[request.format];
  const file = new LargeFile();
  const { total } = request;
  const ask = (token?: string) => {
    const page = listFindings(request.view, pageMost, token, signal);
    page.catch(() => {}); // heard of where it is waited for
    return page;
  };
  file.add(shape.head(request));
  let token: string | undefined;
  let page = ask();
  let said = -often;
  for (let done = 0; ; ) {
    if (performance.now() - said >= often) {
      progress.set({ done, total });
      said = performance.now();
    }
    try {
      const { findings = [], nextToken } = await page;
      token = nextToken;
      if (token) page = ask(token); // on its way while these are written
      for (const finding of findings) file.add(shape.row(finding, done++, request));
      if (!token) break;
    } catch (error) {
      if (signal.aborted) return;
      progress.set({ done, total, error: error as Error });
      await untilResumed(signal);
      page = ask(token);
      said = -often;
    }
    if (signal.aborted) return;
  }
  file.add(shape.foot);
  download(`findings.${request.format}`, file.whole(shape.type));
}

const askBeforeLeaving = (event: Event) => event.preventDefault();

export async function startExport(request: Request): Promise<void> {
  abort = new AbortController();
  const owner = whoIsIn();
  // Nobody gets what another began.
  const leave = sessions.subscribe(() => {
    const who = whoIsIn();
    if (who && who !== owner) cancelExport();
  });
  window.addEventListener("beforeunload", askBeforeLeaving);
  try {
    await write(request, abort.signal);
  } finally {
    leave();
    window.removeEventListener("beforeunload", askBeforeLeaving);
    progress.set(null);
  }
}
