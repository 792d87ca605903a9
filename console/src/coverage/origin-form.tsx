import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";
import { useSession } from "../api/session";
import { api, type Origin, type OriginKind, type OriginOptions, type OriginRequest } from "../api/native";
import { useLanguage, type Key } from "../i18n";
import { Copy } from "../parts/copy";
import { ActionError, Dialog, fieldError, useAction } from "../parts/action";

type TextOption =
  | "user"
  | "accessKeyId"
  | "region"
  | "prefix"
  | "role"
  | "repositories"
  | "platforms"
  | "profile"
  | "assumeRole"
  | "externalId"
  | "regions"
  | "queues"
  | "organizationRole";

interface KindForm {
  placeholder: string;
  /** Before and after the secret. */
  options: TextOption[];
  secret: boolean;
  frequency: boolean;
  insecure: boolean;
  organization?: boolean;
}

export const originKinds: Record<OriginKind, KindForm> = {
  REGISTRY: { placeholder: "https://registry.example:5000", options: ["user", "repositories", "platforms"], secret: true, frequency: true, insecure: true },
  FUNCTION_FOLDER: { placeholder: "/srv/functions", options: ["role"], secret: false, frequency: false, insecure: false },
  FUNCTION_BUCKET: {
    placeholder: "https://s3.example/functions",
    options: ["accessKeyId", "region", "prefix", "role"],
    secret: true,
    frequency: false,
    insecure: true,
  },
  AWS_ACCOUNT: {
    placeholder: "aws:123456789012",
    options: ["profile", "accessKeyId", "assumeRole", "externalId", "regions", "queues", "organizationRole"],
    secret: true,
    frequency: true,
    insecure: false,
    organization: true,
  },
};

const lists: readonly TextOption[] = ["repositories", "platforms", "regions", "queues"];
/** A role that functions have, and one that is assumed, are one option of the API, and two questions. */
const optionOf = (name: TextOption) => (name === "assumeRole" ? "role" : name);
const urlLabels: Partial<Record<OriginKind, Key>> = { FUNCTION_FOLDER: "origin.folder", AWS_ACCOUNT: "origin.account" };
const words = (text: string) => text.split(/[\s,]+/).filter(Boolean);
const frequencies = ["CONTINUOUS_SCAN", "SCAN_ON_PUSH", "MANUAL"] as const;

interface Draft {
  url: string;
  secret: string;
  texts: Partial<Record<TextOption, string>>;
  /** Empty: as the registry is set. */
  frequency: (typeof frequencies)[number] | "";
  insecure: boolean;
  organization: boolean;
}

/** The request for what was filled in; of other kinds' fields nothing is sent. */
function requestOf(kind: OriginKind, { url, secret, texts, frequency, insecure, organization }: Draft, editing: Origin | undefined): OriginRequest {
  const form = originKinds[kind];
  const given = form.options.flatMap((name) => {
    const text = texts[name]?.trim();
    return text ? [[optionOf(name), lists.includes(name) ? words(text) : text] as const] : [];
  });
  const options: OriginOptions = {
    ...otherOptions(kind, editing?.options),
    ...Object.fromEntries(given),
    ...(form.frequency && frequency ? { scanFrequency: frequency } : {}),
    ...(form.insecure && insecure ? { insecure } : {}),
    ...(form.organization && organization ? { organization } : {}),
  };
  return { kind, url: url.trim(), options, ...(form.secret && secret ? { secret } : {}) };
}

/** The options that the form asks for, as it shows them. */
export function draftOf({ kind, options }: Pick<Origin, "kind" | "options">): [TextOption, string][] {
  return originKinds[kind].options.flatMap((name): [TextOption, string][] => {
    const value = options[optionOf(name)];
    return value?.length ? [[name, Array.isArray(value) ? value.join(", ") : value]] : [];
  });
}

const usualFrequency = (kind: OriginKind): Draft["frequency"] => (kind === "AWS_ACCOUNT" ? "" : "CONTINUOUS_SCAN");
const emptyDraft: Draft = { url: "", secret: "", texts: {}, frequency: "", insecure: false, organization: false };

function firstDraft(kind: OriginKind, account: string, editing: Origin | undefined): Draft {
  if (!editing) return { ...emptyDraft, url: kind === "AWS_ACCOUNT" ? account : "", frequency: usualFrequency(kind) };
  const { url, options } = editing;
  const { scanFrequency: frequency = usualFrequency(kind), insecure = false, organization = false } = options;
  return { ...emptyDraft, url, texts: Object.fromEntries(draftOf(editing)), frequency, insecure, organization };
}

