// What a widget can be taken away as.
import { type Document, textsOf } from "../ask";
import { type State, writeState } from "../state";

const enums = new Set(["interval", "dimension", "unit", "level"]);

/** A value as GraphQL writes it. */
function literal(value: unknown, name: string): string {
  if (Array.isArray(value)) return `[${value.map((v) => literal(v, name)).join(", ")}]`;
  if (value && typeof value === "object") return `{ ${Object.entries(value).map(([k, v]) => `${k}: ${literal(v, k)}`).join(", ")} }`.replace("{  }", "{}");
  return enums.has(name) ? String(value) : JSON.stringify(value);
}

/** The operation with its variables in place: it can be pasted anywhere. */
export async function graphqlOf<T, V extends object>(document: Document<T, V>, variables: V): Promise<string> {
  const [, text] = await textsOf(document);
  return text
    .replace(/^query (\w+)\([^{]*?\)\s*\{/, "query $1 {")
    .replace(/\$(\w+)/g, (_, name) => literal((variables as Record<string, unknown>)[name] ?? null, name));
}

export const curlOf = (query: string) => `curl -s '${location.origin}/graphql' -H 'Content-Type: application/json' -d '${JSON.stringify({ query }).replaceAll("'", "'\\''")}'`;

export interface Picture {
  /** Names with commas; empty for all of PyPI. */
  names: string;
  state: State;
  /** Beside the state's: by, first, shape, ... */
  parameters: Record<string, string>;
}

/** The address of a picture or of its numbers. */
export function chartAddress({ names, state, parameters }: Picture, ending: string): string {
  const q = new URLSearchParams(writeState(state, parameters));
  if (!q.has("from") && !q.has("to")) q.set("last", state.last);
  q.sort();
  return `${location.origin}/chart${names ? `/${names.split(",").map(encodeURIComponent).join(",")}` : ""}.${ending}?${q}`;
}

/** The builder, filled in with the picture as a frame. */
export function buildAddress({ names, state, parameters }: Picture): string {
  const q = new URLSearchParams(writeState(state, parameters));
  if (!q.has("from") && !q.has("to")) q.set("last", state.last);
  q.set("kind", "frame");
  if (names) q.set("project", names);
  q.sort();
  return `/build?${q}`;
}

export const pageAddress = () => location.origin + location.pathname + location.search;

const escaped = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

export const markdownOf = (p: Picture, title: string) => `[![${title.replace(/[[\]]/g, "\\$&")}](${chartAddress(p, "svg")})](${pageAddress()})`;

/** The picture as a frame, which moves. */
export function frameOf(p: Picture, title: string): string {
  const address = new URL(chartAddress(p, "svg"));
  address.pathname = address.pathname.replace(/^\/chart/, "/embed").replace(/\.svg$/, "");
  return `<iframe src="${escaped(address.href)}" title="${escaped(title)}" width="100%" height="440" loading="lazy" frameborder="0"></iframe>`;
}

export const htmlOf = (p: Picture, title: string) => `<a href="${escaped(pageAddress())}"><img src="${escaped(chartAddress(p, "svg"))}" alt="${escaped(title)}" width="800" height="400" loading="lazy"></a>`;
