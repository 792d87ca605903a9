// What became of a finding, step by step, and why it is one: what the server itself remembers and judges.
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import Steps, { type StepsProps } from "@cloudscape-design/components/steps";
import type { Finding } from "@aws-sdk/client-inspector2";
import type { ReactNode } from "react";
import { isFindingChange, useLiveLoaded } from "../api/live";
import { api, type FindingChanges, type FindingMatch, type FindingStep } from "../api/native";
import { useLanguage } from "../i18n";
import { useValueText } from "../parts/severity";
import { LoadError } from "../parts/states";
import { href } from "../router";

const looks: Record<FindingStep["kind"], StepsProps.Status> = {
  FINDING_CREATED: "error",
  FINDING_REOPENED: "error",
  FINDING_UPDATED: "info",
  FINDING_CLOSED: "success",
  FINDING_SUPPRESSED: "stopped",
  FINDING_UNSUPPRESSED: "info",
};

function useChangeWords() {
  const { t, number } = useLanguage();
  const text = useValueText();
  const show = (value: unknown) => {
    if (value === null || value === "") return "–";
    return typeof value === "number" ? number(value, { minimumFractionDigits: 1 }) : text(String(value));
  };
  const pair = (label: string, values: readonly unknown[] | undefined) => (values ? [`${label}: ${show(values[0])} → ${show(values[1])}`] : []);
  return (changes: FindingChanges): string[] => [
    ...pair(t("key.severity"), changes.severity),
    ...pair(t("key.inspectorScore"), changes.inspectorScore),
    ...pair(t("column.fix"), changes.fixAvailable),
    ...pair(t("column.exploit"), changes.exploitAvailable),
    ...(changes.packages ? [t("history.packages")] : []),
    ...(changes.networkPath ? [t("history.networkPath")] : []),
    ...(changes.details ? [t("history.details")] : []),
  ];
}

function StepDetails({ step }: { step: FindingStep }) {
  const { t, date } = useLanguage();
  const words = useChangeWords();
  const { filterArn } = step.changes ?? {};
  return (
    <>
      <Box color="text-body-secondary">{date(step.at * 1000)}</Box>
      {words(step.changes ?? {}).map((change) => (
        <div key={change}>{change}</div>
      ))}
      {filterArn && <Link href={href("/rules/edit", { arn: filterArn })}>{t("history.rule")}</Link>}
    </>
  );
}

export function History({ arn }: { arn: string }) {
  const { t } = useLanguage();
  const { value, error, reload } = useLiveLoaded(arn, isFindingChange, () => api.findingHistory(arn));
  let content: ReactNode = <Spinner />;
  if (value)
    content = (
      <Steps
        ariaLabel={t("finding.history")}
        steps={value.map((step) => ({ status: looks[step.kind], header: t(`history.${step.kind}`), details: <StepDetails step={step} /> }))}
      />
    );
  else if (error) content = <LoadError error={error} retry={reload} />;
  return (
    <SpaceBetween size="s">
      <Header variant="h3">{t("finding.history")}</Header>
      {content}
    </SpaceBetween>
  );
}

function Match({ match }: { match: FindingMatch }) {
  const { t } = useLanguage();
  const { packageName: name, packageVersion: version, advisory, feed, ecosystem, compared, scheme, reason, fixedIn } = match;
  return (
    <div>
      <Box variant="p">
        {t(match.verdict === "AFFECTED" ? "why.affected" : "why.unknown", { name, version, advisory, feed, as: match.name, ecosystem })}
      </Box>
      <Box color="text-body-secondary">
        {t("why.compared", { compared, scheme })} <code>{reason}</code>
        {fixedIn && ` · ${t("package.fixed")} ${fixedIn}`}
      </Box>
    </div>
  );
}

/** Each distinct judgement once: the same package in many files is one reason. */
export function Why({ finding }: { finding: Finding }) {
  const { t } = useLanguage();
  const arn = finding.findingArn ?? "";
  const { value, error, reload } = useLiveLoaded(arn, isFindingChange, () => api.findingReasons(arn));
  if (!finding.packageVulnerabilityDetails?.vulnerablePackages?.length) return null;
  const distinct = new Map((value ?? []).map((match) => [JSON.stringify({ ...match, filePath: undefined }), match]));
  return (
    <SpaceBetween size="xs">
      <Header variant="h3">{t("finding.why")}</Header>
      {!value && !error && <Spinner />}
      {error && <LoadError error={error} retry={reload} />}
      {[...distinct].map(([key, match]) => (
        <Match key={key} match={match} />
      ))}
      {value && !distinct.size && <Box color="text-body-secondary">{t("why.none")}</Box>}
    </SpaceBetween>
  );
}
