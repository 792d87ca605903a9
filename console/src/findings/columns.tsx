// The columns of findings: one description for the table, its preferences and the CSV file.
import Link from "@cloudscape-design/components/link";
import type { Finding, SortField } from "@aws-sdk/client-inspector2";
import type { ReactNode } from "react";
import type { Key, Language } from "../i18n";
import { Severity } from "../parts/severity";

export interface Column {
  id: string;
  label: Key;
  sort?: SortField;
  /** As text: in the file, and in the table unless `cell` says otherwise. */
  text: (finding: Finding) => string;
  cell?: (finding: Finding, tools: { language: Language; value: (value: string | undefined) => string; linkTo: (finding: Finding) => string }) => ReactNode;
  width?: number;
}

const resource = (finding: Finding) => finding.resources?.[0];
const packageNames = (finding: Finding) => [
  ...new Set((finding.packageVulnerabilityDetails?.vulnerablePackages ?? []).map(({ name }) => name ?? "")),
];
const iso = (date: Date | undefined) => date?.toISOString() ?? "";

/** How people call the resource. */
export function resourceName(finding: Finding): string {
  const { details, id = "", tags } = resource(finding) ?? {};
  const image = details?.awsEcrContainerImage;
  if (image) return `${image.repositoryName}:${image.imageTags?.[0] ?? image.imageHash?.slice(0, 19)}`;
  return details?.awsLambdaFunction?.functionName ?? tags?.Name ?? details?.vm?.vmName ?? id;
}

export const columns: readonly Column[] = [
  { id: "severity", label: "key.severity", sort: "SEVERITY", text: (f) => f.severity ?? "", cell: (f) => <Severity value={f.severity} />, width: 105 },
  {
    id: "title",
    label: "key.title",
    text: (f) => f.title ?? "",
    cell: (f, { linkTo }) => <Link href={linkTo(f)}>{f.title}</Link>,
    width: 250,
  },
  { id: "vulnerability", label: "key.vulnerabilityId", sort: "VULNERABILITY_ID", text: (f) => f.packageVulnerabilityDetails?.vulnerabilityId ?? "", width: 170 },
  { id: "resource", label: "column.resource", text: resourceName, width: 150 },
  { id: "resourceId", label: "key.resourceId", text: (f) => resource(f)?.id ?? "", width: 200 },
  { id: "resourceType", label: "key.resourceType", sort: "RESOURCE_TYPE", text: (f) => resource(f)?.type ?? "", cell: (f, { value }) => value(resource(f)?.type), width: 160 },
  { id: "type", label: "key.findingType", sort: "FINDING_TYPE", text: (f) => f.type ?? "", cell: (f, { value }) => value(f.type), width: 190 },
  { id: "packages", label: "column.packages", text: (f) => packageNames(f).join(" "), cell: (f) => packageNames(f).join(", "), width: 200 },
  {
    id: "score",
    label: "key.inspectorScore",
    sort: "INSPECTOR_SCORE",
    text: (f) => f.inspectorScore?.toFixed(1) ?? "",
    cell: (f, { language }) => (f.inspectorScore === undefined ? "–" : language.number(f.inspectorScore, { minimumFractionDigits: 1 })),
    width: 105,
  },
  {
    id: "epss",
    label: "column.epss",
    sort: "EPSS_SCORE",
    text: (f) => f.epss?.score?.toString() ?? "",
    cell: (f, { language }) =>
      f.epss?.score === undefined ? "–" : language.number(f.epss.score, { style: "percent", maximumFractionDigits: 2 }),
    width: 100,
  },
  { id: "fix", label: "column.fix", text: (f) => f.fixAvailable ?? "", cell: (f, { value }) => value(f.fixAvailable), width: 85 },
  { id: "exploit", label: "column.exploit", text: (f) => f.exploitAvailable ?? "", cell: (f, { value }) => value(f.exploitAvailable), width: 115 },
  { id: "status", label: "key.findingStatus", sort: "FINDING_STATUS", text: (f) => f.status ?? "", cell: (f, { value }) => value(f.status), width: 110 },
  { id: "age", label: "column.age", sort: "FIRST_OBSERVED_AT", text: (f) => iso(f.firstObservedAt), cell: (f, { language }) => language.ago(f.firstObservedAt), width: 115 },
  { id: "lastSeen", label: "key.lastObservedAt", sort: "LAST_OBSERVED_AT", text: (f) => iso(f.lastObservedAt), cell: (f, { language }) => language.date(f.lastObservedAt?.getTime()), width: 180 },
  { id: "repository", label: "key.ecrImageRepositoryName", sort: "ECR_IMAGE_REPOSITORY_NAME", text: (f) => resource(f)?.details?.awsEcrContainerImage?.repositoryName ?? "", width: 180 },
  { id: "registry", label: "key.ecrImageRegistry", sort: "ECR_IMAGE_REGISTRY", text: (f) => resource(f)?.details?.awsEcrContainerImage?.registry ?? "", width: 180 },
  { id: "pushed", label: "key.ecrImagePushedAt", sort: "ECR_IMAGE_PUSHED_AT", text: (f) => iso(resource(f)?.details?.awsEcrContainerImage?.pushedAt), cell: (f, { language }) => language.date(resource(f)?.details?.awsEcrContainerImage?.pushedAt?.getTime()), width: 180 },
  { id: "protocol", label: "key.networkProtocol", sort: "NETWORK_PROTOCOL", text: (f) => f.networkReachabilityDetails?.protocol ?? "", width: 120 },
  { id: "component", label: "key.componentType", sort: "COMPONENT_TYPE", text: (f) => f.networkReachabilityDetails?.networkPath?.steps?.[0]?.componentType ?? "", width: 200 },
  { id: "source", label: "key.vulnerabilitySource", sort: "VULNERABILITY_SOURCE", text: (f) => f.packageVulnerabilityDetails?.source ?? "", width: 150 },
  { id: "vendorSeverity", label: "key.vendorSeverity", sort: "VENDOR_SEVERITY", text: (f) => f.packageVulnerabilityDetails?.vendorSeverity ?? "", width: 150 },
  { id: "arn", label: "key.findingArn", text: (f) => f.findingArn ?? "", width: 260 },
  { id: "account", label: "key.awsAccountId", sort: "AWS_ACCOUNT_ID", text: (f) => f.awsAccountId ?? "", width: 140 },
];

export const shownAtFirst = ["severity", "title", "resource", "score", "fix", "exploit", "age", "type", "status"];

/** All columns as Cloudscape's tables and preferences take them: those that are shown in their order, then the others. */
export function columnDisplay(shown: readonly string[]): { id: string; visible: boolean }[] {
  const hidden = columns.filter(({ id }) => !shown.includes(id));
  return [...shown.map((id) => ({ id, visible: true })), ...hidden.map(({ id }) => ({ id, visible: false }))];
}
