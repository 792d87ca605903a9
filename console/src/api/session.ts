// Who is signed in: temporary keys, kept for this tab alone.
import { makeStore } from "./store";

export interface Session {
  accountId: string;
  user: string;
  role: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiresAt: number; // seconds since 1970
  lastEventId: number; // when it began
}

const name = "assay.session";
function read(): Session | null {
  const text = sessionStorage.getItem(name);
  const session = text ? (JSON.parse(text) as Session) : null;
  return session && session.expiresAt * 1000 > Date.now() ? session : null;
}

export const sessions = makeStore(read());
/** Whether it had a session when it was loaded, which may have ended by the time that anything is drawn. */
export const cameSignedIn = sessions.get() !== null;
export const currentSession = sessions.get;
export const useSession = sessions.use;

export function setSession(session: Session | null) {
  if (session) sessionStorage.setItem(name, JSON.stringify(session));
  else sessionStorage.removeItem(name);
  sessions.set(session);
}