/** What the form does not ask for, which others may have set. */
function otherOptions(kind: OriginKind, options: OriginOptions = {}): OriginOptions {
  const asked = new Set<string>([...originKinds[kind].options.map(optionOf), "scanFrequency", "insecure", "organization"]);
  return Object.fromEntries(Object.entries(options).filter(([name]) => !asked.has(name)));
}

interface OriginFormProps {
  first: OriginKind;
  editing?: Origin | undefined;
  onDone: () => void;
  onClose: () => void;
}

export function OriginForm({ first, editing, onDone, onClose }: OriginFormProps) {
  const { t } = useLanguage();
  const action = useAction();
  const [kind, setKind] = useState(first);
  const account = `aws:${useSession()?.accountId}`;
  const [draft, setDraft] = useState<Draft>(() => firstDraft(first, account, editing));
  const form = originKinds[kind];
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const add = async () => {
    if (await action.run(() => api.putOrigin(requestOf(kind, draft, editing)))) onDone();
  };
  const kindOptions = (Object.keys(originKinds) as OriginKind[]).map((value) => ({ value, label: t(`origin.${value}`), description: t(`origin.${value}.text`) }));
  const frequencyOptions = [
    ...(kind === "AWS_ACCOUNT" ? [{ value: "", label: t("frequency.registry") }] : []),
    ...frequencies.map((value) => ({ value, label: t(`frequency.${value}`) })),
  ];
  return (
    <Dialog
      title={editing ? t("edit.label", { name: editing.url }) : t("origin.add")}
      submit={t(editing ? "save" : "origin.add.submit")}
      action={action}
      onSubmit={() => void add()}
      onClose={onClose}
      disabled={!draft.url.trim() || (!!editing?.hasSecret && !draft.secret)}
    >
      <ActionError error={action.error} fields={["url", "secret"]} />
      <FormField label={t("origin.kind")}>
        <Select
          disabled={!!editing}
          selectedOption={kindOptions.find(({ value }) => value === kind) ?? null}
          options={kindOptions}
          onChange={({ detail }) => {
            const chosen = detail.selectedOption.value as OriginKind;
            setKind(chosen);
            const url = chosen === "AWS_ACCOUNT" ? account : draft.url === account ? "" : draft.url;
            change({ url, frequency: usualFrequency(chosen) });
          }}
        />
      </FormField>
      <FormField label={t(urlLabels[kind] ?? "origin.url")} errorText={fieldError(action.error, "url")}>
        <Input value={draft.url} disabled={!!editing} placeholder={form.placeholder} spellcheck={false} onChange={({ detail }) => change({ url: detail.value })} />
      </FormField>
      {form.options.map((name) => (
        <FormField key={name} label={t(`origin.option.${name}`)} description={t(`origin.option.${name}.text` as Key)} errorText={fieldError(action.error, `options.${optionOf(name)}`)}>
          <Input
            value={draft.texts[name] ?? ""}
            spellcheck={false}
            autoComplete={false}
            onChange={({ detail }) => change({ texts: { ...draft.texts, [name]: detail.value } })}
          />
        </FormField>
      ))}
      {form.secret && (
        <FormField label={t(kind === "REGISTRY" ? "origin.password" : "origin.secret")} description={t(editing?.hasSecret ? "origin.secret.again" : "origin.secret.text")} errorText={fieldError(action.error, "secret")}>
          <Input type="password" value={draft.secret} autoComplete="new-password" onChange={({ detail }) => change({ secret: detail.value })} />
        </FormField>
      )}
      {form.frequency && (
        <FormField label={t("coverage.frequency")}>
          <Select
            selectedOption={frequencyOptions.find(({ value }) => value === draft.frequency) ?? null}
            options={frequencyOptions}
            onChange={({ detail }) => change({ frequency: detail.selectedOption.value as Draft["frequency"] })}
          />
        </FormField>
      )}
      {form.insecure && (
        <Checkbox checked={draft.insecure} description={t("origin.insecure.text")} onChange={({ detail }) => change({ insecure: detail.checked })}>
          {t("origin.insecure")}
        </Checkbox>
      )}
      {form.organization && (
        <Checkbox checked={draft.organization} description={t("origin.organization.text")} onChange={({ detail }) => change({ organization: detail.checked })}>
          {t("origin.organization")}
        </Checkbox>
      )}
      {kind === "AWS_ACCOUNT" && (
        <FormField label={t("origin.setup")} description={t("origin.setup.text")}>
          <Copy text={`assay aws setup ${draft.url.replace(/^aws:/, "")}`} what={t("origin.setup")} />
        </FormField>
      )}
      {!editing && <Alert type="info">{t("origin.tested")}</Alert>}
    </Dialog>
  );
}
