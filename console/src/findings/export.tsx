import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import type { Count } from "../api/native";
import { useLanguage } from "../i18n";
import { hideTask, showTask } from "../parts/background";
import { useErrorText } from "../parts/states";
import { columns } from "./columns";
import { cancelExport, progress, resumeExport, startExport, type Format } from "./exporting";
import { Report } from "./report";
import type { View } from "./view";

const id = "export";

/** How far it is, above every page. */
function ExportProgress() {
  const { t, number } = useLanguage();
  const text = useErrorText();
  const state = progress.use();
  if (!state) return null;
  const { done, total, error } = state;
  return (
    <SpaceBetween size="xxs">
      {total.more ? t("export.sofar", { done }) : t("export.progress", { done, total: number(total.count) })}
      {error && t("export.stopped", { reason: text(error) })}
    </SpaceBetween>
  );
}

function ExportActions() {
  const { t } = useLanguage();
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {progress.use()?.error && <Button onClick={resumeExport}>{t("export.resume")}</Button>}
      <Button onClick={cancelExport}>{t("cancel")}</Button>
    </SpaceBetween>
  );
}

export function ExportMenu({ view, shown, total }: { view: View; shown: readonly string[]; total: Count }) {
  const { t } = useLanguage();
  const [reporting, setReporting] = useState(false);
  const running = progress.use() !== null;

  async function run(format: Format) {
    const visible = shown.flatMap((one) => columns.find((column) => column.id === one) ?? []);
    let stopped: boolean | undefined;
    const leave = progress.subscribe(() => {
      const error = !!progress.get()?.error;
      if (error === stopped) return;
      stopped = error;
      const flash = { id, type: error ? ("error" as const) : ("info" as const), loading: !error, content: <ExportProgress />, action: <ExportActions /> };
      showTask({ flash, end: cancelExport });
    });
    await startExport({ format, view, columns: visible, labels: visible.map(({ label }) => t(label)), total });
    leave();
    hideTask(id);
  }

  return (
    <>
      <ButtonDropdown
        items={[
          { id: "csv", text: t("export.csv"), disabled: running },
          { id: "json", text: t("export.json"), disabled: running },
          { id: "report", text: t("export.report") },
        ]}
        onItemClick={({ detail }) => (detail.id === "report" ? setReporting(true) : void run(detail.id as Format))}
        disabled={total.count === 0}
      >
        {t("export.title")}
      </ButtonDropdown>
      {reporting && <Report view={view} onClose={() => setReporting(false)} />}
    </>
  );
}
