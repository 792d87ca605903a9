// Which page a path shows. Pages are loaded when they are first visited.
import { lazy, type ComponentType } from "react";
import type { GroupName } from "./groups/groups";

export interface PageProps {
  query: URLSearchParams;
}

const group = (name: GroupName) => lazy(async () => ({ default: (await import("./pages/groups")).groupPage(name) }));
const coverage = lazy(() => import("./pages/coverage"));
const settings = lazy(() => import("./pages/settings"));

const pages: Record<string, ComponentType<PageProps>> = {
  "/": lazy(() => import("./pages/dashboard")),
  "/findings": lazy(() => import("./pages/findings")),
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
  "/usage": lazy(() => import("./pages/usage")),
  "/rules": lazy(() => import("./pages/rules")),
  "/rules/create": lazy(() => import("./pages/rule-create")),
  "/rules/edit": lazy(() => import("./pages/rule-edit")),
  "/search": lazy(() => import("./pages/search")),
};

export function pageAt(path: string): ComponentType<PageProps> {
  return pages[path] ?? pages["/"]!;
}
