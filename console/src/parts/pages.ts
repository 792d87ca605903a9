// Lists that the server gives page by page: a token leads from each page to the next.
import { useState } from "react";

export interface Pages {
  /** Of the page that is shown; undefined: the first. */
  token: string | undefined;
  index: number;
  /** Props for Cloudscape's Pagination, given the token that came with the page. */
  props: (nextToken: string | undefined) => {
    currentPageIndex: number;
    pagesCount: number;
    openEnd: boolean;
    onChange: (event: { detail: { currentPageIndex: number } }) => void;
  };
}

/** Begins anew when `key`, which names the list, changes. */
export function usePages(key: string): Pages {
  const [state, setState] = useState<{ key: string; tokens: (string | undefined)[]; index: number }>({ key, tokens: [undefined], index: 0 });
  const present = state.key === key ? state : { key, tokens: [undefined], index: 0 };
  return {
    token: present.tokens[present.index],
    index: present.index,
    props: (nextToken) => ({
      currentPageIndex: present.index + 1,
      pagesCount: Math.max(present.tokens.length, present.index + 1),
      openEnd: !!nextToken && present.tokens.length === present.index + 1,
      onChange({ detail }) {
        const index = detail.currentPageIndex - 1;
        const tokens = index === present.tokens.length ? [...present.tokens, nextToken] : present.tokens;
        if (index < tokens.length) setState({ key, tokens, index });
      },
    }),
  };
}
