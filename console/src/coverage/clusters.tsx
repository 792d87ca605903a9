// In which clusters an image runs: who has to deploy what mends it.
import { GetClustersForImageCommand } from "@aws-sdk/client-inspector2";
import { pages } from "../api/inspector";
import { useLoaded } from "../api/load";
import { useLanguage } from "../i18n";
import { Copy } from "../parts/copy";
import { List } from "../parts/list";

interface Use {
  key: string;
  cluster: string;
  /** The service or group, and what its tasks are defined by. */
  what: string;
  running: number;
  last: Date | undefined;
}

async function usesOf(resourceId: string): Promise<Use[]> {
  const uses: Use[] = [];
  for await (const page of pages((nextToken) => new GetClustersForImageCommand({ filter: { resourceId }, nextToken })))
    for (const { clusterArn = "", clusterDetails = [] } of page.cluster ?? [])
      for (const { lastInUse, runningUnitCount = 0, clusterMetadata } of clusterDetails) {
        const { detailsGroup, taskDefinitionArn } = clusterMetadata?.awsEcsMetadataDetails ?? {};
        const what = [detailsGroup, taskDefinitionArn?.split("/").at(-1)].filter(Boolean).join(", ");
        uses.push({ key: `${clusterArn} ${what}`, cluster: clusterArn, what, running: runningUnitCount, last: lastInUse });
      }
  return uses;
}

export function Clusters({ resourceId, inUse }: { resourceId: string; inUse: number }) {
  const { t, number, ago } = useLanguage();
  const loaded = useLoaded(`${resourceId} ${inUse}`, () => usesOf(resourceId));
  return (
    <List<Use>
      title={t("coverage.clusters")}
      loaded={loaded}
      trackBy="key"
      empty={{ title: t("coverage.clusters.none") }}
      columns={[
        { id: "cluster", header: t("coverage.cluster"), cell: ({ cluster }) => <Copy text={cluster} what={t("coverage.cluster")} />, width: 220 },
        { id: "what", header: t("coverage.clusterTask"), cell: ({ what }) => what || "–", width: 140 },
        { id: "running", header: t("coverage.running"), cell: ({ running }) => number(running), sort: "running", width: 100 },
        { id: "last", header: t("detail.lastInUseAt"), cell: ({ last }) => ago(last), width: 130 },
      ]}
    />
  );
}
