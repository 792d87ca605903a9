// Where the user is, in the URL's fragment: "#/findings?severity=HIGH". A URL names every view.
export interface Location {
  path: string;
  query: URLSearchParams;
}

export function parse(hash: string): Location {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  return { path: path || "/", query: new URLSearchParams(query) };
}

export const presentPlace = () => parse(window.location.hash);

export function href(path: string, query: Record<string, string> = {}): string {
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  return `#${path}${text ? `?${text}` : ""}`;
}
