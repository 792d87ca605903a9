// Reads that failed while something older is shown: said once for the whole page, with a way to try them all again.
import { useEffect } from "react";
import { makeStore } from "./store";

export interface Trouble {
  error: Error;
  retry: () => void;
}

export const troubles = makeStore<readonly Trouble[]>([]);

/** Gives back what ends it. */
export function tellTrouble(error: Error, retry: () => void): () => void {
  const one = { error, retry };
  troubles.set([...troubles.get(), one]);
  return () => troubles.set(troubles.get().filter((other) => other !== one));
}

/** Tells of the error as long as there is one. */
export function useTrouble(error: Error | undefined, retry: () => void) {
  useEffect(() => (error ? tellTrouble(error, retry) : undefined), [error, retry]);
}
