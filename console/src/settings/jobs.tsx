import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useLiveLoaded } from "../api/live";
import { api, type Job } from "../api/native";
import { useLanguage, type Key } from "../i18n";
import { ActionError, ChangeButton, useAction } from "../parts/action";
import { List } from "../parts/list";

const states = ["FAILED", "RUNNING", "READY"] as const;

export function Jobs() {
  const { t, has, ago, number } = useLanguage();
  const [state, setState] = useState<Job["state"]>("FAILED");
  const loaded = useLiveLoaded(state, () => true, () => api.jobs(state));
  const action = useAction();
  const retry = async (id: number) => {
    if (await action.run(() => api.retryJob(id))) loaded.reload();
  };
  const when = (seconds: number) => ago(new Date(seconds * 1000));
  return (
    <SpaceBetween size="m">
      <ActionError error={action.error} />
      <SegmentedControl
        label={t("jobs.show")}
        selectedId={state}
        options={states.map((id) => ({ id, text: t(`jobs.${id}`) }))}
        onChange={({ detail }) => setState(detail.selectedId as Job["state"])}
      />
      <List<Job>
        title={t(`jobs.${state}`)}
        description={t("jobs.lead")}
        loaded={loaded}
        trackBy="id"
        filter={t("jobs.filter")}
        empty={{ title: t("jobs.none"), text: t(`jobs.none.${state}`) }}
        columns={[
          { id: "kind", header: t("jobs.kind"), cell: ({ kind }) => (has(`job.${kind}`) ? t(`job.${kind}` as Key) : kind), sort: "kind", width: 140 },
          { id: "subject", header: t("jobs.subject"), cell: ({ subject }) => subject || "–", sort: "subject", width: 190 },
          { id: "error", header: t("jobs.error"), cell: ({ error }) => error || "–", width: 220 },
          { id: "attempts", header: t("jobs.attempts"), cell: ({ attempts }) => number(attempts), sort: "attempts", width: 100 },
          { id: "due", header: t("jobs.due"), cell: ({ dueAt }) => when(dueAt), sort: "dueAt", width: 120 },
          ...(state === "FAILED"
            ? [
                {
                  id: "actions",
                  header: t("actions"),
                  width: 120,
                  cell: ({ id, subject }: Job) => (
                    <ChangeButton variant="inline-link" ariaLabel={t("jobs.retry.label", { name: subject || String(id) })} onClick={() => void retry(id)}>
                      {t("error.retry")}
                    </ChangeButton>
                  ),
                },
              ]
            : []),
        ]}
      />
    </SpaceBetween>
  );
}
