// Once more, when that may help, by the rules of AWS's SDKs: what was refused for the moment, what broke on the way.
// Pauses double, and differ from tab to tab; a server that says when to come back is heeded.
import { ApiError } from "./error";

const most = 5;
const firstPause = 200; // ms
const longestPause = 20_000;

/** Whether asking twice is the same as asking once: those of the API's POSTs that only read end so. */
export function isRead(method: string, path: string): boolean {
  return method === "GET" || (method === "POST" && /(get|list|search|count|preview)$/.test(path));
}

/** 429 and 503 come before anything is done; after other failures something may have been. */
function mayHelp(error: unknown, read: boolean): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  return error.status === 429 || error.status === 503 || (read && (error.status === 0 || error.status >= 500));
}

function pause(length: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, length);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}

export async function withAttempts<T>(ask: () => Promise<T>, read: boolean, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === most || signal?.aborted || !mayHelp(error, read)) throw error;
      const usual = firstPause * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      await pause(Math.min(longestPause, Math.max(usual, error.retryAfter * 1000)), signal);
      signal?.throwIfAborted();
    }
  }
}
