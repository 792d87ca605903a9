import "@cloudscape-design/global-styles/index.css";
import AppLayout from "@cloudscape-design/components/app-layout";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import Table from "@cloudscape-design/components/table";
import PropertyFilter from "@cloudscape-design/components/property-filter";
import SplitPanel from "@cloudscape-design/components/split-panel";
import { ListFindingsCommand } from "@aws-sdk/client-inspector2";
import { inspector } from "./api/client";
import { href } from "./router";

export function App() {
  void inspector;
  void ListFindingsCommand;
  return (
    <AppLayout
      navigation={<SideNavigation activeHref="#/" header={{ text: "assay", href: href("/") }} items={[]} />}
      splitPanel={<SplitPanel header="x">y</SplitPanel>}
      content={
        <>
          <PropertyFilter query={{ tokens: [], operation: "and" }} onChange={() => {}} filteringProperties={[]} />
          <Table items={[]} columnDefinitions={[]} />
        </>
      }
    />
  );
}
