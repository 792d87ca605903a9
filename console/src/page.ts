// What a page puts around itself: its split panel.
import type { AppLayoutProps } from "@cloudscape-design/components/app-layout";
import { createContext, createRef, useContext, useEffect, type ReactNode, type RefObject } from "react";

export interface PageFrame {
  splitPanel?: ReactNode;
  closeSplitPanel?: () => void;
  contentType?: AppLayoutProps.ContentType;
}

export const PageContext = createContext<(frame: PageFrame) => void>(() => {});

export const LayoutContext = createContext<RefObject<AppLayoutProps.Ref | null>>(createRef());

/** The frame lasts as long as the page; `key` says when it changed. */
export function usePageFrame(frame: PageFrame, key: string) {
  const set = useContext(PageContext);
  useEffect(() => {
    if (!frame.splitPanel && !frame.contentType) return;
    set(frame);
    return () => set({});
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [set, key]);
}
