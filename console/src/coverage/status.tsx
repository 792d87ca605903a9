// Whether a resource is scanned, why not, and what to do about it.
import Box from "@cloudscape-design/components/box";
import Popover from "@cloudscape-design/components/popover";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { ScanStatus } from "@aws-sdk/client-inspector2";
import { useLanguage, type Key } from "../i18n";

const waiting = new Set(["PENDING_INITIAL_SCAN", "PENDING_REVIVAL_SCAN", "SCAN_IN_PROGRESS"]);
const wanted = new Set([
  "SCAN_ELIGIBILITY_EXPIRED",
  "IMAGE_ARCHIVED",
  "EXCLUDED_BY_TAG",
  "EC2_INSTANCE_STOPPED",
  "RESOURCE_TERMINATED",
  "PENDING_DISABLE",
]);

function indicator({ statusCode, reason }: ScanStatus): StatusIndicatorProps.Type {
  if (waiting.has(reason ?? "")) return "pending";
  if (statusCode === "ACTIVE") return "success";
  return wanted.has(reason ?? "") ? "stopped" : "error";
}

/** Words for a reason: what it means, and what to do; nothing for one that the server does not give. */
export function useReason() {
  const { t, has } = useLanguage();
  const words = (key: string) => (has(key) ? t(key as Key) : undefined);
  return (reason = "") => ({
    label: words(`reason.${reason}`) ?? reason,
    meaning: words(`meaning.${reason}`),
    remedy: words(`remedy.${reason}`),
  });
}

export function Status({ status }: { status: ScanStatus | undefined }) {
  const { t } = useLanguage();
  const reason = useReason()(status?.reason);
  if (!status) return <>–</>;
  const type = indicator(status);
  const label = (
    <StatusIndicator type={type} wrapText>
      {reason.label}
    </StatusIndicator>
  );
  if (!reason.meaning) return label;
  return (
    <>
      <Popover header={reason.label} content={reason.meaning} triggerType="text" dismissAriaLabel={t("close")}>
        {label}
      </Popover>
      {type === "error" && reason.remedy && (
        <Box variant="small" display="block" color="text-body-secondary">
          {reason.remedy}
        </Box>
      )}
    </>
  );
}
