// Going from place to place, and what is shown there.
import { createContext, startTransition, useContext, useEffect, useState } from "react";
import { askEarly } from "./api/load";
import { presentPlace, type Location } from "./place";
import { loadedPage, loadPage, type Page } from "./routes";

export { href, type Location } from "./place";

export interface Shown {
  location: Location;
  /** Undefined until it is loaded. */
  page: Page | undefined;
  error?: Error;
}

/** For the whole console, once. A place is shown when its page is there: what was shown before stays until then. It is drawn
 * without holding up what people do meanwhile. */
export function useShown(): Shown {
  const [shown, setShown] = useState<Shown>(() => {
    const location = presentPlace();
    return { location, page: loadedPage(location.path) };
  });
  useEffect(() => {
    let latest = shown.location;
    const put = (next: Shown) => next.location === latest && startTransition(() => setShown(next));
    const show = (location: Location) => {
      const moved = location.path !== latest.path;
      latest = location;
      const open = (page: Page) => {
        if (moved && location === latest) void askEarly(page.questions?.(location.query));
        put({ location, page });
      };
      const page = loadedPage(location.path);
      if (page) open(page);
      else loadPage(location.path).then(open, (error: Error) => put({ location, page: undefined, error }));
    };
    if (!shown.page) show(shown.location);
    const changed = () => show(presentPlace());
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  return shown;
}

export const LocationContext = createContext<Location>(presentPlace());

export function useLocation(): Location {
  return useContext(LocationContext);
}

export function navigate(to: string, options: { replace?: boolean } = {}) {
  if (options.replace) {
    history.replaceState(null, "", to);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else window.location.hash = to;
}
