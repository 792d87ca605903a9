// How fresh the advisories are that everything is judged by.
import Box from "@cloudscape-design/components/box";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useLiveLoaded } from "../api/live";
import { api } from "../api/native";
import { useLanguage } from "../i18n";
import { href } from "../router";
import { Panel } from "./panel";

export function Advisories() {
  const { t, ago, number } = useLanguage();
  const loaded = useLiveLoaded("advisories", (kind) => kind === "ADVISORIES_CHANGED", api.advisories);
  return (
    <Panel title={t("dashboard.advisories")} loaded={loaded} height={150}>
      {({ builtAt, updatedAt, stale, updateError, feeds }) => (
        <KeyValuePairs
          columns={3}
          items={[
            {
              label: t("dashboard.freshness"),
              value: <StatusIndicator type={stale ? "warning" : "success"}>{ago(new Date(builtAt * 1000))}</StatusIndicator>,
            },
            { label: t("dashboard.feeds"), value: <Link href={href("/settings/advisories")}>{number(feeds.length)}</Link> },
            {
              label: t("dashboard.update"),
              value: updateError ? (
                <StatusIndicator type="error">{updateError}</StatusIndicator>
              ) : (
                <Box>{updatedAt ? ago(new Date(updatedAt * 1000)) : t("dashboard.updateNone")}</Box>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}
