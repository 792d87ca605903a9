// State that outlives the page: kept in the browser under a name.
import { useState } from "react";

export function kept<T>(name: string, initial: T): T {
  const text = localStorage.getItem(`assay.${name}`);
  return text ? (JSON.parse(text) as T) : initial;
}

export function useKept<T>(name: string, initial: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => kept(name, initial));
  return [
    value,
    (next) => {
      localStorage.setItem(`assay.${name}`, JSON.stringify(next));
      setValue(next);
    },
  ];
}
