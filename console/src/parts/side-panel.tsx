// One thing in full, beside its list. Who opens it by keyboard is in it, and is back where they were when it closes.
import SplitPanel from "@cloudscape-design/components/split-panel";
import { useContext, useEffect, type ReactNode } from "react";
import { LayoutContext } from "../page";

export function SidePanel({ header, children }: { header: string; children: ReactNode }) {
  const layout = useContext(LayoutContext);
  useEffect(() => {
    const before = document.activeElement;
    if (!(before instanceof HTMLElement && before.matches("a:focus-visible"))) return;
    layout.current?.focusSplitPanel();
    return () => {
      if (before.isConnected) before.focus();
    };
  }, [layout]);
  return (
    <SplitPanel header={header} closeBehavior="hide">
      {children}
    </SplitPanel>
  );
}
