// Values to choose from, for the properties that the server counts findings by: the ones with most findings, or those that
// begin with what was typed.
import { useRef, useState } from "react";
import type { PropertyFilterProps } from "@cloudscape-design/components/property-filter";
import {
  ListFindingAggregationsCommand,
  type AggregationRequest,
  type AggregationResponse,
  type AggregationType,
} from "@aws-sdk/client-inspector2";
import { noticeExpiry } from "../api/client";
import { send } from "../api/inspector";
import type { Property } from "./criteria";

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

async function suggest(property: Property, typed: string): Promise<string[]> {
  const source = sources[property];
  if (!source) return [];
  const prefix = typed ? [{ comparison: "PREFIX" as const, value: typed }] : [];
  const request = source.request(prefix);
  const answer = await send(
    new ListFindingAggregationsCommand({ aggregationType: source.type, maxResults: 50, ...(typed ? { aggregationRequest: request } : {}) }),
  );
  return [...new Set((answer.responses ?? []).flatMap(source.values))].filter((value) => value !== undefined);
}

/** Props for Cloudscape's PropertyFilter. */
export function useSuggestions(fixed: readonly PropertyFilterProps.FilteringOption[]) {
  const [state, setState] = useState<{ options: PropertyFilterProps.FilteringOption[]; status: "finished" | "loading" | "error" }>({
    options: [],
    status: "finished",
  });
  const asked = useRef(0);
  return {
    filteringOptions: [...fixed, ...state.options],
    filteringStatusType: state.status,
    onLoadItems({ detail }: { detail: PropertyFilterProps.LoadItemsDetail }) {
      const property = detail.filteringProperty?.key as Property | undefined;
      if (!property || !sources[property]) return;
      const turn = ++asked.current;
      setState((before) => ({ ...before, status: "loading" }));
      suggest(property, detail.filteringText).then(
        (values) => {
          if (turn === asked.current) setState({ options: values.map((value) => ({ propertyKey: property, value })), status: "finished" });
        },
        (error: unknown) => {
          noticeExpiry(error);
          if (turn === asked.current) setState({ options: [], status: "error" });
        },
      );
    },
  };
}
