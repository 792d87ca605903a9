// The way to the server: requests signed with the session's keys, to Inspector's API (inspector.ts) and to our own endpoints
// (native.ts) for what that lacks.
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { isRead, withAttempts } from "./attempts";
import { ApiError } from "./error";
import { currentSession, setSession, type Session } from "./session";

const defaultRegion = "us-east-1";

function credentials(session: Pick<Session, "accessKeyId" | "secretAccessKey"> & { sessionToken?: string }) {
  return {
    accessKeyId: session.accessKeyId,
    secretAccessKey: session.secretAccessKey,
    ...(session.sessionToken ? { sessionToken: session.sessionToken } : {}),
  };
}

const expired = new Set(["ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException"]);

async function signed(method: string, path: string, body: string | undefined, keys: ReturnType<typeof credentials>, region: string, signal?: AbortSignal) {
  const url = new URL(path, window.location.origin);
  const signer = new SignatureV4({ service: "inspector2", region, credentials: keys, sha256: Sha256 });
  const request = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries([...url.searchParams.keys()].map((key) => [key, url.searchParams.getAll(key)])),
    headers: { host: url.host, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body,
  });
  delete request.headers["host"]; // the browser sets it
  return fetch(url, { method, headers: request.headers, body, signal }).catch(unreachable);
}

/** What fetch() throws when the network does not bear it. */
function unreachable(error: unknown): never {
  throw error instanceof TypeError ? new ApiError("Unreachable", error.message, 0) : error;
}

async function answer<T>(response: Response): Promise<T> {
  const text = await response.text().catch(unreachable);
  if (response.ok) return (text ? JSON.parse(text) : undefined) as T;
  const name = response.headers.get("x-amzn-ErrorType")?.split(":")[0] ?? "Error";
  const body = text.startsWith("{") ? (JSON.parse(text) as { message?: string; fields?: { name: string; message: string }[] }) : {};
  const said = body.message ?? `${response.status} ${response.statusText}`;
  throw new ApiError(name, said, response.status, body.fields, Number(response.headers.get("Retry-After")) || 0);
}

function session(): Session {
  const present = currentSession();
  if (!present) throw new ApiError("ExpiredTokenException", "Not signed in", 403);
  return present;
}

/** Asks in a session; one that the server knows no more is over, and the user is sent to the sign-in page, unless somebody has
 * signed in since. */
async function inSession<T>(one: Session, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError && expired.has(error.name) && currentSession() === one) setSession(null);
    throw error;
  }
}

/** All attempts are those of who is signed in now. */
export async function request<T>(method: string, path: string, body?: string, signal?: AbortSignal): Promise<T> {
  const present = session();
  const ask = async () => answer<T>(await signed(method, path, body, credentials(present), present.region, signal));
  return withAttempts(() => inSession(present, ask), isRead(method, path), signal);
}

/** One of our own endpoints, under /assay/v1. */
export function native<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return request<T>(method, `/assay/v1${path}`, body === undefined ? undefined : JSON.stringify(body), signal);
}

/** As native(), for answers that stay open: server-sent events. */
export async function stream(path: string): Promise<Response> {
  const present = session();
  return inSession(present, async () => {
    const response = await signed("GET", `/assay/v1${path}`, undefined, credentials(present), present.region);
    return response.ok ? response : answer(response);
  });
}

/** Exchanges an access key, which is then forgotten, for temporary keys. */
export async function signIn(accessKeyId: string, secretAccessKey: string): Promise<void> {
  const keys = { accessKeyId, secretAccessKey };
  setSession(await answer<Session>(await signed("POST", "/assay/v1/session", "{}", keys, defaultRegion)));
}

/** At once: a session that the server does not hear of ends by itself. */
export function signOut() {
  native("DELETE", "/session").catch(() => {});
  setSession(null);
}
