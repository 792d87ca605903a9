import ContentLayout from "@cloudscape-design/components/content-layout";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ComponentProps } from "react";
import { Advisories } from "../dashboard/advisories";
import { Coverage } from "../dashboard/coverage";
import { Critical } from "../dashboard/critical";
import { History } from "../dashboard/history";
import { Remediations } from "../dashboard/remediations";
import { Top } from "../dashboard/top";
import { useLanguage } from "../i18n";
import { WhenSeen } from "../parts/when-seen";

const halves = [{ colspan: { default: 12, s: 6 } }, { colspan: { default: 12, s: 6 } }];

const tops: ComponentProps<typeof Top>[] = [
  { name: "instance", title: "dashboard.topInstances", columns: ["os"] },
  { name: "image", title: "dashboard.topImages" },
  { name: "repository", title: "dashboard.topRepositories", columns: ["images"] },
  { name: "function", title: "dashboard.topFunctions", columns: ["runtime"] },
  { name: "account", title: "dashboard.topAccounts" },
  { name: "ami", title: "dashboard.topAmis", columns: ["instances"] },
];

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
