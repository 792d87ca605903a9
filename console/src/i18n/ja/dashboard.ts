import type { dashboard as words } from "../en/dashboard";

export const dashboard: Record<keyof typeof words, string> = {
  "dashboard.title": "ダッシュボード",
};
