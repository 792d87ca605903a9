// Reading from the server within a component: present value, error, and a way to read again.
import { useCallback, useEffect, useRef, useState } from "react";
import { noticeExpiry } from "./client";
import { useTrouble } from "./trouble";

export interface Loaded<T> {
  value: T | undefined;
  error: Error | undefined;
  loading: boolean;
  /** How long the last read took, in ms. */
  took: number;
  reload: () => void;
}

export type Read<T> = (signal: AbortSignal) => Promise<T>;

const early = new Map<string, Promise<unknown>>();

/** Begins to read, by their keys, what the components of a page will read when they are first there, who then take this over. */
export function askEarly(questions: Record<string, Read<unknown>> = {}) {
  early.clear();
  for (const [key, read] of Object.entries(questions)) {
    const answer = read(new AbortController().signal);
    answer.catch(() => {}); // told to who takes it over
    early.set(key, answer);
  }
}

function takeEarly<T>(key: string): Promise<T> | undefined {
  const answer = early.get(key) as Promise<T> | undefined;
  early.delete(key);
  return answer;
}

/** Runs `read` when `key` changes and on reload(); what came before stays until the new value is there. An answer that
 * was overtaken by a later question is dropped. */
export function useLoaded<T>(key: string, read: Read<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: Error; loading: boolean; took: number }>({ key, loading: true, took: 0 });
  const [turn, setTurn] = useState(0);
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    const abort = new AbortController();
    const begun = performance.now();
    setState((before) => ({ ...before, key, loading: true }));
    (takeEarly<T>(key) ?? latest.current(abort.signal)).then(
      (value) => abort.signal.aborted || setState({ key, value, loading: false, took: performance.now() - begun }),
      (error: Error) => {
        if (abort.signal.aborted) return;
        noticeExpiry(error);
        setState((before) => ({ key, value: before.value, error, loading: false, took: performance.now() - begun }));
      },
    );
    return () => abort.abort();
  }, [key, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  useTrouble(state.value === undefined ? undefined : state.error, reload);
  return { value: state.value, error: state.error, loading: state.loading, took: state.took, reload };
}
