import AppLayout from "@cloudscape-design/components/app-layout";
import Button from "@cloudscape-design/components/button";
import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";
import SideNavigation, { type SideNavigationProps } from "@cloudscape-design/components/side-navigation";
import TopNavigation from "@cloudscape-design/components/top-navigation";
import { memo, useContext, useEffect, useMemo, useState, type KeyboardEvent, type ReactNode } from "react";
import { signOut } from "./api/client";
import { cameSignedIn, useSession, type Session } from "./api/session";
import { troubles } from "./api/trouble";
import { LanguageProvider, locales, useLanguage, type Key, type Locale } from "./i18n";
import type { Speech } from "./i18n/speech";
import { LayoutContext, PageContext, type PageFrame } from "./page";
import { background } from "./parts/background";
import { useKept } from "./parts/kept";
import { LoadError, useErrorText } from "./parts/states";
import { SignIn } from "./pages/sign-in";
import { href, LocationContext, useLocation, useShown, type Location } from "./router";
import { useTheme } from "./theme";

export function App({ speech }: { speech: Speech }) {
  return (
    <LanguageProvider speech={speech}>
      <Gate />
    </LanguageProvider>
  );
}

function Gate() {
  const session = useSession();
  const [wasIn, setWasIn] = useState(cameSignedIn);
  if (session && !wasIn) setWasIn(true);
  return session ? <Console session={session} /> : <SignIn ended={wasIn} />;
}

/** The path of the navigation's link that a page belongs to: tabs and forms belong to their list. */
function navigationPath(path: string): string {
  return path.startsWith("/findings") ? path : `/${path.split("/")[1] ?? ""}`;
}

const titles: Record<string, Key> = {
  "/": "nav.dashboard",
  "/findings": "nav.allFindings",
  "/findings/by-vulnerability": "nav.byVulnerability",
  "/findings/by-instance": "nav.byInstance",
  "/findings/by-image": "nav.byImage",
  "/findings/by-repository": "nav.byRepository",
  "/findings/by-function": "nav.byFunction",
  "/findings/by-account": "nav.byAccount",
  "/rules": "nav.rules",
  "/coverage": "nav.coverage",
  "/search": "nav.search",
  "/usage": "nav.usage",
  "/settings": "nav.settings",
};

/** Says in the document where the user is, once that is shown. */
function usePlace({ path, query }: Location) {
  const { t } = useLanguage();
  useEffect(() => {
    const title = titles[navigationPath(path)];
    document.title = title ? `${t(title)} – assay` : "assay";
    document.documentElement.dataset.place = href(path, Object.fromEntries(query));
  });
}

function Navigation() {
  const { t } = useLanguage();
  const { path } = useLocation();
  const link = (to: string): SideNavigationProps.Link => ({ type: "link", text: t(titles[to]!), href: href(to) });
  return (
    <SideNavigation
      activeHref={href(navigationPath(path))}
      items={[
        link("/"),
        {
          type: "section",
          text: t("nav.findings"),
          items: Object.keys(titles).filter((path) => path.startsWith("/findings")).map(link),
        },
        link("/rules"),
        link("/coverage"),
        link("/search"),
        link("/usage"),
        link("/settings"),
      ]}
    />
  );
}

const navigation = <Navigation />;

/** Of what is shown, what could not be read again. */
function useStale(): FlashbarProps.MessageDefinition[] {
  const { t } = useLanguage();
  const text = useErrorText();
  const present = troubles.use();
  if (!present.length) return [];
  const retry = () => present.forEach((one) => one.retry());
  const said = [...new Set(present.map(({ error }) => text(error)))];
  return [{ id: "stale", type: "warning", header: t("error.stale"), content: said.join(" "), action: <Button onClick={retry}>{t("error.retry")}</Button> }];
}

/** Not drawn again with the pages: it measures itself when it is. */
const Top = memo(function Top({ session }: { session: Session }) {
  const { t, locale, setLocale } = useLanguage();
  const [dark, setDark] = useTheme();
  return (
    <TopNavigation
      identity={{ href: href("/"), title: "assay" }}
      i18nStrings={{ overflowMenuTriggerText: t("nav.more"), overflowMenuTitleText: t("nav.more") }}
      utilities={[
        {
          type: "menu-dropdown",
          text: locales[locale],
          items: Object.entries(locales).map(([id, text]) => ({ id, text, lang: id })),
          onItemClick: ({ detail }) => setLocale(detail.id as Locale),
        },
        { type: "button", text: t(dark ? "theme.light" : "theme.dark"), onClick: () => setDark(!dark) },
        {
          type: "menu-dropdown",
          iconName: "user-profile",
          text: session.user,
          description: session.accountId,
          items: [{ id: "out", text: t("signOut") }],
          onItemClick: () => {
            for (const { end } of background.get()) end();
            signOut();
          },
        },
      ]}
    />
  );
});

/** Escape closes what is beside a list, unless something in it took the key for itself: the panel's handle takes all. */
function Closing({ close, children }: { close: (() => void) | undefined; children: ReactNode }) {
  const press = ({ key, target, isDefaultPrevented }: KeyboardEvent) => {
    const isHandle = (target as HTMLElement).role === "slider";
    if (key === "Escape" && (isHandle || !isDefaultPrevented())) close?.();
  };
  return (
    <div style={{ display: "contents" }} onKeyDown={press}>
      {children}
    </div>
  );
}

function Console({ session }: { session: Session }) {
  const [frame, setFrame] = useState<PageFrame>({});
  const [splitSize, setSplitSize] = useKept<number | undefined>("split.size", undefined);
  const [splitPosition, setSplitPosition] = useKept<"side" | "bottom">("split.position", "side");
  const { location, page, error } = useShown();
  const layout = useContext(LayoutContext);
  const stale = useStale();
  const tasks = background.use();
  usePlace(location);
  // What stands around a page changes without drawing the page anew.
  const content = useMemo(() => {
    if (error) return <LoadError error={error} retry={() => window.location.reload()} />;
    return page && <page.default key={location.path} query={location.query} />;
  }, [location, page, error]);
  return (
    <LocationContext.Provider value={location}>
      <PageContext.Provider value={setFrame}>
        <div id="top">
          <Top session={session} />
        </div>
        <AppLayout
          headerSelector="#top"
          navigation={navigation}
          notifications={<Flashbar items={[...stale, ...tasks.map(({ flash }) => flash)]} stackItems />}
          toolsHide
          contentType={frame.contentType ?? page?.contentType ?? "default"}
          ref={layout}
          splitPanel={frame.splitPanel && <Closing close={frame.closeSplitPanel}>{frame.splitPanel}</Closing>}
          splitPanelOpen={!!frame.splitPanel}
          onSplitPanelToggle={({ detail }) => detail.open || frame.closeSplitPanel?.()}
          splitPanelSize={splitSize}
          onSplitPanelResize={({ detail }) => setSplitSize(detail.size)}
          splitPanelPreferences={{ position: splitPosition }}
          onSplitPanelPreferencesChange={({ detail }) => setSplitPosition(detail.position)}
          content={content}
        />
      </PageContext.Provider>
    </LocationContext.Provider>
  );
}
