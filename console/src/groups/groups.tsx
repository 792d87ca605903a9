// Findings by what they have in common. Each list is one description: what the server is asked, which columns its rows have,
// and the filter that a row leads to.
import type { AggregationRequest, AggregationResponse, AggregationType, SeverityCounts } from "@aws-sdk/client-inspector2";
import { equals, type Criteria } from "../findings/criteria";
import type { Key } from "../i18n";

/** A row of an aggregation, whichever it is. */
export interface Row {
  id: string;
  name: string;
  /** What tells it from others that are called the same. */
  detail?: string | undefined;
  counts: SeverityCounts | undefined;
  criteria: Criteria;
  /** Further columns, by their id. */
  values: Record<string, string | number | Date | undefined>;
}

export interface GroupColumn {
  id: string;
  label: Key;
}

export interface Group {
  title: Key;
  type: AggregationType;
  /** The member of the request, with its sort order and the beginning of the name. */
  request: (sort: { sortBy: never; sortOrder: "DESC" | "ASC" }, prefix: { comparison: "PREFIX"; value: string }[] | undefined) => AggregationRequest;
  row: (response: AggregationResponse) => Row | undefined;
  first: GroupColumn;
  columns: readonly GroupColumn[];
  /** What the count of all its findings is called: of one vulnerability each is another resource. */
  all?: Key;
  /** Of the server's SortBy, beside CRITICAL, HIGH and ALL: column id -> name. */
  sorts?: Record<string, string>;
  searchable: boolean;
  /** What is searched, if that is not the first column. */
  searched?: Key;
}

export type GroupName = "vulnerability" | "instance" | "image" | "repository" | "function" | "account" | "ami" | "package";

