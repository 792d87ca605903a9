// The packages to upgrade first: those with most critical findings, how many resources have them, and the version that
// ends most of their findings.
import Link from "@cloudscape-design/components/link";
import Table from "@cloudscape-design/components/table";
import { api, type Remediation } from "../api/native";
import { isFindingChange, useLiveLoaded } from "../api/live";
import { viewHref } from "../findings/view";
import { groups } from "../groups/groups";
import { useLanguage } from "../i18n";
import { Counts } from "../parts/severity";
import { Nothing } from "../parts/states";
import { Panel } from "./panel";

const byNumber = new Intl.Collator("en", { numeric: true });

/** The highest of the versions that end a finding, and how many findings they end together. */
function upgradeOf({ fixes }: Remediation) {
  const version = fixes.map(({ version }) => version).sort(byNumber.compare).at(-1);
  return { version, ends: fixes.reduce((sum, { findings }) => sum + findings, 0) };
}

const criteriaOf = ({ packageName }: Remediation) => groups.package.row({ packageAggregation: { packageName } })?.criteria;

export function Remediations() {
  const { t, atLeast } = useLanguage();
  const loaded = useLiveLoaded("remediations", isFindingChange, api.remediations);
  const upgrade = (one: Remediation) => {
    const { version, ends } = upgradeOf(one);
    return version ? t("dashboard.upgradeTo", { version, ends, all: one.severityCounts.all }) : t("package.notFixed");
  };
  return (
    <Panel title={t("dashboard.remediations")} description={t("dashboard.remediationsLead")} loaded={loaded} height={270}>
      {(remediations) => (
        <Table
          variant="embedded"
          wrapLines
          ariaLabels={{ tableLabel: t("dashboard.remediations") }}
          items={remediations}
          empty={<Nothing title={t("findings.none")} />}
          columnDefinitions={[
            { id: "package", header: t("package.name"), cell: (one) => <Link href={viewHref({ criteria: criteriaOf(one) })}>{one.packageName}</Link>, isRowHeader: true, minWidth: 160 },
            { id: "severities", header: t("group.severities"), cell: ({ severityCounts }) => <Counts counts={severityCounts} />, minWidth: 150 },
            { id: "resources", header: t("group.resources"), cell: ({ resources, more }) => atLeast(resources, more), minWidth: 100 },
            { id: "upgrade", header: t("dashboard.upgrade"), cell: upgrade, minWidth: 200 },
          ]}
        />
      )}
    </Panel>
  );
}
