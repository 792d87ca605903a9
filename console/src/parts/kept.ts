// State that outlives the page: kept in the browser under a name.
import { useState } from "react";

export function useKept<T>(name: string, initial: T): [T, (value: T) => void] {
  const key = `assay.${name}`;
  const [value, setValue] = useState<T>(() => {
    const text = localStorage.getItem(key);
    return text ? (JSON.parse(text) as T) : initial;
  });
  return [
    value,
    (next) => {
      localStorage.setItem(key, JSON.stringify(next));
      setValue(next);
    },
  ];
}
