import Spinner from "@cloudscape-design/components/spinner";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import type { Finding } from "@aws-sdk/client-inspector2";
import type { ReactNode } from "react";
import { isFindingChange, useLiveLoaded } from "../api/live";
import { useLanguage } from "../i18n";
import { Copy } from "../parts/copy";
import { SidePanel } from "../parts/side-panel";
import { LoadError, Nothing } from "../parts/states";
import { Details } from "./details";
import { Evidence } from "./evidence";
import { findingByArn } from "./query";
import { Scores } from "./scores";

function FindingTabs({ finding }: { finding: Finding }) {
  const { t } = useLanguage();
  return (
    <SpaceBetween size="s">
      <Copy text={finding.findingArn ?? ""} what={t("key.findingArn")} />
      <Tabs
        tabs={[
          { id: "details", label: t("finding.details"), content: <Details finding={finding} /> },
          { id: "scores", label: t("score.title"), content: <Scores finding={finding} /> },
          { id: "evidence", label: t("evidence.tab"), content: <Evidence finding={finding} /> },
        ]}
      />
    </SpaceBetween>
  );
}

/** One finding in full, at the side or the foot of the page. */
export default function FindingPanel({ arn }: { arn: string }) {
  const { t } = useLanguage();
  const { value, error, loading, reload } = useLiveLoaded(arn, isFindingChange, (signal) => findingByArn(arn, signal));
  const finding = value?.findingArn === arn ? value : undefined;
  let content: ReactNode = <Spinner />;
  if (finding) content = <FindingTabs finding={finding} />;
  else if (error) content = <LoadError error={error} retry={reload} />;
  else if (!loading) content = <Nothing title={t("finding.gone")} />;
  return (
    <SidePanel header={finding?.title ?? t("finding.title")}>
      {content}
    </SidePanel>
  );
}
