// The packages to upgrade first: those with most critical findings, how many resources have them, and the version that
// ends most of their findings.
import Link from "@cloudscape-design/components/link";
import Table from "@cloudscape-design/components/table";
import { api, type Affected } from "../api/native";
import { isFindingChange, useLiveLoaded } from "../api/live";
import { equals, type Criteria } from "../findings/criteria";
import { listFindings, pageMost } from "../findings/query";
import { defaultSort, viewHref } from "../findings/view";
import { groups, type Row } from "../groups/groups";
import { listRows, mostCritical } from "../groups/query";
import { useLanguage } from "../i18n";
import { Counts } from "../parts/severity";
import { Nothing } from "../parts/states";
import { Panel } from "./panel";

interface Remediation {
  row: Row;
  affected: Affected;
  /** The highest of the versions that end a finding; empty: none is known. */
  version: string;
  /** How many of the findings that were looked at it ends. */
  ends: number;
}

const byNumber = new Intl.Collator("en", { numeric: true });

async function upgradeOf(criteria: Criteria, name: string): Promise<Pick<Remediation, "version" | "ends">> {
  const fixable = { ...criteria, fixAvailable: equals("YES") };
  const page = await listFindings({ ...defaultSort, criteria: fixable, status: "ACTIVE", finding: "" }, pageMost);
  const fixes = (page.findings ?? []).map((finding) =>
    (finding.packageVulnerabilityDetails?.vulnerablePackages ?? [])
      .filter((one) => one.name === name)
      .map((one) => one.fixedInVersion ?? "")
      .sort(byNumber.compare)
      .at(-1),
  );
  return { version: fixes.filter((version) => version !== undefined).sort(byNumber.compare).at(-1) ?? "", ends: fixes.length };
}

async function remediationOf(row: Row): Promise<Remediation> {
  const [affected, upgrade] = await Promise.all([
    api.affectedByPackage(row.id),
    upgradeOf(row.criteria, row.id),
  ]);
  return { row, affected, ...upgrade };
}

export async function readRemediations(): Promise<Remediation[]> {
  const { rows } = await listRows(groups.package, mostCritical, "", 5);
  return Promise.all(rows.map(remediationOf));
}

export function Remediations() {
  const { t, atLeast } = useLanguage();
  const loaded = useLiveLoaded("remediations", isFindingChange, readRemediations);
  const upgrade = ({ version, ends, row }: Remediation) =>
    // An epoch of 0 is none, and nobody writes it.
    version ? t(ends === pageMost ? "dashboard.upgradeMany" : "dashboard.upgradeTo", { version: version.replace(/^0:/, ""), ends, all: row.counts?.all ?? 0 }) : t("package.notFixed");
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
            { id: "package", header: t("package.name"), cell: ({ row }) => <Link href={viewHref({ criteria: row.criteria })}>{row.name}</Link>, isRowHeader: true, minWidth: 160 },
            { id: "severities", header: t("group.severities"), cell: ({ row }) => <Counts counts={row.counts} />, minWidth: 150 },
            { id: "resources", header: t("group.resources"), cell: ({ affected }) => atLeast(affected.resources, affected.more), minWidth: 100 },
            { id: "upgrade", header: t("dashboard.upgrade"), cell: upgrade, minWidth: 200 },
          ]}
        />
      )}
    </Panel>
  );
}
