// How bad it is and who says so: the scores side by side, their metrics, what was adjusted and why.
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import type { CvssScoreAdjustment, Finding } from "@aws-sdk/client-inspector2";
import { useLanguage, type Key } from "../i18n";
import { Copy } from "../parts/copy";
import { Nothing } from "../parts/states";
import { metricsIn, vectorMetrics } from "./cvss";

export interface Score {
  source: string;
  version: string;
  score: number;
  vector: string;
}

/** The server's own first, then what others say; one a source and version. */
function scoresOf(finding: Finding, own: string): Score[] {
  const adjusted = finding.inspectorScoreDetails?.adjustedCvss;
  const scores: Score[] = adjusted
    ? [{ source: own, version: adjusted.version ?? "", score: adjusted.score ?? 0, vector: adjusted.scoringVector ?? "" }]
    : [];
  for (const { source = "", version = "", baseScore = 0, scoringVector = "" } of finding.packageVulnerabilityDetails?.cvss ?? [])
    scores.push({ source, version, score: baseScore, vector: scoringVector });
  return scores;
}

function useMetricText() {
  const { t, has } = useLanguage();
  const word = (key: string, otherwise: string) => (has(key) ? t(key as Key) : otherwise);
  return {
    metric: (metric: string) => word(`metric.${metric}`, metric),
    /** In version 2 the letters of impact mean other words than later: C:C is complete, C:P partial. */
    value: (metric: string, value: string | undefined) => (value ? word(`metric.${metric}.${value}`, word(`metricValue.${value}`, value)) : "–"),
  };
}

function Metrics({ scores }: { scores: Score[] }) {
  const { t } = useLanguage();
  const text = useMetricText();
  const vectors = scores.map((score) => ({ ...score, metrics: vectorMetrics(score.vector) }));
  return (
    <Table
      variant="embedded"
      header={<Header variant="h3">{t("score.metrics")}</Header>}
      ariaLabels={{ tableLabel: t("score.metrics") }}
      items={metricsIn(scores.map(({ version }) => version))}
      columnDefinitions={[
        { id: "metric", header: t("score.metric"), cell: (metric) => `${text.metric(metric)} (${metric})`, isRowHeader: true, minWidth: 160 },
        ...vectors.map(({ source, version, metrics }, index) => ({
          id: `score${index}`,
          header: `${source} ${version}`,
          minWidth: 110,
          cell: (metric: string) => {
            const value = text.value(metric, metrics.get(metric));
            const differs = index > 0 && vectors[0]!.metrics.has(metric) && metrics.has(metric) && vectors[0]!.metrics.get(metric) !== metrics.get(metric);
            return differs ? <strong>{value}</strong> : value;
          },
        })),
      ]}
    />
  );
}

function Adjustments({ adjustments }: { adjustments: CvssScoreAdjustment[] }) {
  const { t } = useLanguage();
  const text = useMetricText();
  return (
    <Table
      variant="embedded"
      header={<Header variant="h3">{t("score.adjustments")}</Header>}
      ariaLabels={{ tableLabel: t("score.adjustments") }}
      items={adjustments}
      empty={<Nothing title={t("score.noAdjustments")} />}
      columnDefinitions={[
        { id: "metric", header: t("score.metric"), cell: ({ metric = "" }) => `${text.metric(metric)} (${metric})`, isRowHeader: true, minWidth: 150 },
        { id: "reason", header: t("score.reason"), cell: ({ reason }) => reason, minWidth: 200 },
      ]}
      wrapLines
    />
  );
}

/** The scores, and their metrics side by side. */
export function ScoreTables({ scores, description }: { scores: Score[]; description?: string | undefined }) {
  const { t, number } = useLanguage();
  return (
    <SpaceBetween size="l">
      <Table
        variant="embedded"
        header={
          <Header variant="h3" description={description}>
            {t("score.title")}
          </Header>
        }
        ariaLabels={{ tableLabel: t("score.title") }}
        items={scores}
        wrapLines
        columnDefinitions={[
          { id: "source", header: t("score.source"), cell: ({ source }) => source, isRowHeader: true, minWidth: 120 },
          {
            id: "score",
            header: t("score.score"),
            minWidth: 90,
            cell: ({ score }) => <Box fontWeight="bold">{number(score, { minimumFractionDigits: 1 })}</Box>,
          },
          { id: "version", header: "CVSS", cell: ({ version }) => version, minWidth: 90 },
          { id: "vector", header: t("score.vector"), cell: ({ vector }) => <Copy text={vector} what={t("score.vector")} />, minWidth: 240 },
        ]}
      />
      <Metrics scores={scores} />
    </SpaceBetween>
  );
}

export function Scores({ finding }: { finding: Finding }) {
  const { t } = useLanguage();
  const scores = scoresOf(finding, t("score.own"));
  const adjusted = finding.inspectorScoreDetails?.adjustedCvss;
  if (!scores.length) return <Nothing title={t("score.none")} />;
  return (
    <SpaceBetween size="l">
      <ScoreTables scores={scores} description={adjusted && t("score.base", { source: adjusted.scoreSource ?? "" })} />
      <Adjustments adjustments={adjusted?.adjustments ?? []} />
    </SpaceBetween>
  );
}
