// What is known of attacks: CISA's catalogue, EPSS, exploits, where else to read.
import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { BatchGetFindingDetailsCommand, type Evidence as Piece, type Finding, type FindingDetail } from "@aws-sdk/client-inspector2";
import { send } from "../api/inspector";
import { useLoaded } from "../api/load";
import { useLanguage } from "../i18n";
import { Facts } from "../parts/facts";
import { Severity } from "../parts/severity";
import { LoadError, Nothing } from "../parts/states";

async function readDetail(arn: string): Promise<FindingDetail | undefined> {
  const answer = await send(new BatchGetFindingDetailsCommand({ findingArns: [arn] }));
  return answer.findingDetails?.[0];
}

/** Addresses come from advisories: nothing but web addresses becomes a link. A short one shows the host alone. */
export function WebLink({ url, short }: { url: string; short?: boolean }) {
  const [isWeb, host] = /^https?:\/\/([^/?#]*)/.exec(url) ?? [];
  const text = <span style={{ overflowWrap: "anywhere" }} title={url}>{(short && host) || url}</span>;
  return isWeb ? (
    <Link href={url} external target="_blank" rel="noopener noreferrer">
      {text}
    </Link>
  ) : (
    text
  );
}

export function Evidence({ finding }: { finding: Finding }) {
  const { t, wholeDay: day, number } = useLanguage();
  const arn = finding.findingArn ?? "";
  const { value, error, loading, reload } = useLoaded(`${arn} ${finding.updatedAt?.getTime()}`, () => readDetail(arn));
  if (error) return <LoadError error={error} retry={reload} />;
  const epss = value?.epssScore ?? finding.epss?.score;
  return (
    <SpaceBetween size="l">
      <Facts
        facts={[
          [t("evidence.kevAdded"), day(value?.cisaData?.dateAdded)],
          [t("evidence.kevDue"), day(value?.cisaData?.dateDue)],
          [t("evidence.kevAction"), value?.cisaData?.action],
          [t("column.epss"), epss === undefined ? undefined : number(epss, { style: "percent", maximumFractionDigits: 3 })],
          [t("evidence.risk"), value?.riskScore === undefined ? undefined : number(value.riskScore)],
          [t("evidence.lastExploit"), day(finding.exploitabilityDetails?.lastKnownExploitAt)],
          [t("evidence.firstSeen"), day(value?.exploitObserved?.firstSeen)],
          [t("evidence.lastSeen"), day(value?.exploitObserved?.lastSeen)],
          [t("evidence.tools"), value?.tools?.join(", ")],
          [t("evidence.techniques"), value?.ttps?.join(", ")],
          ["CWE", value?.cwes?.join(", ")],
        ]}
      />
      <Table<Piece>
        variant="embedded"
        header={<Header variant="h3">{t("evidence.title")}</Header>}
        ariaLabels={{ tableLabel: t("evidence.title") }}
        items={value?.evidences ?? []}
        loading={loading && !value}
        loadingText={t("loading")}
        wrapLines
        empty={<Nothing title={t("evidence.none")} />}
        columnDefinitions={[
          { id: "severity", header: t("key.severity"), cell: (piece) => <Severity value={piece.severity} />, width: 110 },
          {
            id: "rule",
            header: t("evidence.rule"),
            cell: (piece) => (
              <>
                <Box fontWeight="bold">{piece.evidenceRule}</Box>
                <WebLink url={piece.evidenceDetail ?? ""} />
              </>
            ),
            isRowHeader: true,
          },
        ]}
      />
    </SpaceBetween>
  );
}
