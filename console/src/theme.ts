// Light or dark: as the system says until the user says otherwise.
import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { useEffect, useState } from "react";

const name = "assay.theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");

export function useTheme(): [dark: boolean, setDark: (dark: boolean) => void] {
  const kept = localStorage.getItem(name);
  const [dark, setDark] = useState(kept ? kept === "dark" : system.matches);
  useEffect(() => {
    applyMode(dark ? Mode.Dark : Mode.Light);
    document.documentElement.style.colorScheme = dark ? "dark" : "light"; // what the browser draws itself
  }, [dark]);
  return [
    dark,
    (next) => {
      localStorage.setItem(name, next ? "dark" : "light");
      setDark(next);
    },
  ];
}
