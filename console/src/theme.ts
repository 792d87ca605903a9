// Light or dark: as the system says until the user says otherwise.
import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { useState } from "react";

const name = "assay.theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");

function isDark(): boolean {
  const kept = localStorage.getItem(name);
  return kept ? kept === "dark" : system.matches;
}

/** Before anything is drawn: all styles change with it. */
export function applyTheme(dark = isDark()) {
  applyMode(dark ? Mode.Dark : Mode.Light);
  document.documentElement.style.colorScheme = dark ? "dark" : "light"; // what the browser draws itself
}

export function useTheme(): [dark: boolean, setDark: (dark: boolean) => void] {
  const [dark, setDark] = useState(isDark);
  return [
    dark,
    (next) => {
      localStorage.setItem(name, next ? "dark" : "light");
      applyTheme(next);
      setDark(next);
    },
  ];
}
