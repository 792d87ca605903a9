// Which page a path shows. Pages are loaded when they are first visited.
import { lazy, type ComponentType } from "react";
import type { GroupName } from "./groups/groups";

export interface PageProps {
  query: URLSearchParams;
}

const group = (name: GroupName) => lazy(async () => ({ default: (await import("./pages/groups")).groupPage(name) }));

const pages: Record<string, ComponentType<PageProps>> = {
  "/": lazy(() => import("./pages/dashboard")),
  "/findings": lazy(() => import("./pages/findings")),
  "/findings/by-vulnerability": group("vulnerability"),
  "/findings/by-instance": group("instance"),
  "/findings/by-image": group("image"),
  "/findings/by-repository": group("repository"),
  "/findings/by-function": group("function"),
  "/findings/by-account": group("account"),
};

export function pageAt(path: string): ComponentType<PageProps> {
  return pages[path] ?? pages["/"]!;
}
