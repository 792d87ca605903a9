import ContentLayout from "@cloudscape-design/components/content-layout";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ComponentProps } from "react";
import { api } from "../api/native";
import { Advisories } from "../dashboard/advisories";
import { Coverage, readCoverage } from "../dashboard/coverage";
import { Critical, readCritical } from "../dashboard/critical";
import { History, readHistory } from "../dashboard/history";
import { Remediations } from "../dashboard/remediations";
import { Top } from "../dashboard/top";
import { useLanguage } from "../i18n";
import { WhenSeen } from "../parts/when-seen";

const halves = [{ colspan: { default: 12, s: 6 } }, { colspan: { default: 12, s: 6 } }];

const tops: ComponentProps<typeof Top>[] = [
  { name: "instance", title: "dashboard.topInstances", below: ["ami"] },
  { name: "image", title: "dashboard.topImages", below: ["digest"] },
  { name: "repository", title: "dashboard.topRepositories", below: ["images"] },
  { name: "function", title: "dashboard.topFunctions", below: ["runtime"] },
  { name: "account", title: "dashboard.topAccounts" },
  { name: "ami", title: "dashboard.topAmis", below: ["instances"] },
];

/** By the keys of the panels, in the order in which they stand. */
export const questions = () => ({
  coverage: readCoverage,
  critical: readCritical,
  advisories: api.advisories,
  remediations: api.remediations,
  history: readHistory,
});

export default function Dashboard() {
  const { t } = useLanguage();
  return (
    <ContentLayout header={<Header variant="h1">{t("nav.dashboard")}</Header>}>
      <SpaceBetween size="l">
        <Coverage />
        <Grid gridDefinition={halves}>
          <Critical />
          <Advisories />
        </Grid>
        <Remediations />
        <History />
        <Grid gridDefinition={[...halves, ...halves, ...halves]}>
          {tops.map((top) => (
            <WhenSeen key={top.name}>
              <Top {...top} />
            </WhenSeen>
          ))}
        </Grid>
      </SpaceBetween>
    </ContentLayout>
  );
}
