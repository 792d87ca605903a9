// FilterCriteria as people work with it: what each key is, and how the tokens of a property filter become criteria and
// criteria become tokens again. Criteria are kept in the API's JSON, in which times are seconds.
import type { PropertyFilterProps } from "@cloudscape-design/components/property-filter";
import type { FilterCriteria } from "@aws-sdk/client-inspector2";
import { dateOf } from "../api/time";
import type { Key } from "../i18n";
import { secondOf, textOfSecond } from "../parts/days";

type KeyOf<Prefix extends string> = Key extends infer K ? (K extends `${Prefix}.${infer Name}` ? Name : never) : never;
export type Property = KeyOf<"key">;
export type Value = KeyOf<"value">;
export type Criteria = Record<string, Record<string, unknown>[]>;
type Kind = "text" | "date" | "number" | "tag" | "ports";

export interface PropertyInfo {
  property: Property;
  group: KeyOf<"keys">;
  kind: Kind;
  values?: readonly string[];
}

const severities = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNTRIAGED"] as const;
export const statuses = ["ACTIVE", "SUPPRESSED", "CLOSED"] as const;
const architectures = ["amd64", "arm64"] as const;

function group(name: PropertyInfo["group"], properties: Partial<Record<Property, Kind | readonly string[]>>): PropertyInfo[] {
  return Object.entries(properties).map(([property, is]) => ({
    property: property as Property,
    group: name,
    kind: typeof is === "string" ? is : "text",
    ...(typeof is === "string" ? {} : { values: is }),
  }));
}

export const properties: readonly PropertyInfo[] = [
  ...group("finding", {
    severity: severities,
    title: "text",
    findingType: ["PACKAGE_VULNERABILITY", "NETWORK_REACHABILITY", "CODE_VULNERABILITY"],
    findingStatus: statuses,
    inspectorScore: "number",
    firstObservedAt: "date",
    lastObservedAt: "date",
    updatedAt: "date",
    findingArn: "text",
    awsAccountId: "text",
  }),
  ...group("vulnerability", {
    vulnerabilityId: "text",
    fixAvailable: ["YES", "NO", "PARTIAL"],
    exploitAvailable: ["YES", "NO"],
    epssScore: "number",
    vulnerabilitySource: "text",
    vendorSeverity: "text",
    relatedVulnerabilities: "text",
  }),
  ...group("package", {
    "vulnerablePackages.name": "text",
    "vulnerablePackages.version": "text",
    "vulnerablePackages.filePath": "text",
    "vulnerablePackages.architecture": "text",
    "vulnerablePackages.release": "text",
    "vulnerablePackages.epoch": "number",
    "vulnerablePackages.sourceLayerHash": "text",
    "vulnerablePackages.sourceLambdaLayerArn": "text",
  }),
  ...group("resource", {
    resourceId: "text",
    resourceType: ["AWS_EC2_INSTANCE", "AWS_ECR_CONTAINER_IMAGE", "AWS_ECR_REPOSITORY", "AWS_LAMBDA_FUNCTION", "CODE_REPOSITORY"],
    resourceTags: "tag",
  }),
  ...group("instance", { ec2InstanceImageId: "text", ec2InstanceVpcId: "text", ec2InstanceSubnetId: "text" }),
  ...group("image", {
    ecrImageRepositoryName: "text",
    ecrImageTags: "text",
    ecrImageHash: "text",
    ecrImageRegistry: "text",
    ecrImageArchitecture: architectures,
    ecrImagePushedAt: "date",
    ecrImageLastInUseAt: "date",
    ecrImageInUseCount: "number",
  }),
  ...group("function", {
    lambdaFunctionName: "text",
    lambdaFunctionRuntime: "text",
    lambdaFunctionLayers: "text",
    lambdaFunctionExecutionRoleArn: "text",
    lambdaFunctionLastModifiedAt: "date",
  }),
  ...group("network", { portRange: "ports", networkProtocol: ["TCP", "UDP"], componentId: "text", componentType: "text" }),
  ...group("code", {
    codeVulnerabilityDetectorName: "text",
    codeVulnerabilityDetectorTags: "text",
    codeVulnerabilityFilePath: "text",
    codeRepositoryProjectName: "text",
    codeRepositoryProviderType: ["GITHUB", "GITLAB_SELF_MANAGED"],
  }),
  ...group("cloud", {
    cloudProvider: ["AWS", "AZURE"],
    cloudProviderRegion: "text",
    cloudProviderAccountId: "text",
    cloudProviderOrgId: "text",
    cloudVmImageReference: "text",
    cloudVmNetworkId: "text",
    cloudVmSubnetIds: "text",
    cloudImageRepositoryName: "text",
    cloudImageRegistry: "text",
    cloudImageDigest: "text",
    cloudImageTags: "text",
    cloudImageArchitecture: architectures,
    cloudImagePushedAt: "date",
    cloudImageLastInUseAt: "date",
    cloudImageInUseCount: "number",
    cloudServerlessFunctionName: "text",
    cloudServerlessFunctionRuntime: "text",
    cloudServerlessFunctionExecutionRole: "text",
    cloudServerlessFunctionLastModifiedAt: "date",
  }),
];

const infoOf = new Map<string, PropertyInfo>(properties.map((info) => [info.property, info]));

export const isDate = (property: string | undefined) => infoOf.get(property ?? "")?.kind === "date";

