// One resource: why it is or is not scanned, what is in it, and what can be done with it.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { CoveredResource } from "@aws-sdk/client-inspector2";
import { useState, type ReactNode } from "react";
import { ApiError } from "../api/error";
import { api, type InventoryPackage } from "../api/native";
import { useLoaded } from "../api/load";
import { equals } from "../findings/criteria";
import { viewHref } from "../findings/view";
import { useLanguage } from "../i18n";
import { ActionError, ChangeButton, useAction } from "../parts/action";
import { Copy } from "../parts/copy";
import { download } from "../parts/download";
import { Facts } from "../parts/facts";
import { List } from "../parts/list";
import { SidePanel } from "../parts/side-panel";
import { LoadError } from "../parts/states";
import { Clusters } from "./clusters";
import type { CoverageKind } from "./kinds";
import { Layers } from "./layers";
import { Status, useReason } from "./status";

interface PanelProps {
  kind: CoverageKind;
  resource: CoveredResource;
  changed: () => void;
}

function Actions({ id, changed }: { id: string; changed: () => void }) {
  const { t } = useLanguage();
  const action = useAction();
  const [asked, setAsked] = useState(false);
  const rescan = async () => {
    if (!(await action.run(() => api.rescan(id)))) return;
    setAsked(true);
    changed();
  };
  const save = (format: "cyclonedx" | "spdx") =>
    action.run(async () => download(`${id.replaceAll(/[^\w.-]+/g, "-")}.${format}.json`, new Blob([JSON.stringify(await api.sbom(id, format), null, 2)], { type: "application/json" })));
  return (
    <SpaceBetween size="s">
      <SpaceBetween direction="horizontal" size="xs">
        <ChangeButton loading={action.busy} onClick={() => void rescan()}>
          {t("coverage.rescan")}
        </ChangeButton>
        <Button href={viewHref({ criteria: { resourceId: equals(id) } })}>{t("coverage.findings")}</Button>
        <ButtonDropdown
          items={[
            { id: "cyclonedx", text: "CycloneDX" },
            { id: "spdx", text: "SPDX" },
          ]}
          onItemClick={({ detail }) => void save(detail.id as "cyclonedx" | "spdx")}
        >
          {t("coverage.sbom")}
        </ButtonDropdown>
      </SpaceBetween>
      {asked && <Alert type="success">{t("coverage.rescan.asked")}</Alert>}
      <ActionError error={action.error} />
    </SpaceBetween>
  );
}

/** Of a resource that was not read yet: none. */
async function packagesOf(id: string): Promise<InventoryPackage[]> {
  try {
    return (await api.inventory(id)).packages;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}

function Packages({ id, scanned }: { id: string; scanned: number | undefined }) {
  const { t } = useLanguage();
  const loaded = useLoaded(`${id} ${scanned}`, async () => {
    const packages = await packagesOf(id);
    return packages.map((one, index) => ({ ...one, key: String(index) }));
  });
  return (
    <List
      title={t("coverage.packages")}
      loaded={loaded}
      trackBy="key"
      filter={t("coverage.packages.filter")}
      empty={{ title: t("coverage.packages.none") }}
      columns={[
        { id: "name", header: t("coverage.package"), cell: (one) => one.name, sort: "name", width: 140 },
        { id: "version", header: t("coverage.version"), cell: (one) => one.version ?? "–", width: 120 },
        { id: "type", header: t("coverage.packageType"), cell: (one) => one.type, sort: "type", width: 90 },
        { id: "path", header: t("coverage.path"), cell: (one) => one.path ?? "–", sort: "path", width: 200 },
      ]}
    />
  );
}

/** What the server itself says of the reason: which file, which permission, when it tries again. */
function Message({ id, scanned }: { id: string; scanned: string }) {
  const { t, date } = useLanguage();
  const { value, error, reload } = useLoaded(`${id} ${scanned}`, () => api.coverage(id));
  if (error && !value) return <LoadError error={error} retry={reload} />;
  return (value ?? [])
    .filter(({ message }) => message)
    .map(({ scanType, message, nextScanAt }) => (
      <Alert key={scanType} type="warning" header={t("coverage.message")}>
        {message}
        {nextScanAt !== undefined && <div>{t("coverage.next", { when: date(nextScanAt * 1000) })}</div>}
      </Alert>
    ));
}

export function ResourcePanel({ kind, resource, changed }: PanelProps) {
  const language = useLanguage();
  const { t, date } = language;
  const id = resource.resourceId ?? "";
  const { meaning, remedy } = useReason()(resource.scanStatus?.reason);
  const inUse = resource.resourceMetadata?.ecrImage?.inUseCount ?? 0;
  const tags = Object.entries(kind.tags(resource) ?? {}).map(([key, value]) => `${key}=${value}`);
  return (
    <SidePanel header={kind.name(resource)}>
      <SpaceBetween size="l">
        <Copy text={id} what={t("coverage.resourceId")} />
        <Actions id={id} changed={changed} />
        {meaning && (
          <Alert type={resource.scanStatus?.statusCode === "ACTIVE" ? "info" : "warning"} header={meaning}>
            {remedy}
          </Alert>
        )}
        <Message id={id} scanned={JSON.stringify([resource.scanStatus, resource.lastScannedAt])} />
        <Facts
          facts={[
            [t("coverage.status"), <Status key="status" status={resource.scanStatus} />],
            [t("coverage.lastScanned"), date(resource.lastScannedAt?.getTime())],
            [t("coverage.tags"), tags.join(", ")],
            ...(kind.facts?.(resource, language) ?? []).map(([label, value]): [string, ReactNode] => [t(label), value]),
          ]}
        />
        {inUse > 0 && <Clusters resourceId={id} inUse={inUse} />}
        <Layers resourceType={kind.type} resourceId={id} />
        {kind.type !== "AWS_ECR_REPOSITORY" && <Packages id={id} scanned={resource.lastScannedAt?.getTime()} />}
      </SpaceBetween>
    </SidePanel>
  );
}
