// Reading from the server within a component: present value, error, and a way to read again.
import { useCallback, useEffect, useRef, useState } from "react";
import { sessions } from "./session";
import { useTrouble } from "./trouble";

export interface Loaded<T> {
  value: T | undefined;
  error: Error | undefined;
  loading: boolean;
  /** How long the last read took, in ms. */
  took: number;
  /** When it was asked for, if that was before it was here to hear of changes (askEarly). */
  begun?: number;
  reload: () => void;
}

export type Read<T> = (signal: AbortSignal) => Promise<T>;

interface Early {
  begun: number;
  answer: Promise<unknown>;
  /** Once it is there, and how long it took. */
  value?: unknown;
  took?: number;
}
const early = new Map<string, Early>();
sessions.subscribe(() => early.clear()); // nobody gets what another asked for

/** Begins to read, by their keys, what the components of a page will read when they are first there, who then take this over.
 * Resolves when all is there. */
export async function askEarly(questions: Record<string, Read<unknown>> = {}) {
  early.clear();
  const begun = performance.now();
  const answers = Object.entries(questions).map(([key, read]) => {
    const one: Early = { begun, answer: read(new AbortController().signal) };
    early.set(key, one);
    return one.answer.then((value) => Object.assign(one, { value, took: performance.now() - begun }));
  });
  await Promise.allSettled(answers); // what fails is told to who takes it over
}

function takeEarly(key: string): Early | undefined {
  const one = early.get(key);
  early.delete(key);
  return one;
}

interface State<T> {
  key: string;
  value?: T;
  error?: Error;
  loading: boolean;
  took: number;
  begun?: number;
}

function firstState<T>(key: string): State<T> {
  const { value, took = 0, begun } = early.get(key) ?? {};
  return { key, value: value as T | undefined, loading: value === undefined, took, begun };
}

/** Runs `read` when `key` changes and on reload(); what came before stays until the new value is there. An answer that
 * was overtaken by a later question is dropped. */
export function useLoaded<T>(key: string, read: Read<T>): Loaded<T> {
  const [state, setState] = useState(() => firstState<T>(key));
  const [turn, setTurn] = useState(0);
  const latest = useRef(read);
  latest.current = read;
  const isFirst = useRef(true);
  useEffect(() => {
    const asked = isFirst.current ? takeEarly(key) : undefined;
    isFirst.current = false;
    if (asked?.value !== undefined && asked.value === state.value) return;
    const abort = new AbortController();
    const begun = performance.now();
    setState((before) => (before.loading && before.key === key ? before : { ...before, key, loading: true }));
    ((asked?.answer as Promise<T> | undefined) ?? latest.current(abort.signal)).then(
      (value) => abort.signal.aborted || setState({ key, value, loading: false, took: performance.now() - begun }),
      (error: Error) => {
        if (abort.signal.aborted) return;
        setState((before) => ({ key, value: before.value, error, loading: false, took: performance.now() - begun }));
      },
    );
    return () => abort.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  useTrouble(state.value === undefined ? undefined : state.error, reload);
  const loading = state.loading || state.key !== key; // the latter until the effect has run
  return { value: state.value, error: state.error, loading, took: state.took, begun: state.begun, reload };
}
