// Where the user is, in the URL's fragment: "#/findings?severity=HIGH". A URL names every view.
import { useSyncExternalStore } from "react";

export interface Location {
  path: string;
  query: URLSearchParams;
}

function subscribe(changed: () => void) {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

export function parse(hash: string): Location {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  return { path: path || "/", query: new URLSearchParams(query) };
}

export function href(path: string, query: Record<string, string> = {}): string {
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  return `#${path}${text ? `?${text}` : ""}`;
}

export function useLocation(): Location {
  return parse(useSyncExternalStore(subscribe, () => window.location.hash));
}

export function navigate(to: string, options: { replace?: boolean } = {}) {
  if (options.replace) {
    history.replaceState(null, "", to);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else window.location.hash = to;
}
