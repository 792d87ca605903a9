import type { Words } from ".";
import { criteria } from "./ja/criteria";
import { dashboard } from "./ja/dashboard";
import { findings } from "./ja/findings";
import { shell } from "./ja/shell";
import { actions } from "./ja/actions";
import { coverage } from "./ja/coverage";
import { rules } from "./ja/rules";
import { search } from "./ja/search";
import { settings } from "./ja/settings";
import { usage } from "./ja/usage";

export const ja: Words = { ...shell, ...criteria, ...findings, ...dashboard, ...actions, ...coverage, ...rules, ...search, ...settings, ...usage };
