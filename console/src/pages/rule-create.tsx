import { CreateFilterCommand } from "@aws-sdk/client-inspector2";
import { send } from "../api/inspector";
import { parseCriteria, sdkCriteria } from "../findings/criteria";
import { useLanguage } from "../i18n";
import type { PageProps } from "../routes";
import { RuleForm } from "../rules/form";

export default function RuleCreate({ query }: PageProps) {
  const { t } = useLanguage();
  return (
    <RuleForm
      title={t("rules.create")}
      draft={{ name: "", description: "", reason: "", criteria: parseCriteria(query.get("filter")) }}
      save={({ name, description, reason, criteria }) =>
        send(
          new CreateFilterCommand({
            action: "SUPPRESS",
            name: name.trim(),
            description: description || undefined,
            reason: reason || undefined,
            filterCriteria: sdkCriteria(criteria),
          }),
        )
      }
    />
  );
}
