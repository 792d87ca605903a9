// A file of words an area; each has its counterpart of the same name in ja/.
import { criteria } from "./en/criteria";
import { dashboard } from "./en/dashboard";
import { findings } from "./en/findings";
import { shell } from "./en/shell";

export const en = { ...shell, ...criteria, ...findings, ...dashboard };
