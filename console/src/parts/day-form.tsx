import FormField from "@cloudscape-design/components/form-field";
import type { PropertyFilterProps } from "@cloudscape-design/components/property-filter";
import { useId } from "react";
import { useLanguage } from "../i18n";

/** The browser's own calendar. */
export function DayForm({ value, onChange }: PropertyFilterProps.ExtendedOperatorFormProps<string>) {
  const { t } = useLanguage();
  const id = useId();
  return (
    <FormField label={t("filter.day")} controlId={id}>
      <input
        id={id}
        type="date"
        value={value ?? ""}
        onChange={({ target }) => onChange(target.value)}
        style={{ font: "inherit", color: "inherit", background: "transparent", padding: "4px 12px", border: "2px solid currentColor", borderRadius: 8 }}
      />
    </FormField>
  );
}
