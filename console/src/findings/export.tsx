// Exactly what is shown, as a file: the columns as CSV, or whole findings as JSON, of all pages of the present query, up to
// as many as a browser holds well.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Modal from "@cloudscape-design/components/modal";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import { useRef, useState } from "react";
import { noticeExpiry } from "../api/client";
import type { Count } from "../api/native";
import { useLanguage } from "../i18n";
import { csvRow, download } from "../parts/download";
import { columns } from "./columns";
import { listFindings, pageMost } from "./query";
import type { View } from "./view";

const most = 100_000;
type Format = "csv" | "json";

export function ExportMenu({ view, shown, total }: { view: View; shown: readonly string[]; total: Count }) {
  const { t } = useLanguage();
  const [progress, setProgress] = useState<{ done: number; error?: string; cut?: boolean } | null>(null);
  const abort = useRef<AbortController>(null);

  async function run(format: Format) {
    const stop = (abort.current = new AbortController());
    const visible = shown.flatMap((id) => columns.find((column) => column.id === id) ?? []);
    const parts = [format === "csv" ? csvRow(visible.map(({ label }) => t(label))) : "[\n"];
    let done = 0;
    let token: string | undefined;
    setProgress({ done });
    try {
      do {
        const page = await listFindings(view, pageMost, token, stop.signal);
        for (const finding of page.findings ?? []) {
          const text = format === "csv" ? csvRow(visible.map((column) => column.text(finding))) : `${done ? ",\n" : ""}${JSON.stringify(finding)}`;
          parts.push(text);
          done++;
        }
        setProgress({ done });
        token = page.nextToken;
      } while (token && done < most);
      if (format === "json") parts.push("\n]\n");
      download(`findings.${format}`, format === "csv" ? "text/csv" : "application/json", parts);
      setProgress(token ? { done, cut: true } : null);
    } catch (error) {
      if (stop.signal.aborted) return setProgress(null);
      noticeExpiry(error);
      setProgress({ done, error: error instanceof Error ? error.message : String(error) });
    }
  }

  const close = () => {
    abort.current?.abort();
    setProgress(null);
  };
  return (
    <>
      <ButtonDropdown
        items={[
          { id: "csv", text: t("export.csv") },
          { id: "json", text: t("export.json") },
        ]}
        onItemClick={({ detail }) => void run(detail.id as Format)}
        disabled={total.count === 0}
      >
        {t("export.title")}
      </ButtonDropdown>
      {progress && (
        <Modal
          visible
          header={t("export.title")}
          onDismiss={close}
          footer={
            <Box float="right">
              <Button onClick={close}>{t(progress.cut ? "close" : "cancel")}</Button>
            </Box>
          }
        >
          {progress.cut ? (
            <Alert type="warning" header={t("export.cut", { done: progress.done })}>
              {t("export.cut.text")}
            </Alert>
          ) : (
            <ProgressBar
              value={Math.min(100, (100 * progress.done) / (total.more ? most : Math.max(1, total.count)))}
              status={progress.error ? "error" : "in-progress"}
              resultText={progress.error}
              label={t("export.progress", { done: progress.done })}
            />
          )}
        </Modal>
      )}
    </>
  );
}
