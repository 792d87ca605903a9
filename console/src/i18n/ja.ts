import type { Words } from ".";
import { criteria } from "./ja/criteria";
import { dashboard } from "./ja/dashboard";
import { findings } from "./ja/findings";
import { shell } from "./ja/shell";

export const ja: Words = { ...shell, ...criteria, ...findings, ...dashboard };
