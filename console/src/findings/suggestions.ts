// Values to choose from: of the properties that the server counts findings by those with most findings, of others those of the
// most severe findings; in both cases those that begin with what was typed.
import { useRef, useState } from "react";
import type { PropertyFilterProps } from "@cloudscape-design/components/property-filter";
import {
  ListFindingAggregationsCommand,
  type AggregationRequest,
  type AggregationResponse,
  type AggregationType,
  type Finding,
} from "@aws-sdk/client-inspector2";
import { send } from "../api/inspector";
import { criteriaOf, type Property } from "./criteria";
import { listFindings, pageMost } from "./query";
import { defaultSort } from "./view";

interface Source {
  type: AggregationType;
  /** Asks for those that begin so. */
  request: (prefix: { comparison: "PREFIX"; value: string }[]) => AggregationRequest;
  values: (row: AggregationResponse) => (string | undefined)[];
}

const instances = (values: (row: NonNullable<AggregationResponse["ec2InstanceAggregation"]>) => (string | undefined)[]): Source => ({
  type: "AWS_EC2_INSTANCE",
  request: (prefix) => ({ ec2InstanceAggregation: { instanceIds: prefix } }),
  values: (row) => (row.ec2InstanceAggregation ? values(row.ec2InstanceAggregation) : []),
});

const functions = (values: (row: NonNullable<AggregationResponse["lambdaFunctionAggregation"]>) => (string | undefined)[]): Source => ({
  type: "AWS_LAMBDA_FUNCTION",
  request: (prefix) => ({ lambdaFunctionAggregation: { functionNames: prefix } }),
  values: (row) => (row.lambdaFunctionAggregation ? values(row.lambdaFunctionAggregation) : []),
});

const sources: Partial<Record<Property, Source>> = {
  vulnerabilityId: {
    type: "TITLE",
    request: (prefix) => ({ titleAggregation: { vulnerabilityIds: prefix } }),
    values: (row) => [row.titleAggregation?.vulnerabilityId],
  },
  title: {
    type: "TITLE",
    request: (prefix) => ({ titleAggregation: { titles: prefix } }),
    values: (row) => [row.titleAggregation?.title],
  },
  "vulnerablePackages.name": {
    type: "PACKAGE",
    request: (prefix) => ({ packageAggregation: { packageNames: prefix } }),
    values: (row) => [row.packageAggregation?.packageName],
  },
  resourceId: instances((row) => [row.instanceId]),
  ec2InstanceImageId: {
    type: "AMI",
    request: (prefix) => ({ amiAggregation: { amis: prefix } }),
    values: (row) => [row.amiAggregation?.ami],
  },
  ecrImageRepositoryName: {
    type: "REPOSITORY",
    request: (prefix) => ({ repositoryAggregation: { repositories: prefix } }),
    values: (row) => [row.repositoryAggregation?.repository],
  },
  ecrImageTags: {
    type: "AWS_ECR_CONTAINER",
    request: (prefix) => ({ awsEcrContainerAggregation: { imageTags: prefix } }),
    values: (row) => row.awsEcrContainerAggregation?.imageTags ?? [],
  },
  ecrImageHash: {
    type: "AWS_ECR_CONTAINER",
    request: (prefix) => ({ awsEcrContainerAggregation: { imageShas: prefix } }),
    values: (row) => [row.awsEcrContainerAggregation?.imageSha],
  },
  lambdaFunctionName: functions((row) => [row.functionName]),
  lambdaFunctionRuntime: functions((row) => [row.runtime]),
  awsAccountId: { type: "ACCOUNT", request: () => ({ accountAggregation: {} }), values: (row) => [row.accountAggregation?.accountId] },
};

type Values = (string | undefined)[] | undefined;
const image = (finding: Finding) => finding.resources?.[0]?.details?.awsEcrContainerImage;
const host = (finding: Finding) => finding.resources?.[0]?.details?.awsEc2Instance;
const lambda = (finding: Finding) => finding.resources?.[0]?.details?.awsLambdaFunction;
const packages = (finding: Finding) => finding.packageVulnerabilityDetails?.vulnerablePackages ?? [];
const path = (finding: Finding) => finding.networkReachabilityDetails?.networkPath?.steps ?? [];

