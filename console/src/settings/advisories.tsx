import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";
import { useLive } from "../api/live";
import { useLoaded } from "../api/load";
import { api, type Feed } from "../api/native";
import { useLanguage } from "../i18n";
import { ActionError, ChangeButton, useAction } from "../parts/action";
import { WebLink } from "../findings/evidence";
import { Facts } from "../parts/facts";
import { List } from "../parts/list";

const time = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * 1000);

export function Advisories() {
  const { t, date, ago } = useLanguage();
  const loaded = useLoaded("advisories", api.advisories);
  const action = useAction();
  const [asked, setAsked] = useState(false);
  useLive(
    (kind) => kind === "ADVISORIES_CHANGED",
    {
      ...loaded,
      reload() {
        setAsked(false);
        loaded.reload();
      },
    },
  );
  const update = async () => setAsked(await action.run(api.updateAdvisories));
  const { value } = loaded;
  return (
    <SpaceBetween size="m">
      <ActionError error={action.error} />
      {asked && <Alert type="info">{t("feeds.asked")}</Alert>}
      {value?.stale && <Alert type="warning">{t("feeds.stale")}</Alert>}
      {value?.updateError && (
        <Alert type="error" header={t("feeds.failed")}>
          {value.updateError}
        </Alert>
      )}
      {value && (
        <Facts
          columns={3}
          facts={[
            [t("feeds.built"), date(time(value.builtAt))],
            [t("feeds.updated"), date(time(value.updatedAt))],
            [t("about.generation"), value.generation],
          ]}
        />
      )}
      <List<Feed>
        title={t("feeds.title")}
        description={t("feeds.lead")}
        loaded={{ ...loaded, value: value?.feeds }}
        trackBy="name"
        filter={t("feeds.filter")}
        empty={{ title: t("feeds.none"), text: t("feeds.none.text") }}
        actions={
          <ChangeButton loading={action.busy} onClick={() => void update()}>
            {t("feeds.update")}
          </ChangeButton>
        }
        columns={[
          { id: "name", header: t("feeds.name"), cell: ({ name }) => name, sort: "name", width: 180 },
          {
            id: "state",
            header: t("feeds.state"),
            cell: ({ state }) => (
              <StatusIndicator type={state === "ok" ? "success" : "warning"} wrapText>
                {state === "ok" ? t("feeds.good") : state}
              </StatusIndicator>
            ),
            sort: "state",
            width: 120,
          },
          { id: "date", header: t("feeds.date"), cell: (feed) => (feed.date ? ago(new Date(feed.date * 1000)) : "–"), sort: "date", width: 140 },
          { id: "licence", header: t("feeds.licence"), cell: ({ licence }) => licence, width: 150 },
          { id: "url", header: t("feeds.url"), cell: ({ url }) => <WebLink url={url} short />, width: 220 },
        ]}
      />
    </SpaceBetween>
  );
}
