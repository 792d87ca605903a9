// How much of what is there is being scanned.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { BatchGetAccountStatusCommand, ListCoverageStatisticsCommand, type CoverageFilterCriteria } from "@aws-sdk/client-inspector2";
import { send } from "../api/inspector";
import { isCoverageChange, useLiveLoaded } from "../api/live";
import { useLanguage } from "../i18n";
import { useValueText } from "../parts/severity";
import { href } from "../router";
import { Panel } from "./panel";

const types = ["AWS_EC2_INSTANCE", "AWS_ECR_REPOSITORY", "AWS_ECR_CONTAINER_IMAGE", "AWS_LAMBDA_FUNCTION"] as const;
/** Where each kind is listed. */
const places: Record<string, string> = {
  AWS_EC2_INSTANCE: "/coverage/instances",
  AWS_ECR_REPOSITORY: "/coverage/repositories",
  AWS_ECR_CONTAINER_IMAGE: "/coverage/images",
  AWS_LAMBDA_FUNCTION: "/coverage/functions",
};

interface Share {
  covered: number;
  total: number;
}

async function countTypes(filterCriteria: CoverageFilterCriteria): Promise<Map<string, number>> {
  const answer = await send(new ListCoverageStatisticsCommand({ groupBy: "RESOURCE_TYPE", filterCriteria }));
  return new Map((answer.countsByGroup ?? []).map(({ groupKey = "", count = 0 }) => [groupKey, count]));
}

/** A function is covered or not whether or not its code is looked at, too: packages are what counts. */
export async function readCoverage(): Promise<Map<string, Share>> {
  const packages = { scanType: [{ comparison: "EQUALS" as const, value: "PACKAGE" }] };
  const [all, covered, accounts] = await Promise.all([
    countTypes(packages),
    countTypes({ ...packages, scanStatusCode: [{ comparison: "EQUALS", value: "ACTIVE" }] }),
    send(new BatchGetAccountStatusCommand({})),
  ]);
  const states = accounts.accounts ?? [];
  const enabled = states.filter(({ state }) => state?.status === "ENABLED");
  return new Map([
    ["ACCOUNT", { covered: enabled.length, total: states.length }],
    ...types.map((type): [string, Share] => [type, { covered: covered.get(type) ?? 0, total: all.get(type) ?? 0 }]),
  ]);
}

function Portion({ share }: { share: Share }) {
  const { t, number } = useLanguage();
  if (!share.total) return <Box color="text-status-inactive">{t("dashboard.noneThere")}</Box>;
  return (
    <>
      <Box fontSize="heading-xl" fontWeight="bold" display="inline">
        {number(share.covered / share.total, { style: "percent" })}
      </Box>
      <Box color="text-body-secondary">{t("dashboard.ofTotal", { covered: share.covered, total: share.total })}</Box>
    </>
  );
}

/** What to begin with, where nothing is known yet. */
function Begin() {
  const { t } = useLanguage();
  return (
    <Alert header={t("dashboard.begin")}>
      <Link href={href("/coverage/instances")}>{t("dashboard.begin.hosts")}</Link> · <Link href={href("/coverage/sources")}>{t("dashboard.begin.sources")}</Link>
    </Alert>
  );
}

export function Coverage() {
  const { t } = useLanguage();
  const text = useValueText();
  const loaded = useLiveLoaded("coverage", isCoverageChange, readCoverage);
  return (
    <Panel title={t("dashboard.coverage")} loaded={loaded} height={60}>
      {(shares) => (
        <SpaceBetween size="l">
          {types.every((type) => !shares.get(type)?.total) && <Begin />}
          <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(120px, 1fr))", gap: 20 }}>
            {[...shares].map(([type, share]) => (
              <KeyValuePairs
                key={type}
                items={[
                  {
                    label: (
                      <Link href={href(places[type] ?? "/coverage")} variant="primary">
                        {type === "ACCOUNT" ? t("dashboard.accounts") : text(type)}
                      </Link>
                    ),
                    value: <Portion share={share} />,
                  },
                ]}
              />
            ))}
          </div>
        </SpaceBetween>
      )}
    </Panel>
  );
}
