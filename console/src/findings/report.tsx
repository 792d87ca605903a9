// All that the filter finds, written by the server itself: one report at a time, for which nobody need wait here.
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import {
  CancelFindingsReportCommand,
  CreateFindingsReportCommand,
  GetFindingsReportStatusCommand,
  type ExternalReportStatus,
  type GetFindingsReportStatusCommandOutput,
  type ReportFormat,
} from "@aws-sdk/client-inspector2";
import { useEffect, useState } from "react";
import { ApiError } from "../api/error";
import { send } from "../api/inspector";
import { useLoaded } from "../api/load";
import { useLanguage } from "../i18n";
import { ActionError, ChangeButton, Dialog, fieldError, useAction } from "../parts/action";
import { Copy } from "../parts/copy";
import { LoadError } from "../parts/states";
import { equals, sdkCriteria, statuses } from "./criteria";
import { askedCriteria, type View } from "./view";

const formats = ["CSV", "JSON"] as const;
const looks: Record<ExternalReportStatus, StatusIndicatorProps.Type> = {
  IN_PROGRESS: "in-progress",
  SUCCEEDED: "success",
  CANCELLED: "stopped",
  FAILED: "error",
};
// The API wants a key named; what encrypts here is the bucket.
const key = "alias/aws/s3";

type Latest = GetFindingsReportStatusCommandOutput;

/** The latest report; null: none was ever made. */
async function readLatest(): Promise<Latest | null> {
  try {
    return await send(new GetFindingsReportStatusCommand({}));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** Looked at again each second while it is being written: no event tells of reports. */
function useLatest() {
  const loaded = useLoaded("report", readLatest);
  const { value, reload } = loaded;
  useEffect(() => {
    if (value?.status !== "IN_PROGRESS") return;
    const timer = setTimeout(reload, 1000);
    return () => clearTimeout(timer);
  }, [value, reload]);
  return loaded;
}

function placeOf({ reportId, destination }: Latest): string {
  const prefix = destination?.keyPrefix?.replace(/^\/+|\/+$/g, "");
  return `${destination?.bucketName}/${prefix ? `${prefix}/` : ""}${reportId}`;
}

function LatestReport({ latest, changed }: { latest: Latest; changed: () => void }) {
  const { t } = useLanguage();
  const action = useAction();
  const { status = "IN_PROGRESS", errorMessage } = latest;
  const cancel = async () => {
    await action.run(() => send(new CancelFindingsReportCommand({ reportId: latest.reportId })));
    changed();
  };
  return (
    <FormField label={t("report.latest")} stretch>
      <SpaceBetween size="xs">
        <StatusIndicator type={looks[status]} wrapText>
          {t(`report.${status}`)}
          {errorMessage && `: ${errorMessage}`}
        </StatusIndicator>
        {status === "SUCCEEDED" && <Copy text={placeOf(latest)} what={t("report.file")} />}
        {status === "IN_PROGRESS" && (
          <ChangeButton loading={action.busy} onClick={() => void cancel()}>
            {t("report.cancel")}
          </ChangeButton>
        )}
      </SpaceBetween>
    </FormField>
  );
}

export function Report({ view, onClose }: { view: View; onClose: () => void }) {
  const { t } = useLanguage();
  const action = useAction();
  const { value: latest, error, reload } = useLatest();
  const [reportFormat, setFormat] = useState<ReportFormat>("CSV");
  const [bucketName, setBucket] = useState("findings");
  const [keyPrefix, setPrefix] = useState("");
  const busy = latest?.status === "IN_PROGRESS";
  const create = async () => {
    const s3Destination = { bucketName: bucketName.trim(), keyPrefix: keyPrefix.trim() || undefined, kmsKeyArn: key };
    // Without a status named, a report has active findings alone.
    const criteria = { findingStatus: statuses.flatMap(equals), ...askedCriteria(view) };
    const command = new CreateFindingsReportCommand({ reportFormat, s3Destination, filterCriteria: sdkCriteria(criteria) });
    await action.run(() => send(command));
    reload();
  };
  const options = formats.map((value) => ({ value, label: value }));
  return (
    <Dialog title={t("report.title")} submit={t("report.submit")} action={action} onSubmit={() => void create()} onClose={onClose} disabled={busy || !bucketName.trim()}>
      <Box>{t("report.lead")}</Box>
      {error && <LoadError error={error} retry={reload} />}
      {latest && <LatestReport latest={latest} changed={reload} />}
      <ActionError error={action.error} fields={["s3Destination.bucketName", "s3Destination.keyPrefix"]} />
      <FormField label={t("report.format")}>
        <Select
          selectedOption={options.find(({ value }) => value === reportFormat) ?? null}
          options={options}
          onChange={({ detail }) => setFormat(detail.selectedOption.value as ReportFormat)}
        />
      </FormField>
      <FormField label={t("report.bucket")} description={t("report.bucket.text")} errorText={fieldError(action.error, "s3Destination.bucketName")}>
        <Input value={bucketName} spellcheck={false} onChange={({ detail }) => setBucket(detail.value)} />
      </FormField>
      <FormField label={t("report.prefix")} errorText={fieldError(action.error, "s3Destination.keyPrefix")}>
        <Input value={keyPrefix} spellcheck={false} onChange={({ detail }) => setPrefix(detail.value)} />
      </FormField>
    </Dialog>
  );
}
