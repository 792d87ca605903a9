import { CreateFilterCommand } from "@aws-sdk/client-inspector2";
import { send } from "../api/inspector";
import { parseCriteria, sdkCriteria } from "../findings/criteria";
import { useLanguage } from "../i18n";
import type { PageProps } from "../routes";
import { RuleForm } from "../rules/form";
import { previewQuestions } from "../rules/preview";

const criteriaAt = (query: URLSearchParams) => parseCriteria(query.get("filter"));

export const questions = (query: URLSearchParams) => previewQuestions(criteriaAt(query));

export default function RuleCreate({ query }: PageProps) {
  const { t } = useLanguage();
  return (
    <RuleForm
      title={t("rules.create")}
      draft={{ name: "", description: "", reason: "", tags: {}, criteria: criteriaAt(query) }}
      save={({ name, description, reason, tags, criteria }) =>
        send(
          new CreateFilterCommand({
            action: "SUPPRESS",
            name: name.trim(),
            description: description || undefined,
            reason: reason || undefined,
            filterCriteria: sdkCriteria(criteria),
            tags,
          }),
        )
      }
    />
  );
}
