// Which page a path shows. Pages are loaded when they are first visited.
import { lazy, type ComponentType } from "react";

export interface PageProps {
  query: URLSearchParams;
}

const pages: Record<string, ComponentType<PageProps>> = {
  "/": lazy(() => import("./pages/dashboard")),
  "/findings": lazy(() => import("./pages/findings")),
};

export function pageAt(path: string): ComponentType<PageProps> {
  return pages[path] ?? pages["/"]!;
}
