import ContentLayout from "@cloudscape-design/components/content-layout";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { Advisories } from "../dashboard/advisories";
import { Coverage } from "../dashboard/coverage";
import { Critical } from "../dashboard/critical";
import { History } from "../dashboard/history";
import { Remediations } from "../dashboard/remediations";
import { Top } from "../dashboard/top";
import { useLanguage } from "../i18n";

const halves = [{ colspan: { default: 12, s: 6 } }, { colspan: { default: 12, s: 6 } }];

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
          <Top name="instance" title="dashboard.topInstances" columns={["os"]} />
          <Top name="image" title="dashboard.topImages" />
          <Top name="repository" title="dashboard.topRepositories" columns={["images"]} />
          <Top name="function" title="dashboard.topFunctions" columns={["runtime"]} />
          <Top name="account" title="dashboard.topAccounts" />
          <Top name="ami" title="dashboard.topAmis" columns={["instances"]} />
        </Grid>
      </SpaceBetween>
    </ContentLayout>
  );
}
