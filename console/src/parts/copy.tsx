import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import { useLanguage } from "../i18n";

/** Text with a button that copies it; `what` names it to those who do not see it. */
export function Copy({ text, what }: { text: string; what: string }) {
  const { t } = useLanguage();
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={text}
      textToDisplay={<span style={{ overflowWrap: "anywhere" }}>{text}</span> as never}
      copyButtonAriaLabel={t("copy.button", { what })}
      copySuccessText={t("copy.done")}
      copyErrorText={t("copy.failed")}
    />
  );
}
