import { useLanguage } from "../i18n";
import { Tabbed } from "../parts/tabbed";
import { About } from "../settings/about";
import { Access } from "../settings/access";
import { Advisories } from "../settings/advisories";
import { Jobs } from "../settings/jobs";
import { Scanning } from "../settings/scanning";

export default function Settings() {
  const { t } = useLanguage();
  return (
    <Tabbed
      title={t("nav.settings")}
      description={t("settings.lead")}
      tabs={[
        { path: "/settings", label: t("settings.scanning"), content: () => <Scanning /> },
        { path: "/settings/advisories", label: t("feeds.title"), content: () => <Advisories /> },
        { path: "/settings/access", label: t("settings.access"), content: () => <Access /> },
        { path: "/settings/jobs", label: t("settings.jobs"), content: () => <Jobs /> },
        { path: "/settings/about", label: t("settings.about"), content: () => <About /> },
      ]}
    />
  );
}
