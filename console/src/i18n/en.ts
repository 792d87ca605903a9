// A file of words an area; each has its counterpart of the same name in ja/.
import { criteria } from "./en/criteria";
import { dashboard } from "./en/dashboard";
import { findings } from "./en/findings";
import { shell } from "./en/shell";
import { actions } from "./en/actions";
import { coverage } from "./en/coverage";
import { rules } from "./en/rules";
import { search } from "./en/search";
import { settings } from "./en/settings";
import { usage } from "./en/usage";

export const en = { ...shell, ...criteria, ...findings, ...dashboard, ...actions, ...coverage, ...rules, ...search, ...settings, ...usage };
