// Live changes: one stream of server-sent events for the whole console; pages say what they want to hear.
import { useEffect, useRef } from "react";
import { stream } from "./client";
import { useLoaded, type Loaded, type Read } from "./load";
import { currentSession } from "./session";
import { tellTrouble } from "./trouble";

export interface Change {
  id: string;
  kind: string; // "FINDING_CREATED", "COVERAGE_CHANGED", ...
  data: unknown;
}

/** null: nobody knows what changed. */
type Listener = (change: Change | null) => void;
const listeners = new Set<Listener>();
let running = false;
let lastId = "";
const heard: { at: number; change: Change | null }[] = []; // the latest
const heardMost = 200;

function tell(change: Change | null) {
  heard.push({ at: performance.now(), change });
  if (heard.length > heardMost) heard.shift();
  for (const listener of listeners) listener(change);
}

/** The blocks of an event stream (WHATWG HTML, "Server-sent events"), from text in any pieces. */
export class EventParser {
  private rest = "";

  feed(text: string): Change[] {
    this.rest += text;
    const changes: Change[] = [];
    for (let end; (end = this.rest.indexOf("\n\n")) >= 0; this.rest = this.rest.slice(end + 2)) {
      const change = { id: "", kind: "message", data: "" };
      for (const line of this.rest.slice(0, end).split("\n")) {
        const colon = line.indexOf(":");
        if (colon <= 0) continue; // a comment
        const [name, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
        if (name === "id") change.id = value;
        else if (name === "event") change.kind = value;
        else if (name === "data") change.data += change.data ? "\n" + value : value;
      }
      if (change.data) changes.push({ ...change, data: JSON.parse(change.data) as unknown });
    }
    return changes;
  }
}

const firstWait = 500; // ms, doubled each time
const longestWait = 15000;
const patience = 4000; // from such a wait on people are told that they hear of no changes

async function hear(begun: () => void) {
  const response = await stream(lastId ? `/events?lastEventId=${lastId}` : "/events");
  begun();
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    for (const change of parser.feed(value)) {
      if (change.id) lastId = change.id;
      tell(change.kind === "EVENTS_MISSED" ? null : change);
    }
  }
}

/** When the server goes away pages keep what they show, and learn the rest when it is back: from the last event that was
 * heard on or, if none ever was, by reading again. */
async function listen() {
  let wait = firstWait;
  let broken = false;
  let told = () => {};
  do {
    let error: unknown;
    await hear(() => {
      if (broken && !lastId) tell(null);
      wait = firstWait;
      told();
    }).catch((reason: unknown) => (error = reason));
    broken = true;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, wait * (0.5 + Math.random()));
      told();
      if (error && wait >= patience) told = tellTrouble(error as Error, resolve);
    });
    wait = Math.min(wait * 2, longestWait);
  } while (listeners.size && currentSession());
  told();
  running = false;
}

/** Opens the stream, unless it is open: also before anything is asked that only later has somebody to hear of its changes. */
export function beginToHear() {
  if (running) return;
  running = true;
  void listen();
}

const soon = 200; // ms: what belongs together comes together
const apart = 1500; // ms: while much changes, a view is read anew at most so often,
const share = 5; // and is being read at most this part of the time

/** Reads again soon after anything that `wants` says concerns it; many changes at once are one reason. */
export function useLive(wants: (change: Change) => boolean, loaded: Pick<Loaded<unknown>, "loading" | "took" | "begun" | "reload">) {
  const latest = useRef({ wants, loaded });
  latest.current = { wants, loaded };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = -apart;
    const pause = () => Math.max(soon, last + Math.max(apart, latest.current.loaded.took * share) - performance.now());
    const read = () => {
      const { loading, reload } = latest.current.loaded;
      timer = loading ? setTimeout(read, pause()) : undefined;
      if (loading) return;
      last = performance.now();
      reload();
    };
    const listener: Listener = (change) => {
      if (!change || latest.current.wants(change)) timer ??= setTimeout(read, pause());
    };
    listeners.add(listener);
    beginToHear();
    const { begun = Infinity } = latest.current.loaded;
    for (const { at, change } of heard) if (at > begun) listener(change);
    return () => {
      listeners.delete(listener);
      clearTimeout(timer);
    };
  }, []);
}

/** useLoaded(), read again when something changes. */
export function useLiveLoaded<T>(key: string, wants: (change: Change) => boolean, read: Read<T>): Loaded<T> {
  const loaded = useLoaded(key, read);
  useLive(wants, loaded);
  return loaded;
}

export const isFindingChange = (change: Change) => change.kind.startsWith("FINDING_");
export const isCoverageChange = (change: Change) => change.kind === "COVERAGE_CHANGED" || change.kind === "SCAN_COMPLETED";
