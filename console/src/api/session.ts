// Who is signed in: temporary keys, kept for this tab alone.
import { useSyncExternalStore } from "react";

export interface Session {
  accountId: string;
  user: string;
  role: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiresAt: number; // seconds since 1970
}

const name = "assay.session";
const listeners = new Set<() => void>();
let present = read();

function read(): Session | null {
  const text = sessionStorage.getItem(name);
  const session = text ? (JSON.parse(text) as Session) : null;
  return session && session.expiresAt * 1000 > Date.now() ? session : null;
}

export function currentSession(): Session | null {
  return present;
}

export function setSession(session: Session | null) {
  present = session;
  if (session) sessionStorage.setItem(name, JSON.stringify(session));
  else sessionStorage.removeItem(name);
  for (const changed of listeners) changed();
}

export function useSession(): Session | null {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => present,
  );
}
