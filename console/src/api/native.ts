// The shapes of our own endpoints, as docs/openapi.yaml describes them. Times are seconds since 1970.
import { native } from "./client";

/** Exactly, or that there are more than are counted. */
export interface Count {
  count: number;
  more: boolean;
}

export interface Affected {
  resources: number;
  more: boolean;
}

export interface Remediation {
  packageName: string;
  severityCounts: { all: number; critical: number; high: number; medium: number };
  resources: number;
  more: boolean;
  /** Those that end most findings first. */
  fixes: { version: string; findings: number }[];
}

export type OriginKind = "REGISTRY" | "FUNCTION_FOLDER" | "FUNCTION_BUCKET" | "AWS_ACCOUNT";

export interface OriginOptions {
  user?: string;
  insecure?: boolean;
  repositories?: string[];
  platforms?: string[];
  scanFrequency?: "CONTINUOUS_SCAN" | "SCAN_ON_PUSH" | "MANUAL";
  role?: string;
  accessKeyId?: string;
  region?: string;
  prefix?: string;
  profile?: string;
  externalId?: string;
  regions?: string[];
  queues?: string[];
  organization?: boolean;
  organizationRole?: string;
}

export interface Origin {
  id: string;
  kind: OriginKind;
  url: string;
  options: OriginOptions;
  hasSecret: boolean;
  state?: { error?: string; problems?: OriginProblem[] };
  createdAt: number;
  checkedAt?: number;
  checking: boolean;
}

/** Of an AWS account: what of it could not be looked at. */
export interface OriginProblem {
  service: string;
  region?: string;
  queue?: string;
  error: string;
}

export interface OriginRequest {
  kind: OriginKind;
  url: string;
  secret?: string;
  options: OriginOptions;
}

export interface ResourceCoverage {
  scanType: string;
  /** The reason in words, or what could not be read. */
  message?: string;
  nextScanAt?: number;
}

export interface Feed {
  name: string;
  url: string;
  licence: string;
  state: string;
  date?: number;
}

export interface Advisories {
  generation: string;
  builtAt: number;
  updatedAt?: number;
  stale: boolean;
  updateError?: string;
  feeds: Feed[];
}

export interface Job {
  id: number;
  kind: string;
  subject?: string;
  state: "READY" | "RUNNING" | "FAILED";
  attempts: number;
  createdAt: number;
  dueAt: number;
  error?: string;
}

export interface FindingChanges {
  severity?: string[];
  fixAvailable?: string[];
  exploitAvailable?: string[];
  inspectorScore?: (number | null)[];
  packages?: boolean;
  networkPath?: boolean;
  details?: boolean;
  /** The rule that hides it. */
  filterArn?: string;
}

export interface FindingStep {
  at: number;
  kind: "FINDING_CREATED" | "FINDING_UPDATED" | "FINDING_CLOSED" | "FINDING_REOPENED" | "FINDING_SUPPRESSED" | "FINDING_UNSUPPRESSED";
  changes?: FindingChanges;
}

export interface FindingMatch {
  packageName: string;
  packageVersion: string;
  filePath?: string;
  verdict: "AFFECTED" | "UNKNOWN";
  advisory: string;
  feed: string;
  ecosystem: string;
  name: string;
  compared: string;
  scheme: string;
  reason: string;
  fixedIn?: string;
}

export type Role = "admin" | "read_only" | "collector";

export interface User {
  name: string;
  role: Role;
  createdAt: number;
}

export interface AccessKey {
  accessKeyId: string;
  user: string;
  role: Role;
  disabled: boolean;
  createdAt: number;
  expiresAt?: number;
}

export interface EnrolmentToken {
  id: string;
  purpose: "enrol" | "notify";
  label?: string;
  createdAt: number;
  expiresAt?: number;
  usesLeft?: number;
}

export interface TokenRequest {
  purpose?: EnrolmentToken["purpose"];
  label?: string;
  days?: number;
  uses?: number;
}

export interface InventoryPackage {
  type: string;
  name: string;
  version?: string;
  path?: string;
}

const part = encodeURIComponent;

export const api = {
  affected: (vulnerabilityId: string) =>
    native<Affected>("GET", `/findings/affected?vulnerabilityId=${part(vulnerabilityId)}`),
  remediations: () => native<{ remediations: Remediation[] }>("GET", "/findings/remediations").then((answer) => answer.remediations),
  findingHistory: (arn: string) => native<{ history: FindingStep[] }>("GET", `/findings/${part(arn)}/history`).then((answer) => answer.history),
  findingReasons: (arn: string) => native<{ matches: FindingMatch[] }>("GET", `/findings/${part(arn)}/reasons`).then((answer) => answer.matches),
  preview: (filterCriteria: unknown) => native<Count>("POST", "/filters/preview", { filterCriteria }),
  rescan: (resourceId: string) => native("POST", "/rescan", { resourceId }),
  coverage: (resourceId: string) => native<{ coverage: ResourceCoverage[] }>("GET", `/resources/${part(resourceId)}/coverage`).then((answer) => answer.coverage),
  inventory: (resourceId: string) => native<{ packages: InventoryPackage[] }>("GET", `/resources/${part(resourceId)}/inventory`),
  sbom: (resourceId: string, format: "cyclonedx" | "spdx") =>
    native<unknown>("GET", `/resources/${part(resourceId)}/inventory?format=${format}`),
  origins: () => native<{ origins: Origin[] }>("GET", "/origins").then((answer) => answer.origins),
  putOrigin: (origin: OriginRequest) => native<{ id: string }>("POST", "/origins", origin),
  pollOrigin: (id: string) => native("POST", `/origins/${part(id)}/poll`),
  deleteOrigin: (id: string) => native("DELETE", `/origins/${part(id)}`),
  advisories: () => native<Advisories>("GET", "/advisories"),
  updateAdvisories: () => native("POST", "/advisories/update"),
  jobs: (state: Job["state"]) => native<{ jobs: Job[] }>("GET", `/jobs?state=${state}`).then((answer) => answer.jobs),
  retryJob: (id: number) => native("POST", `/jobs/${id}/retry`),
  users: () => native<{ users: User[] }>("GET", "/users").then((answer) => answer.users),
  putUser: (user: { name: string; role: Role }) => native("POST", "/users", user),
  deleteUser: (name: string) => native("DELETE", `/users/${part(name)}`),
  keys: () => native<{ keys: AccessKey[] }>("GET", "/keys").then((answer) => answer.keys),
  createKey: (user: string) => native<{ accessKeyId: string; secretAccessKey: string }>("POST", "/keys", { user }),
  disableKey: (id: string) => native("POST", `/keys/${part(id)}/disable`),
  deleteKey: (id: string) => native("DELETE", `/keys/${part(id)}`),
  tokens: () => native<{ tokens: EnrolmentToken[] }>("GET", "/tokens").then((answer) => answer.tokens),
  createToken: (token: TokenRequest) => native<{ token: string; expiresAt?: number }>("POST", "/tokens", token),
  deleteToken: (id: string) => native("DELETE", `/tokens/${part(id)}`),
  health: () => native<{ status: string; version: string }>("GET", "/health"),
};
