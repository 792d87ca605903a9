// Which page a path shows. Pages are loaded when they are first visited.
import type { AppLayoutProps } from "@cloudscape-design/components/app-layout";
import type { ComponentType } from "react";
import type { Read } from "./api/load";
import type { GroupName } from "./groups/groups";

export interface PageProps {
  query: URLSearchParams;
}

export interface Page {
  default: ComponentType<PageProps>;
  contentType?: AppLayoutProps.ContentType;
  /** What it asks for at first, for askEarly(): the answers are on their way while it is drawn. */
  questions?: (query: URLSearchParams) => Record<string, Read<unknown>>;
}

const group = (name: GroupName) => async (): Promise<Page> => (await import("./pages/groups")).groupPage(name);
const coverage = () => import("./pages/coverage");
const settings = () => import("./pages/settings");

const loaders: Record<string, () => Promise<Page>> = {
  "/": () => import("./pages/dashboard"),
  "/findings": () => import("./pages/findings"),
  "/findings/by-vulnerability": group("vulnerability"),
  "/findings/by-instance": group("instance"),
  "/findings/by-image": group("image"),
  "/findings/by-repository": group("repository"),
  "/findings/by-function": group("function"),
  "/findings/by-account": group("account"),
  "/coverage": coverage,
  "/coverage/instances": coverage,
  "/coverage/repositories": coverage,
  "/coverage/images": coverage,
  "/coverage/functions": coverage,
  "/coverage/sources": coverage,
  "/settings": settings,
  "/settings/advisories": settings,
  "/settings/access": settings,
  "/settings/jobs": settings,
  "/settings/about": settings,
  "/usage": () => import("./pages/usage"),
  "/rules": () => import("./pages/rules"),
  "/rules/create": () => import("./pages/rule-create"),
  "/rules/edit": () => import("./pages/rule-edit"),
  "/search": () => import("./pages/search"),
};

const pages = new Map<string, Page>();
const loading = new Map<string, Promise<Page>>();
const known = (path: string) => (loaders[path] ? path : "/");

/** A page that was loaded before. */
export function loadedPage(path: string): Page | undefined {
  return pages.get(known(path));
}

/** What fails to load is tried again the next time. */
export function loadPage(path: string): Promise<Page> {
  const name = known(path);
  const begun = loading.get(name);
  if (begun) return begun;
  const load = loaders[name]!();
  loading.set(name, load);
  load.then(
    (page) => pages.set(name, page),
    () => loading.delete(name),
  );
  return load;
}
