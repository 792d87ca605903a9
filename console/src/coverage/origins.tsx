// Where images and functions come from: registries, folders, buckets; whether they answered when they were last asked.
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useEffect, useState } from "react";
import { api, type Origin, type OriginKind } from "../api/native";
import { useLoaded } from "../api/load";
import { useLanguage } from "../i18n";
import { ActionError, ChangeButton, Confirm, useAction } from "../parts/action";
import { List } from "../parts/list";
import { OriginForm } from "./origin-form";

function State({ origin }: { origin: Origin }) {
  const { t } = useLanguage();
  if (origin.checking)
    return (
      <StatusIndicator type="in-progress" wrapText>
        {t("origin.checking")}
      </StatusIndicator>
    );
  const { error, problems = [] } = origin.state ?? {};
  return (
    <>
      <StatusIndicator type={error ? "error" : "success"} wrapText>
        {error ?? t("origin.good")}
      </StatusIndicator>
      {problems
        .filter((problem) => problem.error !== error)
        .map((problem) => (
          <Box key={JSON.stringify(problem)} variant="small" display="block" color="text-status-warning">
            {[problem.service, problem.region ?? problem.queue].filter(Boolean).join(", ")}: {problem.error}
          </Box>
        ))}
    </>
  );
}

/** Origins, looked at again each second while one of them is being asked. */
function useOrigins() {
  const loaded = useLoaded("origins", api.origins);
  const waiting = loaded.value?.some(({ checking }) => checking) ?? false;
  const { reload } = loaded;
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(reload, 1000);
    return () => clearInterval(timer);
  }, [waiting, reload]);
  return loaded;
}

export function Origins({ adding, setAdding }: { adding: OriginKind | undefined; setAdding: (kind: OriginKind | undefined) => void }) {
  const { t, ago } = useLanguage();
  const action = useAction();
  const loaded = useOrigins();
  const [removing, setRemoving] = useState<Origin>();
  const poll = async (origin: Origin) => {
    if (await action.run(() => api.pollOrigin(origin.id))) loaded.reload();
  };
  return (
    <SpaceBetween size="m">
      <ActionError error={action.error} />
      <List<Origin>
        title={t("origin.title")}
        description={t("origin.lead")}
        loaded={loaded}
        trackBy="id"
        empty={{ title: t("origin.none"), text: t("origin.none.text") }}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <ChangeButton onClick={() => setAdding("AWS_ACCOUNT")}>{t("origin.addAws")}</ChangeButton>
            <ChangeButton onClick={() => setAdding("FUNCTION_FOLDER")}>{t("origin.addFunctions")}</ChangeButton>
            <ChangeButton variant="primary" onClick={() => setAdding("REGISTRY")}>
              {t("origin.addRegistry")}
            </ChangeButton>
          </SpaceBetween>
        }
        columns={[
          { id: "url", header: t("origin.url"), cell: (origin) => origin.url, sort: "url", width: 200 },
          { id: "kind", header: t("origin.kind"), cell: (origin) => t(`origin.${origin.kind}`), sort: "kind", width: 150 },
          { id: "state", header: t("origin.state"), cell: (origin) => <State origin={origin} />, width: 260 },
          { id: "checked", header: t("origin.checked"), cell: (origin) => (origin.checkedAt ? ago(new Date(origin.checkedAt * 1000)) : "–"), width: 140 },
          {
            id: "actions",
            header: t("actions"),
            width: 220,
            cell: (origin) => (
              <SpaceBetween direction="horizontal" size="xs">
                <ChangeButton ariaLabel={t("origin.check.label", { url: origin.url })} onClick={() => void poll(origin)}>
                  {t("origin.check")}
                </ChangeButton>
                <ChangeButton ariaLabel={t("remove.label", { name: origin.url })} onClick={() => setRemoving(origin)}>
                  {t("remove")}
                </ChangeButton>
              </SpaceBetween>
            ),
          },
        ]}
      />
      {adding && (
        <OriginForm
          first={adding}
          onDone={() => {
            setAdding(undefined);
            loaded.reload();
          }}
          onClose={() => setAdding(undefined)}
        />
      )}
      {removing && (
        <Confirm
          title={t("origin.remove", { url: removing.url })}
          submit={t("remove")}
          act={() => api.deleteOrigin(removing.id)}
          onDone={() => {
            setRemoving(undefined);
            loaded.reload();
          }}
          onClose={() => setRemoving(undefined)}
        >
          {t("origin.remove.text")}
        </Confirm>
      )}
    </SpaceBetween>
  );
}
