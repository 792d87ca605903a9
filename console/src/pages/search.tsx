import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { SearchVulnerabilitiesCommand } from "@aws-sdk/client-inspector2";
import { useState } from "react";
import { send } from "../api/inspector";
import { useLoaded } from "../api/load";
import { api } from "../api/native";
import { useLanguage } from "../i18n";
import { LoadError, Nothing } from "../parts/states";
import { href, navigate } from "../router";
import type { PageProps } from "../routes";
import { Vulnerability } from "../search/vulnerability";

const form = /^CVE-\d{4}-\d{4,}$/;

function Result({ id }: { id: string }) {
  const { t } = useLanguage();
  const { value, error, loading, reload } = useLoaded(id, async () => {
    const command = new SearchVulnerabilitiesCommand({ filterCriteria: { vulnerabilityIds: [id] } });
    const [{ vulnerabilities = [] }, affected] = await Promise.all([send(command), api.affected(id)]);
    return { vulnerability: vulnerabilities[0], affected };
  });
  if (error) return <LoadError error={error} retry={reload} />;
  if (loading) return <Spinner size="large" />;
  if (!value?.vulnerability) return <Nothing title={t("search.unknown", { id })}>{t("search.unknown.text")}</Nothing>;
  return <Vulnerability vulnerability={value.vulnerability} affected={value.affected} />;
}

export default function Search({ query }: PageProps) {
  const { t } = useLanguage();
  const asked = (query.get("id") ?? "").toUpperCase();
  const [id, setId] = useState(asked);
  const [tried, setTried] = useState(false);
  const wanted = id.trim().toUpperCase();
  const wrong = tried && !form.test(wanted);
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={t("search.lead")}>
          {t("nav.search")}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <form
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            setTried(true);
            if (form.test(wanted)) navigate(href("/search", { id: wanted }));
          }}
        >
          <FormField label={t("search.id")} errorText={wrong && t("search.wrong")} secondaryControl={<Button formAction="submit">{t("search.submit")}</Button>}>
            <Input type="search" value={id} placeholder="CVE-2021-44228" spellcheck={false} onChange={({ detail }) => setId(detail.value)} />
          </FormField>
        </form>
        {form.test(asked) ? <Result key={asked} id={asked} /> : <Nothing title={t("search.empty")}>{t("search.empty.text")}</Nothing>}
      </SpaceBetween>
    </ContentLayout>
  );
}
