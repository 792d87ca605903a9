// The layers of an image or a function that have findings: whose base image, or whose shared layer, needs the upgrade.
import Link from "@cloudscape-design/components/link";
import { ListFindingAggregationsCommand, type AggregationRequest, type AggregationResponse, type SeverityCounts } from "@aws-sdk/client-inspector2";
import { send } from "../api/inspector";
import { isFindingChange, useLiveLoaded } from "../api/live";
import { equals } from "../findings/criteria";
import { viewHref } from "../findings/view";
import { useLanguage } from "../i18n";
import { List } from "../parts/list";
import { Counts } from "../parts/severity";

interface Layer {
  id: string;
  counts: SeverityCounts | undefined;
}

interface LayerKind {
  type: "IMAGE_LAYER" | "LAMBDA_LAYER";
  request: (resourceId: string) => AggregationRequest;
  row: (response: AggregationResponse) => Layer | undefined;
  /** Of a package, that its layer is this one. */
  filter: "sourceLayerHash" | "sourceLambdaLayerArn";
}

const only = (value: string) => [{ comparison: "EQUALS" as const, value }];

const layerKinds: Record<string, LayerKind> = {
  AWS_ECR_CONTAINER_IMAGE: {
    type: "IMAGE_LAYER",
    request: (id) => ({ imageLayerAggregation: { resourceIds: only(id), sortBy: "CRITICAL", sortOrder: "DESC" } }),
    row: ({ imageLayerAggregation: row }) => row && { id: row.layerHash ?? "", counts: row.severityCounts },
    filter: "sourceLayerHash",
  },
  AWS_LAMBDA_FUNCTION: {
    type: "LAMBDA_LAYER",
    request: (id) => ({ lambdaLayerAggregation: { resourceIds: only(id), sortBy: "CRITICAL", sortOrder: "DESC" } }),
    row: ({ lambdaLayerAggregation: row }) => row && { id: row.layerArn ?? "", counts: row.severityCounts },
    filter: "sourceLambdaLayerArn",
  },
};

async function layersOf(kind: LayerKind, resourceId: string): Promise<Layer[]> {
  const answer = await send(
    new ListFindingAggregationsCommand({ aggregationType: kind.type, aggregationRequest: kind.request(resourceId), maxResults: 100 }),
  );
  return (answer.responses ?? []).map(kind.row).filter((row) => row !== undefined);
}

/** Nothing for resources that have no layers. */
export function Layers({ resourceType, resourceId }: { resourceType: string; resourceId: string }) {
  const kind = layerKinds[resourceType];
  return kind ? <LayerList kind={kind} resourceId={resourceId} /> : null;
}

function LayerList({ kind, resourceId }: { kind: LayerKind; resourceId: string }) {
  const { t, number } = useLanguage();
  const loaded = useLiveLoaded(resourceId, isFindingChange, () => layersOf(kind, resourceId));
  return (
    <List<Layer>
      title={t("coverage.layers")}
      loaded={loaded}
      trackBy="id"
      empty={{ title: t("coverage.layers.none") }}
      columns={[
        {
          id: "layer",
          header: t("coverage.layer"),
          cell: ({ id }) => (
            <Link href={viewHref({ criteria: { resourceId: equals(resourceId), vulnerablePackages: [{ [kind.filter]: only(id)[0] }] } })}>
              <span title={id} style={{ display: "inline-block", maxWidth: 130, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
                {id}
              </span>
            </Link>
          ),
          width: 140,
        },
        { id: "severities", header: t("group.severities"), cell: ({ counts }) => <Counts counts={counts} />, width: 140 },
        { id: "all", header: t("group.all"), cell: ({ counts }) => number(counts?.all ?? 0), width: 60 },
      ]}
    />
  );
}
