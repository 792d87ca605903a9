import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import type { ReactNode } from "react";

/** Names with values; those without a value are left out. */
export function Facts({ facts, columns = 2 }: { facts: [label: string, value: ReactNode][]; columns?: number }) {
  const items = facts.filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== "–");
  return <KeyValuePairs columns={columns} items={items.map(([label, value]) => ({ label, value }))} />;
}
