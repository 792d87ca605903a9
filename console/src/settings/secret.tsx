import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useLanguage } from "../i18n";
import { Copy } from "../parts/copy";
import { Facts } from "../parts/facts";
import { Notice } from "../parts/notice";

/** What is shown this one time. */
export function Secret({ title, values, onClose }: { title: string; values: [label: string, text: string][]; onClose: () => void }) {
  const { t } = useLanguage();
  return (
    <Notice title={title} onClose={onClose}>
      <SpaceBetween size="m">
        <Alert type="warning">{t("secret.once")}</Alert>
        <Facts columns={1} facts={values.map(([label, text]) => [label, <Copy key={label} text={text} what={label} />])} />
      </SpaceBetween>
    </Notice>
  );
}
