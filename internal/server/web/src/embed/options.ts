// What a component's attributes say: as the parameters of a chart's address.
import type { EmbedChartQueryVariables } from "../site/gql/graphql";
import { dateRange, days, dimensions, filterOf, intervals, readState, type State } from "../site/state";

/** The shapes that are drawn here; others are shown as pictures, with a table. */
export const drawn = ["area", "line", "bar", "share"] as const;
export type Shape = (typeof drawn)[number];
/** Those others: a test of internal/picture holds both lists to render.Shapes. */
export const pictured = ["sparkline", "donut", "ranking", "map"];

/** Attributes that are no filter. An attribute's name is written with or without joints: file-type, file_type, filetype. */
const plain = ["project", "by", "first", "others", "last", "from", "to", "interval", "shape", "scale", "transform", "mirrors", "human", "theme", "height", "src", "heading", "api-key", "plain"];
const spellings = (name: string) => [...new Set([name, name.replaceAll("_", "-"), name.replaceAll("_", "")])];
export const attributes = [...plain, ...dimensions.flatMap((d) => spellings(d.param))];

/** Those that change what is asked; the rest changes how it looks. */
export const asked = attributes.filter((name) => !["theme", "height", "heading", "plain"].includes(name));

export interface Options {
  names: string[];
  state: State;
  /** The dimension's parameter, or project. */
  by: string;
  shape: string;
  log: boolean;
  indexed: boolean;
  variables: EmbedChartQueryVariables;
  /** What is wrong with an attribute. */
  problem?: string;
}

/** The most series that a chart tells apart. */
const maxSeries = 10;

/** Reads the attributes. */
export function optionsOf(get: (name: string) => string | null): Options {
  const q = new URLSearchParams();
  const set = (name: string, text: string | null) => text !== null && q.set(name, text);
  set("last", get("last") ?? (get("from") || get("to") ? null : "12m"));
  for (const name of ["from", "to", "interval", "mirrors", "human"]) set(name, get(name));
  for (const d of dimensions) set(d.param, spellings(d.param).map(get).find((text) => text !== null) ?? null);
  const state = readState(`?${q}`);
  const names = [...new Set((get("project") ?? "").split(",").map(normal).filter(Boolean))];
  const by = (get("by") ?? "").toLowerCase().replaceAll("-", "_");
  const indexed = get("transform") === "indexed";
  const byProject = by === "project" && names.length === 0;
  const several = names.length > 1;
  const shape = (get("shape") ?? (byProject ? "ranking" : several || indexed ? "line" : "area")).toLowerCase();
  const log = get("scale") === "log";
  const dimension = dimensions.find((d) => d.param === by || d.field.toLowerCase() === by);
  const whole = !(drawn as readonly string[]).includes(shape);
  const variables: EmbedChartQueryVariables = {
    projects: names.length ? names : null,
    named: names,
    range: dateRange(state),
    filter: filterOf(state),
    interval: intervalOf(state),
    dimension: dimension?.by ?? (shape === "map" ? "COUNTRY" : "PYTHON"),
    first: Number(get("first") ?? (byProject ? 10 : shape === "map" ? 300 : 5)),
    others: get("others") !== "false",
    split: !several && (dimension !== undefined || shape === "map"),
    several,
    ranked: byProject,
    timed: !whole,
    indexed,
  };
  return { names, state, by: dimension?.param ?? by, shape: log && shape !== "share" ? "line" : shape, log, indexed, variables, problem: problemOf(get, { names, by, known: dimension !== undefined || byProject || by === "", shape, several, first: variables.first }) };
}

/** What is wrong with the attributes, if anything: a chart that passed over one would show something else than its author thinks. */
function problemOf(get: (name: string) => string | null, o: { names: string[]; by: string; known: boolean; shape: string; several: boolean; first: number }): string | undefined {
  const last = get("last");
  const interval = get("interval");
  if (o.names.length > maxSeries) return `project names ${o.names.length} projects; at most ${maxSeries} are shown`;
  if (!o.known && !(o.by === "project" && o.several)) return `by is "${o.by}"; it is one of ${dimensions.map((d) => d.param).join(", ")}`;
  if (o.several && o.by && o.by !== "project") return `by="${o.by}" splits one project; several are told apart already`;
  if (![...drawn, ...pictured].includes(o.shape)) return `shape is "${o.shape}"; it is one of ${[...drawn, ...pictured].join(", ")}`;
  if (!Number.isInteger(o.first) || o.first < 1 || (o.first > maxSeries && drawn.includes(o.shape as Shape))) return `first is "${get("first")}"; it is a number from 1 to ${maxSeries}`;
  if (last && last !== "all" && !/^\d{1,5}[dwmqy]$/.test(last)) return `last is "${last}"; write a number and one of d, w, m, q, y, such as 90d, or all`;
  if (interval && !(intervals as readonly string[]).includes(interval.toLowerCase())) return `interval is "${interval}"; it is one of ${intervals.join(", ")}`;
  return undefined;
}

/** A name as PEP 503 writes it. */
const normal = (name: string) => name.trim().toLowerCase().replace(/[-_.]+/g, "-");

/** The interval: the one that is said, or what gives some dozens of points; as pictures choose it. */
function intervalOf(s: State): EmbedChartQueryVariables["interval"] {
  if (s.interval) return s.interval.toUpperCase() as EmbedChartQueryVariables["interval"];
  const n = days(s, new Date().toISOString().slice(0, 10));
  if (n > 0 && n <= 120) return "DAY";
  return n > 0 && n <= 3 * 366 ? "WEEK" : "MONTH";
}