export const operatorsOf: Record<Kind, readonly PropertyFilterProps.ComparisonOperator[]> = {
  text: ["=", "!=", "^"],
  date: [">=", "<="],
  number: [">=", "<="],
  tag: ["="],
  ports: ["="],
};

const comparisons: Record<string, string> = { "=": "EQUALS", "!=": "NOT_EQUALS", "^": "PREFIX" };
const operatorOf: Record<string, string> = { EQUALS: "=", NOT_EQUALS: "!=", PREFIX: "^" };
const rangeNames = { date: ["startInclusive", "endInclusive"], number: ["lowerInclusive", "upperInclusive"] } as const;

type Token = PropertyFilterProps.Token;
type Entry = Record<string, unknown>;

/** The entry of one token; undefined for what cannot be one. */
function entryOf(kind: Kind, operator: string, value: string): Entry | undefined {
  switch (kind) {
    case "text":
      return { comparison: comparisons[operator] ?? "EQUALS", value };
    case "tag": {
      const [key = "", ...rest] = value.split("=");
      return { comparison: "EQUALS", key, ...(rest.length ? { value: rest.join("=") } : {}) };
    }
    case "ports": {
      const [begin = NaN, end = begin] = value.split("-").map(Number);
      return Number.isInteger(begin) && Number.isInteger(end) ? { beginInclusive: begin, endInclusive: end } : undefined;
    }
    case "date":
    case "number": {
      const [lower, upper] = rangeNames[kind];
      const bound = kind === "date" ? secondOf(value, operator === "<=") : Number(value);
      return Number.isFinite(bound) ? { [operator === "<=" ? upper : lower]: bound } : undefined;
    }
  }
}

function tokensOf(property: string, kind: Kind, entry: Entry): Token[] {
  switch (kind) {
    case "text":
      return [{ propertyKey: property, operator: operatorOf[String(entry.comparison)] ?? "=", value: String(entry.value) }];
    case "tag":
      return [{ propertyKey: property, operator: "=", value: entry.value === undefined ? String(entry.key) : `${entry.key}=${entry.value}` }];
    case "ports": {
      const { beginInclusive: begin, endInclusive: end } = entry;
      return [{ propertyKey: property, operator: "=", value: begin === end ? String(begin) : `${begin}-${end}` }];
    }
    case "date":
    case "number":
      return rangeNames[kind].flatMap((name, end) => {
        const bound = entry[name];
        if (typeof bound !== "number") return [];
        return [{ propertyKey: property, operator: end ? "<=" : ">=", value: kind === "date" ? textOfSecond(bound, !!end) : String(bound) }];
      });
  }
}

/** Puts an entry's members into the first of the key's entries that lacks them all: a lower and an upper bound make one
 * range, a package's name and version one package. What is there already makes alternatives. */
function place(entries: Entry[], entry: Entry) {
  const room = entries.find((other) => Object.keys(entry).every((name) => !(name in other)));
  if (room) Object.assign(room, entry);
  else entries.push(entry);
}

export function criteriaOf(tokens: readonly Token[]): Criteria {
  const criteria: Criteria = {};
  for (const { propertyKey, operator, value } of tokens) {
    const info = infoOf.get(propertyKey ?? "");
    const entry = info && entryOf(info.kind, operator, String(value));
    if (!entry) continue;
    const [key = "", member] = info.property.split(".");
    const entries = (criteria[key] ??= []);
    if (member) place(entries, { [member]: entry });
    else if (info.kind === "date" || info.kind === "number") place(entries, entry);
    else entries.push(entry);
  }
  return criteria;
}

export function tokensFrom(criteria: Criteria): Token[] {
  return Object.entries(criteria).flatMap(([key, entries]) =>
    entries.flatMap((entry) => {
      const info = infoOf.get(key);
      if (info) return tokensOf(key, info.kind, entry);
      return Object.entries(entry).flatMap(([member, inner]) => {
        const part = infoOf.get(`${key}.${member}`);
        return part ? tokensOf(part.property, part.kind, inner as Entry) : [];
      });
    }),
  );
}

const isTime = (name: string) => name === "startInclusive" || name === "endInclusive";

/** As the SDK takes criteria: times are dates. */
export function sdkCriteria(criteria: Criteria): FilterCriteria {
  return JSON.parse(JSON.stringify(criteria), (name, value: unknown) =>
    isTime(name) && typeof value === "number" ? dateOf(value) : value,
  ) as FilterCriteria;
}

/** As the SDK gives them: the other way round. */
export function wireCriteria(criteria: FilterCriteria | undefined): Criteria {
  return JSON.parse(JSON.stringify(criteria ?? {}), (name, value: unknown) =>
    isTime(name) && typeof value === "string" ? Date.parse(value) / 1000 : value,
  ) as Criteria;
}

export const equals = (value: string): Entry[] => [{ comparison: "EQUALS", value }];

/** Criteria of a URL: what is not JSON, or not of criteria's form, is no filter. */
export function parseCriteria(text: string | null): Criteria {
  try {
    const value: unknown = JSON.parse(text || "{}");
    if (!value || typeof value !== "object") return {};
    return Object.fromEntries(Object.entries(value).filter(([, entries]) => Array.isArray(entries))) as Criteria;
  } catch {
    return {};
  }
}

export function criteriaText(criteria: Criteria): string {
  return Object.keys(criteria).length ? JSON.stringify(criteria) : "";
}
