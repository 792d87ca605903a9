import { UpdateFilterCommand } from "@aws-sdk/client-inspector2";
import { send } from "../api/inspector";
import { useLoaded } from "../api/load";
import { sdkCriteria } from "../findings/criteria";
import { useLanguage } from "../i18n";
import { LoadError, Nothing } from "../parts/states";
import type { PageProps } from "../routes";
import { RuleForm } from "../rules/form";
import { ruleByArn, setTags } from "../rules/rules";

export default function RuleEdit({ query }: PageProps) {
  const { t } = useLanguage();
  const arn = query.get("arn") ?? "";
  const { value, error, loading, reload } = useLoaded(arn, () => ruleByArn(arn));
  if (error) return <LoadError error={error} retry={reload} />;
  if (!value) return <Nothing title={t(loading ? "loading" : "rules.gone")} />;
  return (
    <RuleForm
      key={arn}
      title={t("edit.label", { name: value.name })}
      draft={value}
      save={async ({ name, description, reason, tags, criteria }) => {
        await send(
          new UpdateFilterCommand({
            filterArn: arn,
            name: name.trim(),
            description: description || undefined,
            reason: reason || undefined,
            filterCriteria: sdkCriteria(criteria),
          }),
        );
        await setTags(arn, value.tags, tags);
      }}
    />
  );
}