export const groups: Record<GroupName, Group> = {
  vulnerability: {
    title: "nav.byVulnerability",
    type: "TITLE",
    request: (sort, titles) => ({ titleAggregation: { ...sort, titles } }),
    row: ({ titleAggregation: row }) =>
      row && {
        id: row.title ?? "",
        name: row.title ?? "",
        counts: row.severityCounts,
        criteria: { title: equals(row.title ?? "") },
        values: { vulnerability: row.vulnerabilityId, account: row.accountId },
      },
    first: { id: "title", label: "key.title" },
    all: "group.resources",
    columns: [
      { id: "vulnerability", label: "key.vulnerabilityId" },
      { id: "account", label: "key.awsAccountId" },
    ],
    searchable: true,
  },
  instance: {
    title: "nav.byInstance",
    type: "AWS_EC2_INSTANCE",
    request: (sort, instanceIds) => ({ ec2InstanceAggregation: { ...sort, instanceIds } }),
    row: ({ ec2InstanceAggregation: row }) =>
      row && {
        id: row.instanceId ?? "",
        name: row.instanceTags?.Name ?? row.instanceId ?? "",
        detail: row.instanceTags?.Name && row.instanceId,
        counts: row.severityCounts,
        criteria: { resourceId: equals(row.instanceId ?? "") },
        values: { os: row.operatingSystem, ami: row.ami, network: row.networkFindings, account: row.accountId },
      },
    first: { id: "instance", label: "value.AWS_EC2_INSTANCE" },
    columns: [
      { id: "os", label: "detail.platform" },
      { id: "ami", label: "key.ec2InstanceImageId" },
      { id: "network", label: "group.network" },
      { id: "account", label: "key.awsAccountId" },
    ],
    sorts: { network: "NETWORK_FINDINGS" },
    searchable: true,
    searched: "key.resourceId",
  },
  image: {
    title: "nav.byImage",
    type: "AWS_ECR_CONTAINER",
    request: (sort, imageTags) => ({ awsEcrContainerAggregation: { ...sort, imageTags } }),
    row: ({ awsEcrContainerAggregation: row }) =>
      row && {
        id: row.resourceId ?? "",
        name: row.imageTags?.length ? `${row.repository}:${row.imageTags[0]}` : `${row.repository}@${row.imageSha?.slice(0, 19)}`,
        counts: row.severityCounts,
        criteria: { resourceId: equals(row.resourceId ?? "") },
        values: {
          tags: row.imageTags?.join(", "),
          digest: row.imageSha,
          architecture: row.architecture,
          inUse: row.inUseCount,
          account: row.accountId,
        },
      },
    first: { id: "image", label: "group.image" },
    columns: [
      { id: "tags", label: "key.ecrImageTags" },
      { id: "digest", label: "detail.imageHash" },
      { id: "architecture", label: "detail.architecture" },
      { id: "inUse", label: "detail.inUseCount" },
      { id: "account", label: "key.awsAccountId" },
    ],
    searchable: true,
  },
  repository: {
    title: "nav.byRepository",
    type: "REPOSITORY",
    request: (sort, repositories) => ({ repositoryAggregation: { ...sort, repositories } }),
    row: ({ repositoryAggregation: row }) =>
      row && {
        id: row.repository ?? "",
        name: row.repository ?? "",
        counts: row.severityCounts,
        criteria: { ecrImageRepositoryName: equals(row.repository ?? "") },
        values: { images: row.affectedImages, account: row.accountId },
      },
    first: { id: "repository", label: "value.AWS_ECR_REPOSITORY" },
    columns: [
      { id: "images", label: "group.images" },
      { id: "account", label: "key.awsAccountId" },
    ],
    sorts: { images: "AFFECTED_IMAGES" },
    searchable: true,
  },
  function: {
    title: "nav.byFunction",
    type: "AWS_LAMBDA_FUNCTION",
    request: (sort, functionNames) => ({ lambdaFunctionAggregation: { ...sort, functionNames } }),
    row: ({ lambdaFunctionAggregation: row }) =>
      row && {
        id: row.resourceId ?? "",
        name: row.functionName ?? row.resourceId ?? "",
        counts: row.severityCounts,
        criteria: { resourceId: equals(row.resourceId ?? "") },
        values: { runtime: row.runtime, modified: row.lastModifiedAt, account: row.accountId },
      },
    first: { id: "function", label: "value.AWS_LAMBDA_FUNCTION" },
    columns: [
      { id: "runtime", label: "detail.runtime" },
      { id: "modified", label: "detail.lastModifiedAt" },
      { id: "account", label: "key.awsAccountId" },
    ],
    searchable: true,
  },
  account: {
    title: "nav.byAccount",
    type: "ACCOUNT",
    request: (sort) => ({ accountAggregation: sort }),
    row: ({ accountAggregation: row }) =>
      row && {
        id: row.accountId ?? "",
        name: row.accountId ?? "",
        counts: row.severityCounts,
        criteria: { awsAccountId: equals(row.accountId ?? "") },
        values: { fixable: row.fixAvailableCount, exploitable: row.exploitAvailableCount },
      },
    first: { id: "account", label: "key.awsAccountId" },
    columns: [
      { id: "fixable", label: "group.fixable" },
      { id: "exploitable", label: "group.exploitable" },
    ],
    searchable: false,
  },
  ami: {
    title: "key.ec2InstanceImageId",
    type: "AMI",
    request: (sort, amis) => ({ amiAggregation: { ...sort, amis } }),
    row: ({ amiAggregation: row }) =>
      row && {
        id: row.ami ?? "",
        name: row.ami ?? "",
        counts: row.severityCounts,
        criteria: { ec2InstanceImageId: equals(row.ami ?? "") },
        values: { instances: row.affectedInstances, account: row.accountId },
      },
    first: { id: "ami", label: "key.ec2InstanceImageId" },
    columns: [{ id: "instances", label: "group.instances" }],
    sorts: { instances: "AFFECTED_INSTANCES" },
    searchable: false,
  },
  package: {
    title: "package.name",
    type: "PACKAGE",
    request: (sort, packageNames) => ({ packageAggregation: { ...sort, packageNames } }),
    row: ({ packageAggregation: row }) =>
      row && {
        id: row.packageName ?? "",
        name: row.packageName ?? "",
        counts: row.severityCounts,
        criteria: { vulnerablePackages: [{ name: { comparison: "EQUALS", value: row.packageName } }] },
        values: { account: row.accountId },
      },
    first: { id: "package", label: "package.name" },
    columns: [],
    searchable: true,
  },
};
