// Live changes: one stream of server-sent events for the whole console; pages say what they want to hear.
import { useEffect, useRef } from "react";
import { stream } from "./client";
import { useLoaded, type Loaded, type Read } from "./load";
import { currentSession, sessions } from "./session";
import { tellTrouble } from "./trouble";

/** What it is that changed, "FINDING_CREATED", "COVERAGE_CHANGED", ...: how it is now, who shows it asks. */
interface Change {
  id: string;
  /** Empty: nothing did, that is but the place where the stream is. */
  kind: string;
}

/** null: nobody knows what changed. */
type Listener = (kind: string | null) => void;
const listeners = new Set<Listener>();
let running = false;
let lastId = "";
const heard = new Map<string | null, number>(); // when last, for who was not there yet

function tell(kind: string | null) {
  heard.set(kind, performance.now());
  for (const listener of listeners) listener(kind);
}

/** The blocks of an event stream (WHATWG HTML, "Server-sent events"), from text in any pieces. */
class EventParser {
  private rest = "";

  feed(text: string): Change[] {
    this.rest += text;
    const changes: Change[] = [];
    for (let end; (end = this.rest.indexOf("\n\n")) >= 0; this.rest = this.rest.slice(end + 2)) {
      const change = { id: "", kind: "" };
      for (const line of this.rest.slice(0, end).split("\n")) {
        const colon = line.indexOf(":");
        if (colon <= 0) continue; // a comment
        const [name, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
        if (name === "id") change.id = value;
        else if (name === "event") change.kind = value;
      }
      if (change.id) changes.push(change);
    }
    return changes;
  }
}

const firstWait = 500; // ms, doubled each time
const longestWait = 15000;
const patience = 4000; // from such a wait on people are told that they hear of no changes

let tellOpen = () => {};
/** Once the stream has been open: no change is missed of what is asked for from then on. */
export const streamOpen = new Promise<void>((resolve) => (tellOpen = resolve));

async function hear(begun: () => void) {
  const session = currentSession();
  const response = await stream(lastId ? `/events?lastEventId=${lastId}` : "/events");
  begun();
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser();
  for (;;) {
    const { value, done } = await reader.read();
    if (done || currentSession() !== session) return reader.cancel();
    for (const { id, kind } of parser.feed(value)) {
      lastId = id;
      if (kind) tell(kind === "EVENTS_MISSED" ? null : kind);
    }
  }
}

/** When the server goes away pages keep what they show, and learn the rest when it is back: from the place on where the stream
 * was. In a session of which nobody knows one, what was asked for before the stream was open is read again. */
async function listen() {
  let wait = firstWait;
  let told = () => {};
  do {
    let error: unknown;
    await hear(() => {
      if (!lastId) tell(null);
      tellOpen();
      wait = firstWait;
      told();
    }).catch((reason: unknown) => (error = reason));
    await new Promise<void>((resolve) => {
      setTimeout(resolve, wait * (0.5 + Math.random()));
      told();
      if (error && wait >= patience) told = tellTrouble(error as Error, resolve);
    });
    wait = Math.min(wait * 2, longestWait);
  } while (listeners.size && currentSession());
  told();
  lastId = ""; // nobody shows anything that follows from it
  running = false;
}

/** Opens the stream, unless it is open: also before anything is asked that only later has somebody to hear of its changes. */
export function beginToHear() {
  if (running) return;
  running = true;
  void listen();
}

// All that is shown in a session is asked for after its beginning, whose place in the stream is known.
sessions.subscribe(() => {
  const session = currentSession();
  lastId = session ? String(session.lastEventId) : "";
  if (session) beginToHear();
});

const soon = 200; // ms: what belongs together comes together
const apart = 1500; // ms: while much changes, a view is read anew at most so often,
const share = 5; // and is being read at most this part of the time

/** Reads again soon after anything that `wants` says concerns it; many changes at once are one reason. */
export function useLive(wants: (kind: string) => boolean, loaded: Pick<Loaded<unknown>, "loading" | "took" | "begun" | "reload">) {
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
    const listener: Listener = (kind) => {
      if (kind === null || latest.current.wants(kind)) timer ??= setTimeout(read, pause());
    };
    listeners.add(listener);
    beginToHear();
    const { begun = Infinity } = latest.current.loaded;
    for (const [kind, at] of heard) if (at > begun) listener(kind);
    return () => {
      listeners.delete(listener);
      clearTimeout(timer);
    };
  }, []);
}

/** useLoaded(), read again when something changes. */
export function useLiveLoaded<T>(key: string, wants: (kind: string) => boolean, read: Read<T>): Loaded<T> {
  const loaded = useLoaded(key, read);
  useLive(wants, loaded);
  return loaded;
}

export const isFindingChange = (kind: string) => kind.startsWith("FINDING_");
export const isCoverageChange = (kind: string) => kind === "COVERAGE_CHANGED" || kind === "SCAN_COMPLETED";
