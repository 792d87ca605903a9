import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { useLanguage } from "../i18n";

export default function Dashboard() {
  const { t } = useLanguage();
  return <ContentLayout header={<Header variant="h1">{t("nav.dashboard")}</Header>}>…</ContentLayout>;
}
