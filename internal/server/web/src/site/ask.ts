// Asks /graphql by a document's hash; its text is fetched and sent only where
// the gateway does not know it yet.
import type { TypedDocumentString } from "./gql/graphql";

export interface FieldError {
  message: string;
  path?: (string | number)[];
  extensions?: { code?: string; requestId?: string };
}

export interface Query {
  table: string;
  tables?: string[];
  sql: string;
  source: string;
  rowsRead: number | null;
  bytesRead: number | null;
  elapsedMs: number;
  ageSeconds: number;
  rejected: { table: string; code: string; reason: string }[];
  playUrl?: string;
}

export interface Answer<T> {
  data?: T | null;
  errors?: FieldError[];
  extensions?: {
    cost?: { rows: number; queries: number };
    stale?: { asOf: string; reason: string };
    hints?: { path: (string | number)[]; message: string }[];
    explain?: { queries: Query[] };
  };
  requestId?: string;
}

/** A failure of the request as a whole: nothing of the answer came. */
export class Unanswered extends Error {}

declare const __DOCUMENTS__: string;

export type Document<T, V> = TypedDocumentString<T, V>;

let texts: Promise<Record<string, [sent: string, shown: string]>> | undefined;

/** The text of a document of the bundle: as it is sent, and as people read it. */
export async function textsOf(document: { __meta__?: Record<string, unknown> }): Promise<[sent: string, shown: string]> {
  texts ??= fetch(new URL(`/assets/${__DOCUMENTS__}`, location.href)).then((r) => r.json());
  return (await texts)[idOf(document)];
}

/** "sha256:" and the hash of the document's text. */
const idOf = (document: { __meta__?: Record<string, unknown> }) => String(document.__meta__?.hash);

export async function ask<T, V>(document: Document<T, V>, variables: V, extensions: object = {}, signal?: AbortSignal): Promise<Answer<T>> {
  const id = idOf(document);
  const named = { ...extensions, persistedQuery: { version: 1, sha256Hash: id.slice(id.indexOf(":") + 1) } };
  const address = `/graphql?${new URLSearchParams({ variables: JSON.stringify(variables), extensions: JSON.stringify(named) })}`;
  let answer = await read<T>(fetch(address, { headers: { Accept: "application/json" }, signal }));
  if (answer.errors?.some((e) => e.extensions?.code === "PERSISTED_QUERY_NOT_FOUND")) {
    const body = JSON.stringify({ query: (await textsOf(document))[0], variables, extensions: named });
    answer = await read<T>(fetch("/graphql", { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body, signal }));
  }
  return answer;
}

async function read<T>(sent: Promise<Response>): Promise<Answer<T>> {
  let response: Response;
  try {
    response = await sent;
  } catch (e) {
    if ((e as Error).name === "AbortError") throw e;
    throw new Unanswered("The gateway cannot be reached.");
  }
  const requestId = response.headers.get("X-Request-Id") ?? undefined;
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.includes("json")) {
    const wait = response.headers.get("Retry-After");
    throw new Unanswered(`The gateway answered ${response.status}${wait ? `; try again in ${wait} s` : ""}.`);
  }
  return { ...(await response.json()), requestId };
}

/** The first error at or below a path of response names. */
export function errorAt(errors: FieldError[] | undefined, path: (string | number)[]): FieldError | undefined {
  return errors?.find((e) => !e.path || path.every((part, i) => i >= e.path!.length || e.path![i] === part));
}
