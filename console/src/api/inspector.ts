// Inspector's API. AWS's SDK has its model: where an operation is, and what in its answer is a time. Its runtime, made for
// the cloud (endpoints, credentials, event streams), is as large again as everything that this console needs of it, and is
// left out: a request goes the way of our own endpoints.
import { request } from "./client";
import { dateOf } from "./time";

/** One of the SDK's commands. */
interface Command<Output> {
  readonly input: object;
  readonly schema?: unknown;
  resolveMiddleware(stack: never, configuration: never, options: never): (args: never) => Promise<{ output: Output }>;
}

// The SDK's schemas, as far as answers use them: [kind, namespace, name, traits, ...]. Those of members may be behind a
// function, and may be a pair with the member's own traits.
type Schema = number | string | readonly unknown[] | (() => Schema);
type Operation = readonly [9, string, string, { http: [method: string, path: string, status: number] }, Schema, Schema];
const kinds = { list: 1, map: 2, structure: 3, union: 4 };
const timestamps = { first: 4, last: 7, mask: 63 }; // of simple schemas; above the mask are lists and maps of them

function resolved(schema: Schema): Exclude<Schema, () => Schema> {
  if (typeof schema === "function") return resolved(schema());
  return Array.isArray(schema) && schema.length === 2 ? resolved(schema[0] as Schema) : schema;
}

/** A value of an answer with its times, which are seconds, as dates; changes it in place where it can. */
function withDates(value: unknown, of: Schema): unknown {
  const schema = resolved(of);
  if (value === null || value === undefined || typeof schema === "string") return value;
  if (typeof schema === "number") {
    const simple = schema & timestamps.mask;
    if (simple < timestamps.first || simple > timestamps.last) return value;
    if (typeof value === "number") return dateOf(value);
    return eachMember(value as Record<string, unknown>, () => simple);
  }
  const [kind, , , , names, members] = schema as [number, string, string, unknown, unknown, Schema[]];
  if (kind === kinds.list) return eachMember(value as Record<string, unknown>, () => names as Schema);
  if (kind === kinds.map) return eachMember(value as Record<string, unknown>, () => schema[5] as Schema);
  return eachMember(value as Record<string, unknown>, (name) => members[(names as string[]).indexOf(name)] ?? 0);
}

function eachMember(value: Record<string, unknown>, schemaOf: (name: string) => Schema): unknown {
  for (const name of Object.keys(value)) value[name] = withDates(value[name], schemaOf(name));
  return value;
}

/** Times are seconds in the API. */
function json(input: object): string {
  return JSON.stringify(input, function (this: Record<string, unknown>, name, value: unknown) {
    const original = this[name]; // JSON.stringify has made a string of a date before it asks
    return original instanceof Date ? original.getTime() / 1000 : value;
  });
}

export async function send<Output>(command: Command<Output>, signal?: AbortSignal): Promise<Output> {
  const [, , , traits, , output] = command.schema as Operation;
  const [method, path] = traits.http;
  return withDates(await request<unknown>(method, path, json(command.input), signal), output) as Output;
}

/** Every page of a list; `command` makes the question for the page that a token leads to. */
export async function* pages<Output extends { nextToken?: string }>(command: (nextToken?: string) => Command<Output>): AsyncGenerator<Output> {
  let token: string | undefined;
  do {
    const page = await send(command(token));
    yield page;
    token = page.nextToken;
  } while (token);
}
