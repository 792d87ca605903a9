// The kinds of resources that are covered, with their columns and what they can be filtered by.
import type { CoverageFilterCriteria, CoverageResourceType, CoveredResource } from "@aws-sdk/client-inspector2";
import type { ReactNode } from "react";
import type { Key, Language } from "../i18n";
import { Status } from "./status";

/** What coverage is filtered by, and what values of it are. */
export const coverageKeys = {
  resourceId: "text",
  scanStatusReason: "text",
  scanMode: "text",
  accountId: "text",
  lastScannedAt: "date",
  ec2InstanceTags: "tag",
  ecrRepositoryName: "text",
  ecrImageTags: "text",
  imagePulledAt: "date",
  ecrImageLastInUseAt: "date",
  ecrImageInUseCount: "number",
  lambdaFunctionName: "text",
  lambdaFunctionRuntime: "text",
  lambdaFunctionTags: "tag",
} as const satisfies Partial<Record<keyof CoverageFilterCriteria, "text" | "date" | "number" | "tag">>;
export type CoverageKey = keyof typeof coverageKeys;

export interface CoverageColumn {
  id: string;
  header: Key;
  cell: (resource: CoveredResource, language: Language) => ReactNode;
  width?: number;
}

export interface CoverageKind {
  tab: string;
  type: CoverageResourceType;
  title: Key;
  empty: Key;
  /** How people call the resource. */
  name: (resource: CoveredResource) => string;
  tags: (resource: CoveredResource) => Record<string, string> | undefined;
  keys: readonly CoverageKey[];
  columns: readonly CoverageColumn[];
  /** What the panel tells beside. */
  facts?: (resource: CoveredResource, language: Language) => [label: Key, value: ReactNode][];
}

const meta = (resource: CoveredResource) => resource.resourceMetadata;
const tagText = (tags: Record<string, string> | undefined) =>
  Object.entries(tags ?? {})
    .map(([key, value]) => (value ? `${key}=${value}` : key))
    .join(", ") || "–";

const status: CoverageColumn = { id: "status", header: "coverage.status", cell: (r) => <Status status={r.scanStatus} />, width: 220 };
const scanned: CoverageColumn = {
  id: "scanned",
  header: "coverage.lastScanned",
  cell: (r, { ago, date }) => <span title={date(r.lastScannedAt?.getTime())}>{ago(r.lastScannedAt)}</span>,
  width: 130,
};
const account: CoverageColumn = { id: "account", header: "coverage.account", cell: (r) => r.accountId, width: 140 };

/** "repository:tag", or the beginning of the digest, of ".../repository/NAME/sha256:DIGEST". */
function imageName(resource: CoveredResource): string {
  const [, path = resource.resourceId ?? ""] = (resource.resourceId ?? "").split(":repository/");
  const [repository = "", digest = ""] = path.split("/sha256:");
  const tag = meta(resource)?.ecrImage?.tags?.[0];
  return tag ? `${repository}:${tag}` : `${repository}@${digest.slice(0, 12)}`;
}

export const kinds: readonly CoverageKind[] = [
  {
    tab: "instances",
    type: "AWS_EC2_INSTANCE",
    title: "coverage.instances",
    empty: "coverage.instances.empty",
    name: (r) => meta(r)?.ec2?.tags?.Name ?? r.resourceId ?? "",
    tags: (r) => meta(r)?.ec2?.tags,
    keys: ["resourceId", "scanStatusReason", "scanMode", "lastScannedAt", "ec2InstanceTags", "accountId"],
    columns: [
      status,
      { id: "mode", header: "coverage.mode", cell: (r, { t }) => (r.scanMode ? t(`scanMode.${r.scanMode}` as Key) : "–"), width: 130 },
      { id: "platform", header: "coverage.platform", cell: (r) => meta(r)?.ec2?.platform ?? "–", width: 110 },
      { id: "tags", header: "coverage.tags", cell: (r) => tagText(meta(r)?.ec2?.tags), width: 160 },
      scanned,
      account,
    ],
  },
  {
    tab: "repositories",
    type: "AWS_ECR_REPOSITORY",
    title: "coverage.repositories",
    empty: "coverage.repositories.empty",
    name: (r) => meta(r)?.ecrRepository?.name ?? r.resourceId ?? "",
    tags: () => undefined,
    keys: ["resourceId", "ecrRepositoryName", "scanStatusReason", "accountId"],
    columns: [
      status,
      { id: "frequency", header: "coverage.frequency", cell: (r, { t }) => t(`frequency.${meta(r)?.ecrRepository?.scanFrequency ?? "CONTINUOUS_SCAN"}` as Key), width: 160 },
      account,
    ],
  },
  {
    tab: "images",
    type: "AWS_ECR_CONTAINER_IMAGE",
    title: "coverage.images",
    empty: "coverage.images.empty",
    name: imageName,
    tags: () => undefined,
    keys: ["resourceId", "ecrRepositoryName", "ecrImageTags", "scanStatusReason", "lastScannedAt", "imagePulledAt", "ecrImageLastInUseAt", "ecrImageInUseCount", "accountId"],
    columns: [
      status,
      { id: "tags", header: "coverage.imageTags", cell: (r) => meta(r)?.ecrImage?.tags?.join(", ") || "–", width: 160 },
      { id: "inUse", header: "detail.inUseCount", cell: (r, { number }) => number(meta(r)?.ecrImage?.inUseCount ?? 0), width: 110 },
      { id: "pulled", header: "coverage.pulled", cell: (r, { ago }) => ago(meta(r)?.ecrImage?.imagePulledAt), width: 130 },
      scanned,
      account,
    ],
    facts: (r, { date, number }) => [
      ["coverage.imageTags", meta(r)?.ecrImage?.tags?.join(", ")],
      ["coverage.pulled", date(meta(r)?.ecrImage?.imagePulledAt?.getTime())],
      ["detail.inUseCount", number(meta(r)?.ecrImage?.inUseCount ?? 0)],
      ["detail.lastInUseAt", date(meta(r)?.ecrImage?.lastInUseAt?.getTime())],
    ],
  },
  {
    tab: "functions",
    type: "AWS_LAMBDA_FUNCTION",
    title: "coverage.functions",
    empty: "coverage.functions.empty",
    name: (r) => meta(r)?.lambdaFunction?.functionName ?? r.resourceId ?? "",
    tags: (r) => meta(r)?.lambdaFunction?.functionTags,
    keys: ["resourceId", "lambdaFunctionName", "lambdaFunctionRuntime", "lambdaFunctionTags", "scanStatusReason", "lastScannedAt", "accountId"],
    columns: [
      status,
      { id: "runtime", header: "coverage.runtime", cell: (r) => meta(r)?.lambdaFunction?.runtime ?? "–", width: 130 },
      { id: "tags", header: "coverage.tags", cell: (r) => tagText(meta(r)?.lambdaFunction?.functionTags), width: 160 },
      scanned,
      account,
    ],
    facts: (r) => [
      ["detail.runtime", meta(r)?.lambdaFunction?.runtime],
      ["detail.layers", meta(r)?.lambdaFunction?.layers?.join(", ")],
    ],
  },
];
