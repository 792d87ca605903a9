// Where the user is, in the URL's fragment: "#/findings?severity=HIGH". A URL names every view.
import { createContext, startTransition, useContext, useEffect, useState } from "react";

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

const present = () => parse(window.location.hash);

/** For the whole console, once. What the next place shows is drawn without holding up what people do meanwhile. */
export function useHash(): Location {
  const [location, setLocation] = useState(present);
  useEffect(() => subscribe(() => startTransition(() => setLocation(present()))), []);
  return location;
}

export const LocationContext = createContext<Location>(present());

export function useLocation(): Location {
  return useContext(LocationContext);
}

export function navigate(to: string, options: { replace?: boolean } = {}) {
  if (options.replace) {
    history.replaceState(null, "", to);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else window.location.hash = to;
}
