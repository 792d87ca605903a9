// Where images and functions come from: registries, folders, buckets; whether they answered when they were last asked.
import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useEffect, useState } from "react";
import { api, type Origin, type OriginKind } from "../api/native";
import { useLoaded } from "../api/load";
import { useLanguage } from "../i18n";
import { ActionError, ChangeButton, Confirm, useAction } from "../parts/action";
import { List } from "../parts/list";
import { draftOf, OriginForm } from "./origin-form";

const fewProblems = 3;

/** What was set of it when it was added. */
function Options({ origin }: { origin: Origin }) {
  const { t } = useLanguage();
  return draftOf(origin).map(([name, value]) => (
    <Box key={name} variant="small" display="block" color="text-body-secondary">
      {t(`origin.option.${name}`)}: <span style={{ overflowWrap: "anywhere" }}>{value}</span>
    </Box>
  ));
}

function State({ origin }: { origin: Origin }) {
  const { t } = useLanguage();
  if (origin.checking)
    return (
      <StatusIndicator type="in-progress" wrapText>
        {t("origin.checking")}
      </StatusIndicator>
    );
  const { error, problems = [] } = origin.state ?? {};
  const others = problems.filter((problem) => problem.error !== error);
  return (
    <>
      <StatusIndicator type={error ? "error" : "success"} wrapText>
        {error ?? t("origin.good")}
      </StatusIndicator>
      {others.length > 0 && (
        <ExpandableSection headerText={t("origin.problems", { count: others.length })} defaultExpanded={others.length <= fewProblems}>
          {others.map((problem) => (
            <Box key={JSON.stringify(problem)} variant="small" display="block" color="text-status-warning">
              <span style={{ overflowWrap: "anywhere" }}>
                {[problem.service, problem.region ?? problem.queue].filter(Boolean).join(", ")}: {problem.error}
              </span>
            </Box>
          ))}
        </ExpandableSection>
      )}
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
  const [editing, setEditing] = useState<Origin>();
  const close = () => {
    setAdding(undefined);
    setEditing(undefined);
  };
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
          {
            id: "url",
            header: t("origin.url"),
            cell: (origin) => (
              <>
                {origin.url}
                <Options origin={origin} />
              </>
            ),
            sort: "url",
            width: 210,
          },
          { id: "kind", header: t("origin.kind"), cell: (origin) => t(`origin.${origin.kind}`), sort: "kind", width: 120 },
          { id: "state", header: t("origin.state"), cell: (origin) => <State origin={origin} />, width: 230 },
          { id: "checked", header: t("origin.checked"), cell: (origin) => (origin.checkedAt ? ago(new Date(origin.checkedAt * 1000)) : "–"), width: 110 },
          {
            id: "actions",
            header: t("actions"),
            width: 150,
            cell: (origin) => (
              <SpaceBetween direction="horizontal" size="s">
                <ChangeButton variant="inline-link" ariaLabel={t("origin.check.label", { url: origin.url })} onClick={() => void poll(origin)}>
                  {t("origin.check")}
                </ChangeButton>
                <ChangeButton variant="inline-link" ariaLabel={t("edit.label", { name: origin.url })} onClick={() => setEditing(origin)}>
                  {t("edit")}
                </ChangeButton>
                <ChangeButton variant="inline-link" ariaLabel={t("remove.label", { name: origin.url })} onClick={() => setRemoving(origin)}>
                  {t("remove")}
                </ChangeButton>
              </SpaceBetween>
            ),
          },
        ]}
      />
      {(adding ?? editing) && (
        <OriginForm
          first={editing?.kind ?? adding!}
          editing={editing}
          onDone={() => {
            close();
            loaded.reload();
          }}
          onClose={close}
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
