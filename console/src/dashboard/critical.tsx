// Critical findings by the kind of resource that has them.
import Box from "@cloudscape-design/components/box";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import { ListFindingAggregationsCommand, type AggregationResourceType, type SeverityCounts } from "@aws-sdk/client-inspector2";
import { send } from "../api/inspector";
import { isFindingChange, useLiveLoaded } from "../api/live";
import { equals } from "../findings/criteria";
import { viewHref } from "../findings/view";
import { useLanguage } from "../i18n";
import { useValueText } from "../parts/severity";
import { Panel } from "./panel";

const types = ["AWS_EC2_INSTANCE", "AWS_ECR_CONTAINER_IMAGE", "AWS_LAMBDA_FUNCTION", "CODE_REPOSITORY"] as const;

async function countsOf(resourceType: AggregationResourceType): Promise<Required<Pick<SeverityCounts, "critical" | "all">>> {
  const answer = await send(
    new ListFindingAggregationsCommand({ aggregationType: "FINDING_TYPE", aggregationRequest: { findingTypeAggregation: { resourceType } } }),
  );
  const counts = (answer.responses ?? []).map((row) => row.findingTypeAggregation?.severityCounts);
  const sum = (of: "critical" | "all") => counts.reduce((all, one) => all + (one?.[of] ?? 0), 0);
  return { critical: sum("critical"), all: sum("all") };
}

export const readCritical = () => Promise.all(types.map(countsOf));

export function Critical() {
  const { t, number } = useLanguage();
  const text = useValueText();
  const loaded = useLiveLoaded("critical", isFindingChange, readCritical);
  return (
    <Panel title={t("dashboard.critical")} loaded={loaded} height={150}>
      {(counts) => (
        <KeyValuePairs
          columns={4}
          items={types.map((type, index) => ({
            label: text(type),
            value: (
              <>
                <Box display="inline" fontSize="heading-xl" fontWeight="bold">
                  <Link fontSize="heading-xl" href={viewHref({ criteria: { resourceType: equals(type), severity: equals("CRITICAL") } })}>
                    {number(counts[index]?.critical ?? 0)}
                  </Link>
                </Box>
                <Box color="text-body-secondary">{t("dashboard.ofFindings", { total: counts[index]?.all ?? 0 })}</Box>
              </>
            ),
          }))}
        />
      )}
    </Panel>
  );
}
