// A value that components follow and that anybody may set.
import { useSyncExternalStore } from "react";

export interface Store<T> {
  get: () => T;
  set: (value: T) => void;
  /** Gives back what ends it. */
  subscribe: (changed: () => void) => () => void;
  use: () => T;
}

export function makeStore<T>(value: T): Store<T> {
  const listeners = new Set<() => void>();
  const get = () => value;
  const subscribe = (changed: () => void) => {
    listeners.add(changed);
    return () => listeners.delete(changed);
  };
  return {
    get,
    set(next) {
      value = next;
      for (const changed of listeners) changed();
    },
    subscribe,
    use: () => useSyncExternalStore(subscribe, get),
  };
}
