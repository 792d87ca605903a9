// How instances are scanned, and how long images stay covered.
import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { EcrRescanDuration, GetConfigurationCommand, UpdateConfigurationCommand } from "@aws-sdk/client-inspector2";
import { useState } from "react";
import { send } from "../api/inspector";
import { useLoaded } from "../api/load";
import { useLanguage } from "../i18n";
import { ActionError, ChangeButton, fieldError, useAction, useMayChange } from "../parts/action";
import { LoadError } from "../parts/states";

const modes = ["EC2_HYBRID", "EC2_SSM_AGENT_BASED"] as const;
const pullModes = ["LAST_IN_USE_AT", "LAST_PULL_DATE"] as const;
const days = ["DAYS_3", "DAYS_7", "DAYS_14", "DAYS_30", "DAYS_60", "DAYS_90", "DAYS_180"] as const;

interface Windows {
  mode: (typeof modes)[number];
  push: EcrRescanDuration;
  pull: (typeof days)[number];
  pullMode: (typeof pullModes)[number];
}

async function read(): Promise<Windows> {
  const { ec2Configuration, ecrConfiguration } = await send(new GetConfigurationCommand({}));
  const ecr = ecrConfiguration?.rescanDurationState;
  return {
    mode: ec2Configuration?.scanModeState?.scanMode ?? "EC2_HYBRID",
    push: ecr?.rescanDuration ?? EcrRescanDuration.LIFETIME,
    pull: ecr?.pullDateRescanDuration ?? "DAYS_90",
    pullMode: ecr?.pullDateRescanMode ?? "LAST_IN_USE_AT",
  };
}

const write = ({ mode, push, pull, pullMode }: Windows) =>
  send(
    new UpdateConfigurationCommand({
      ec2Configuration: { scanMode: mode },
      ecrConfiguration: { rescanDuration: push, pullDateRescanDuration: pull, pullDateRescanMode: pullMode },
    }),
  );

function WindowsForm({ first }: { first: Windows }) {
  const { t } = useLanguage();
  const may = useMayChange();
  const action = useAction();
  const [draft, setDraft] = useState(first);
  const [saved, setSaved] = useState(first);
  const [done, setDone] = useState(false);
  const changed = JSON.stringify(draft) !== JSON.stringify(saved);
  const change = (part: Partial<Windows>) => {
    setDraft({ ...draft, ...part });
    setDone(false);
  };
  const save = async () => {
    if (!(await action.run(() => write(draft)))) return;
    setSaved(draft);
    setDone(true);
  };
  const durations = (values: readonly EcrRescanDuration[]) => values.map((value) => ({ value, label: t(`window.${value}`) }));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Form
        actions={
          <ChangeButton variant="primary" loading={action.busy} disabled={!changed} disabledReason={t("settings.unchanged")}>
            {t("save")}
          </ChangeButton>
        }
      >
        <SpaceBetween size="l">
          {done && <Alert type="success">{t("settings.saved")}</Alert>}
          <ActionError error={action.error} />
          <Container header={<Header variant="h2">{t("settings.instances")}</Header>}>
            <FormField label={t("settings.mode")} errorText={fieldError(action.error, "ec2Configuration")}>
              <RadioGroup
                value={draft.mode}
                readOnly={!may}
                onChange={({ detail }) => change({ mode: detail.value as Windows["mode"] })}
                items={modes.map((value) => ({ value, label: t(`mode.${value}`), description: t(`mode.${value}.text`) }))}
              />
            </FormField>
          </Container>
          <Container header={<Header variant="h2" description={t("settings.images.lead")}>{t("settings.images")}</Header>}>
            <SpaceBetween size="l">
              <FormField label={t("settings.push")} errorText={fieldError(action.error, "ecrConfiguration.rescanDuration")}>
                <Select
                  disabled={!may}
                  selectedOption={{ value: draft.push, label: t(`window.${draft.push}`) }}
                  options={durations([...days, "LIFETIME"])}
                  onChange={({ detail }) => change({ push: detail.selectedOption.value as EcrRescanDuration })}
                />
              </FormField>
              <FormField label={t("settings.pull")} errorText={fieldError(action.error, "ecrConfiguration.pullDateRescanDuration")}>
                <Select
                  disabled={!may}
                  selectedOption={{ value: draft.pull, label: t(`window.${draft.pull}`) }}
                  options={durations(days)}
                  onChange={({ detail }) => change({ pull: detail.selectedOption.value as Windows["pull"] })}
                />
              </FormField>
              <FormField label={t("settings.pullMode")} errorText={fieldError(action.error, "ecrConfiguration.pullDateRescanMode")}>
                <RadioGroup
                  value={draft.pullMode}
                  readOnly={!may}
                  onChange={({ detail }) => change({ pullMode: detail.value as Windows["pullMode"] })}
                  items={pullModes.map((value) => ({ value, label: t(`pullMode.${value}`) }))}
                />
              </FormField>
            </SpaceBetween>
          </Container>
        </SpaceBetween>
      </Form>
    </form>
  );
}

export function Scanning() {
  const { value, error, reload } = useLoaded("configuration", read);
  if (error) return <LoadError error={error} retry={reload} />;
  return value ? <WindowsForm first={value} /> : <Spinner size="large" />;
}
