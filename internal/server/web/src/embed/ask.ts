// Asks the gateway, by the document's hash; what several components of a page ask
// alike is asked once.
import type { EmbedChartQuery, EmbedChartQueryVariables } from "../site/gql/graphql";

declare const __EMBED_CHART__: { hash: string; text: string };

export interface Answer {
  data?: EmbedChartQuery | null;
  errors?: { message: string; path?: (string | number)[]; extensions?: { code?: string } }[];
  extensions?: { stale?: { asOf: string; reason: string }; hints?: { message: string }[] };
  /** It is from the browser's own memory, as the gateway could not be reached. */
  remembered?: boolean;
}

/** The gateway cannot be reached, or is not able to answer now; after seconds it may be. */
export class Away extends Error {
  constructor(
    message: string,
    readonly after = 0,
  ) {
    super(message);
  }
}

/** How long an answer is good for another component, in ms. */
const shared = 60_000;
const asked = new Map<string, { at: number; answer: Promise<Answer> }>();

/** The answer for these variables; fresh asks again. */
export function ask(base: string, key: string | null, variables: EmbedChartQueryVariables, fresh = false): Promise<Answer> {
  const q = new URLSearchParams({ variables: JSON.stringify(variables), extensions: JSON.stringify({ persistedQuery: { version: 1, sha256Hash: __EMBED_CHART__.hash } }) });
  if (key) q.set("key", key);
  const address = `${base}/graphql?${q}`;
  const known = asked.get(address);
  if (known && !fresh && Date.now() - known.at < shared) return known.answer;
  const answer = answerOf(address);
  asked.set(address, { at: Date.now(), answer });
  answer.catch(() => asked.delete(address));
  return answer;
}

/** A GET without a header that a browser would have to ask leave for. */
const request: RequestInit = { headers: { Accept: "application/json" }, credentials: "omit", mode: "cors" };

async function answerOf(address: string): Promise<Answer> {
  try {
    const answer = await read(address);
    if (!answer.errors?.some((e) => e.extensions?.code === "PERSISTED_QUERY_NOT_FOUND")) return answer;
    return await read(`${address}&${new URLSearchParams({ query: __EMBED_CHART__.text })}`);
  } catch (e) {
    // What the browser still has of this address is better than nothing.
    const kept = await fetch(address, { ...request, cache: "force-cache" }).then(
      (r) => (r.ok ? (r.json() as Promise<Answer>) : undefined),
      () => undefined,
    );
    if (kept?.data) return { ...kept, remembered: true };
    throw e;
  }
}

async function read(address: string): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(address, request);
  } catch {
    throw new Away("the gateway cannot be reached");
  }
  if (response.status === 429 || response.status >= 500) throw new Away(`the gateway answered ${response.status}`, Number(response.headers.get("Retry-After")) || 0);
  if (!(response.headers.get("Content-Type") ?? "").includes("json")) throw new Away("the gateway did not answer");
  return response.json();
}
