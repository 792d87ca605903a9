// A page of tabs, each of which has a path of its own.
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Tabs from "@cloudscape-design/components/tabs";
import type { ReactNode } from "react";
import { href, navigate, useLocation } from "../router";

export interface PageTab {
  path: string;
  label: string;
  content: () => ReactNode;
}

export function Tabbed({ title, description, tabs, actions }: { title: string; description: string; tabs: PageTab[]; actions?: ReactNode }) {
  const { path } = useLocation();
  const active = tabs.find((tab) => tab.path === path) ?? tabs[0];
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={description} actions={actions}>
          {title}
        </Header>
      }
    >
      <Tabs
        activeTabId={active?.path ?? ""}
        ariaLabel={title}
        onChange={({ detail }) => navigate(href(detail.activeTabId))}
        tabs={tabs.map((tab) => ({
          id: tab.path,
          href: href(tab.path),
          label: tab.label,
          content: tab === active && tab.content(),
        }))}
      />
    </ContentLayout>
  );
}
