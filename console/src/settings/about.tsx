import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Spinner from "@cloudscape-design/components/spinner";
import { useLoaded } from "../api/load";
import { api } from "../api/native";
import { useSession } from "../api/session";
import { useLanguage } from "../i18n";
import { Copy } from "../parts/copy";
import { Facts } from "../parts/facts";
import { LoadError } from "../parts/states";

export function About() {
  const { t, date } = useLanguage();
  const session = useSession();
  const { value, error, reload } = useLoaded("about", async () => {
    const [health, advisories] = await Promise.all([api.health(), api.advisories()]);
    return { ...health, ...advisories };
  });
  if (error) return <LoadError error={error} retry={reload} />;
  if (!value) return <Spinner size="large" />;
  return (
    <Container header={<Header variant="h2">{t("settings.about")}</Header>}>
      <Facts
        facts={[
          [t("about.version"), value.version],
          [t("about.generation"), <Copy key="generation" text={value.generation} what={t("about.generation")} />],
          [t("feeds.built"), date(value.builtAt * 1000)],
          [t("about.endpoint"), <Copy key="endpoint" text={window.location.origin} what={t("about.endpoint")} />],
          [t("coverage.account"), session?.accountId],
          [t("about.region"), session?.region],
          [t("about.user"), session && `${session.user} (${t(`role.${session.role as "admin" | "read_only"}`)})`],
          [
            "API",
            <Link key="api" href="/assay/v1/openapi.yaml" external>
              openapi.yaml
            </Link>,
          ],
        ]}
      />
    </Container>
  );
}