/** Of one finding. */
const valuesOf: Partial<Record<Property, (finding: Finding) => Values>> = {
  findingArn: (f) => [f.findingArn],
  resourceId: (f) => [f.resources?.[0]?.id],
  vulnerabilitySource: (f) => [f.packageVulnerabilityDetails?.source],
  vendorSeverity: (f) => [f.packageVulnerabilityDetails?.vendorSeverity],
  relatedVulnerabilities: (f) => f.packageVulnerabilityDetails?.relatedVulnerabilities,
  "vulnerablePackages.version": (f) => packages(f).map((one) => one.version),
  "vulnerablePackages.filePath": (f) => packages(f).map((one) => one.filePath),
  "vulnerablePackages.architecture": (f) => packages(f).map((one) => one.arch),
  "vulnerablePackages.release": (f) => packages(f).map((one) => one.release),
  "vulnerablePackages.sourceLayerHash": (f) => packages(f).map((one) => one.sourceLayerHash),
  "vulnerablePackages.sourceLambdaLayerArn": (f) => packages(f).map((one) => one.sourceLambdaLayerArn),
  resourceTags: (f) => Object.entries(f.resources?.[0]?.tags ?? {}).map(([key, value]) => (value ? `${key}=${value}` : key)),
  ec2InstanceVpcId: (f) => [host(f)?.vpcId],
  ec2InstanceSubnetId: (f) => [host(f)?.subnetId],
  ecrImageRegistry: (f) => [image(f)?.registry],
  lambdaFunctionLayers: (f) => lambda(f)?.layers,
  lambdaFunctionExecutionRoleArn: (f) => [lambda(f)?.executionRoleArn],
  componentId: (f) => path(f).map((one) => one.componentId),
  componentType: (f) => path(f).map((one) => one.componentType),
  cloudProviderRegion: (f) => [f.resources?.[0]?.region],
  cloudProviderAccountId: (f) => [f.awsAccountId],
};
/** Names of the same in every cloud. */
const sameAs: Partial<Record<Property, Property>> = {
  cloudVmImageReference: "ec2InstanceImageId",
  cloudVmNetworkId: "ec2InstanceVpcId",
  cloudVmSubnetIds: "ec2InstanceSubnetId",
  cloudImageRepositoryName: "ecrImageRepositoryName",
  cloudImageRegistry: "ecrImageRegistry",
  cloudImageDigest: "ecrImageHash",
  cloudImageTags: "ecrImageTags",
  cloudServerlessFunctionName: "lambdaFunctionName",
  cloudServerlessFunctionRuntime: "lambdaFunctionRuntime",
  cloudServerlessFunctionExecutionRole: "lambdaFunctionExecutionRoleArn",
};

async function counted(source: Source, typed: string): Promise<Values> {
  const request = source.request(typed ? [{ comparison: "PREFIX", value: typed }] : []);
  const answer = await send(
    new ListFindingAggregationsCommand({ aggregationType: source.type, maxResults: 50, ...(typed ? { aggregationRequest: request } : {}) }),
  );
  return (answer.responses ?? []).flatMap(source.values);
}

/** Tags have no beginnings in the API: all are looked through. */
async function seen(property: Property, of: (finding: Finding) => Values, typed: string): Promise<Values> {
  const begins = typed && property !== "resourceTags" ? criteriaOf([{ propertyKey: property, operator: "^", value: typed }]) : {};
  const view = { ...defaultSort, criteria: begins, status: "ACTIVE" as const, finding: "" };
  const { findings = [] } = await listFindings(view, pageMost);
  return findings.flatMap((finding) => of(finding) ?? []).filter((value) => value?.startsWith(typed));
}

const hasValues = (property: Property) => !!(sources[property] ?? valuesOf[property]);

async function suggest(property: Property, typed: string): Promise<string[]> {
  const [source, of] = [sources[property], valuesOf[property]];
  const values = await Promise.all([source && counted(source, typed), of && seen(property, of, typed)]);
  return [...new Set(values.flatMap((some) => some ?? []))].filter((value) => !!value) as string[];
}

/** Props for Cloudscape's PropertyFilter. */
export function useSuggestions(fixed: readonly PropertyFilterProps.FilteringOption[]) {
  const [state, setState] = useState<{ options: PropertyFilterProps.FilteringOption[]; status: "finished" | "loading" | "error" }>({
    options: [],
    status: "finished",
  });
  const turns = useRef(0);
  return {
    filteringOptions: [...fixed, ...state.options],
    filteringStatusType: state.status,
    onLoadItems({ detail }: { detail: PropertyFilterProps.LoadItemsDetail }) {
      const asked = detail.filteringProperty?.key as Property | undefined;
      const property = asked && (sameAs[asked] ?? asked);
      if (!property || !hasValues(property)) return;
      const turn = ++turns.current;
      setState((before) => ({ ...before, status: "loading" }));
      suggest(property, detail.filteringText).then(
        (values) => {
          if (turn === turns.current) setState({ options: values.map((value) => ({ propertyKey: asked, value })), status: "finished" });
        },
        () => {
          if (turn === turns.current) setState({ options: [], status: "error" });
        },
      );
    },
  };
}
