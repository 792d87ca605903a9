// What was found, where, why, and what ends it.
import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Steps from "@cloudscape-design/components/steps";
import Table from "@cloudscape-design/components/table";
import type { Finding, NetworkReachabilityDetails, Resource, VulnerablePackage } from "@aws-sdk/client-inspector2";
import type { ReactNode } from "react";
import { useLanguage, type Key } from "../i18n";
import { Copy } from "../parts/copy";
import { Facts } from "../parts/facts";
import { Severity, useValueText } from "../parts/severity";
import { resourceName } from "./columns";
import { equals } from "./criteria";
import { WebLink } from "./evidence";
import { History, Why } from "./life";
import { viewHref } from "./view";

/** Debian and RPM keep the parts of a version apart. */
function installed({ epoch, version = "", release }: VulnerablePackage): string {
  return `${epoch ? `${epoch}:` : ""}${version}${release ? `-${release}` : ""}`;
}

/** The commands that end it, each once. */
function Commands({ packages }: { packages: VulnerablePackage[] }) {
  const { t } = useLanguage();
  const commands = [...new Set(packages.map(({ remediation }) => remediation).filter((one) => one !== undefined))];
  if (!commands.length) return null;
  return (
    <SpaceBetween size="xxs">
      <Header variant="h3">{t("package.remediation")}</Header>
      {commands.map((command) => (
        <Copy key={command} text={command} what={t("package.remediation")} />
      ))}
    </SpaceBetween>
  );
}

function Packages({ packages }: { packages: VulnerablePackage[] }) {
  const { t } = useLanguage();
  const place = (p: VulnerablePackage) => p.filePath ?? p.sourceLayerHash ?? p.sourceLambdaLayerArn;
  return (
    <Table
      variant="embedded"
      header={<Header variant="h3" counter={`(${packages.length})`}>{t("finding.packages")}</Header>}
      ariaLabels={{ tableLabel: t("finding.packages") }}
      items={packages}
      wrapLines
      columnDefinitions={[
        {
          id: "name",
          minWidth: 150,
          header: t("package.name"),
          cell: (p) => (
            <>
              <Link href={viewHref({ criteria: { vulnerablePackages: [{ name: { comparison: "EQUALS", value: p.name } }] } })}>{p.name}</Link>
              {[p.packageManager, place(p)].filter(Boolean).map((one) => (
                <Box key={one} variant="small" display="block" color="text-body-secondary">
                  <span style={{ overflowWrap: "anywhere" }}>{one}</span>
                </Box>
              ))}
            </>
          ),
          isRowHeader: true,
        },
        { id: "installed", header: t("package.installed"), cell: installed, minWidth: 110 },
        { id: "fixed", header: t("package.fixed"), cell: (p) => p.fixedInVersion ?? t("package.notFixed"), minWidth: 100 },
      ]}
    />
  );
}

/** "AWS::EC2::VPNGateway" is a VPN Gateway. */
function componentWords(type: string): string {
  return (type.split("::").at(-1) ?? "").replace(/([a-z])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g, "$& ").replace("Acl", "ACL");
}

function NetworkPath({ details }: { details: NetworkReachabilityDetails }) {
  const { t } = useLanguage();
  const { begin, end } = details.openPortRange ?? {};
  return (
    <SpaceBetween size="s">
      <Header variant="h3">{t("finding.path")}</Header>
      <Facts
        facts={[
          [t("key.portRange"), begin === end ? begin : `${begin}–${end}`],
          [t("key.networkProtocol"), details.protocol],
        ]}
      />
      <Steps
        ariaLabel={t("finding.path")}
        steps={(details.networkPath?.steps ?? []).map(({ componentId = "", componentType = "", componentArn }) => ({
          status: "info",
          header: <Link href={viewHref({ criteria: { componentId: equals(componentId) } })}>{componentId}</Link>,
          details: (
            <>
              <Box color="text-body-secondary">{componentWords(componentType)}</Box>
              {componentArn && <Copy text={componentArn} what="ARN" />}
            </>
          ),
        }))}
      />
    </SpaceBetween>
  );
}

