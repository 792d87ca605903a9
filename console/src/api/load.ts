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

/** Runs `read` when `key` changes and on reload(); what came before stays until the new value is there. An answer that
 * was overtaken by a later question is dropped. */
export function useLoaded<T>(key: string, read: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: Error; loading: boolean; took: number }>({ key, loading: true, took: 0 });
  const [turn, setTurn] = useState(0);
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    const abort = new AbortController();
    const begun = performance.now();
    setState((before) => ({ ...before, key, loading: true }));
    latest.current(abort.signal).then(
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