function useDetailFacts() {
  const { t, has, date } = useLanguage();
  const show = (value: unknown): ReactNode => {
    if (value instanceof Date) return date(value.getTime());
    return Array.isArray(value) ? value.map((one: unknown) => (typeof one === "object" ? JSON.stringify(one) : String(one))).join(", ") : String(value);
  };
  return (details: object): [string, ReactNode][] =>
    Object.entries(details).flatMap(([name, value]): [string, ReactNode][] => {
      if (value === undefined || value === null) return [];
      if (typeof value === "object" && !Array.isArray(value) && !(value instanceof Date))
        return Object.entries(value).map(([inner, part]) => [has(`detail.${inner}`) ? t(`detail.${inner}` as Key) : inner, show(part)]);
      return [[has(`detail.${name}`) ? t(`detail.${name}` as Key) : name, show(value)]];
    });
}

function AffectedResource({ finding, resource }: { finding: Finding; resource: Resource }) {
  const { t } = useLanguage();
  const text = useValueText();
  const facts = useDetailFacts();
  const { awsEc2Instance, awsEcrContainerImage, awsLambdaFunction, codeRepository } = resource.details ?? {};
  const details = awsEc2Instance ?? awsEcrContainerImage ?? awsLambdaFunction ?? codeRepository ?? {};
  const tags = Object.entries(resource.tags ?? {});
  return (
    <SpaceBetween size="s">
      <Header variant="h3">{t("finding.resource")}</Header>
      <Facts
        facts={[
          [t("detail.name"), resourceName(finding)],
          [
            t("key.resourceId"),
            <Link key="id" href={viewHref({ criteria: { resourceId: equals(resource.id ?? "") } })}>
              {resource.id}
            </Link>,
          ],
          [t("key.resourceType"), text(resource.type)],
          [t("detail.region"), resource.region],
          ...facts(details),
          [t("detail.tags"), tags.map(([key, value]) => `${key}=${value}`).join(", ")],
        ]}
      />
    </SpaceBetween>
  );
}

export function Details({ finding }: { finding: Finding }) {
  const { t, date } = useLanguage();
  const text = useValueText();
  const vulnerability = finding.packageVulnerabilityDetails;
  const recommendation = finding.remediation?.recommendation;
  const references = [...new Set([vulnerability?.sourceUrl, ...(vulnerability?.referenceUrls ?? [])])].filter((url) => url !== undefined);
  return (
    <SpaceBetween size="l">
      <Box variant="p">{finding.description}</Box>
      <Facts
        facts={[
          [t("key.severity"), <Severity key="severity" value={finding.severity} />],
          [t("key.findingStatus"), text(finding.status)],
          [t("key.findingType"), text(finding.type)],
          [t("column.fix"), text(finding.fixAvailable)],
          [t("column.exploit"), text(finding.exploitAvailable)],
          [t("key.firstObservedAt"), date(finding.firstObservedAt?.getTime())],
          [t("key.lastObservedAt"), date(finding.lastObservedAt?.getTime())],
          [t("key.updatedAt"), date(finding.updatedAt?.getTime())],
          [t("key.awsAccountId"), finding.awsAccountId],
          [t("key.vulnerabilityId"), vulnerability?.vulnerabilityId],
          [t("key.vulnerabilitySource"), vulnerability?.source],
          [t("key.vendorSeverity"), vulnerability?.vendorSeverity],
          [t("finding.published"), date(vulnerability?.vendorCreatedAt?.getTime())],
          [t("finding.changed"), date(vulnerability?.vendorUpdatedAt?.getTime())],
          [t("key.relatedVulnerabilities"), vulnerability?.relatedVulnerabilities?.join(", ")],
        ]}
      />
      {recommendation?.text && recommendation.text !== "None Provided" && (
        <div>
          <Header variant="h3">{t("package.remediation")}</Header>
          <Box variant="p">{recommendation.text}</Box>
        </div>
      )}
      <Commands packages={vulnerability?.vulnerablePackages ?? []} />
      {vulnerability?.vulnerablePackages?.length ? (
        <Packages packages={vulnerability.vulnerablePackages} />
      ) : null}
      <Why finding={finding} />
      {finding.networkReachabilityDetails && <NetworkPath details={finding.networkReachabilityDetails} />}
      {finding.resources?.map((resource) => <AffectedResource key={resource.id} finding={finding} resource={resource} />)}
      <History arn={finding.findingArn ?? ""} />
      {references.length > 0 && (
        <ExpandableSection headerText={`${t("finding.references")} (${references.length})`}>
          <SpaceBetween size="xxs">
            {references.map((url) => (
              <WebLink key={url} url={url} />
            ))}
          </SpaceBetween>
        </ExpandableSection>
      )}
    </SpaceBetween>
  );
}
