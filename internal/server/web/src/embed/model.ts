// What an answer shows: the lines of a chart, its words, its table.
import type { Line, Shape, Spec } from "../site/chart/layout";
import { day, exact, share } from "../site/format";
import { gapsOf, lostWords, nameOf } from "../site/gaps";
import { dimensions, inSentence, isSpecifier, said } from "../site/state";
import type { Answer } from "./ask";
import { drawn, type Options } from "./options";

export interface Model {
  title: string;
  /** Below the title: what is counted, of which downloads, which days. */
  subtitle: string[];
  /** What is missing, or not as it was asked. */
  notes: string[];
  /** The chart; absent where a picture is shown. */
  spec?: Spec;
  table: { head: string[]; rows: string[][] };
  /** Filters that nothing can pass, and what was probably meant: what they leave is no true zero. */
  hints: string[];
  /** Projects that there are none of. */
  unknown: string[];
  empty: boolean;
}

type Data = NonNullable<Answer["data"]>;

export function modelOf(answer: Answer, o: Options, heading: string | null): Model {
  const data = answer.data!;
  const hints = [...new Set((answer.extensions?.hints ?? []).map((h) => h.message.replace("filter.", "")))];
  const unknown = o.names.filter((_, i) => !data.known?.[i]);
  const names = o.names.filter((name) => !unknown.includes(name));
  const title = heading || names.join(", ") || (o.variables.ranked ? "Most downloaded projects" : o.names.join(", ") || "All of PyPI");
  const interval = o.variables.interval;
  const timed = (drawn as readonly string[]).includes(o.shape);
  const { axis, lines } = linesOf(data, o);
  const { dates, missing } = axis;
  const gaps = gapsOf(axis, interval, (i) => lines.every((l) => !l.totals[i]));
  const spec: Spec | undefined = timed
    ? { title, dates, interval, lines, shape: o.shape as Shape, log: o.log, ...gaps, ...(o.indexed && { format: index }) }
    : undefined;
  const notes: string[] = [];
  if (unknown.length > 0) notes.push(`unknown: ${unknown.join(", ")}`);
  const empty = timed ? !lines.some((l) => l.totals.some((v) => v !== null && v > 0)) : partsOf(data, o).rows.length === 0;
  if (!empty || !spec) notes.push(...hints);
  if (missing.length > 0) notes.push(missing.length === 1 ? `${day(missing[0])} is not loaded` : lostWords(missing.length));
  return {
    title,
    subtitle: [measure(o), ...filterWords(o), said(o.state, day)],
    notes,
    spec,
    unknown,
    table: spec ? tableOf(spec) : partsOf(data, o),
    empty,
    hints,
  };
}

const index = (v: number) => (v >= 10 || v === 0 ? v.toFixed(0) : v.toFixed(1));

interface Axis {
  dates: string[];
  complete: boolean[];
  missing: string[];
}

function linesOf(data: Data, o: Options): { axis: Axis; lines: Line[] } {
  const values = (s: { totals?: unknown; indexed?: unknown } | null | undefined, n: number) => ((o.indexed ? s?.indexed : s?.totals) ?? Array(n).fill(null)) as (number | null)[];
  if (data.compare) {
    const { dates } = data.compare;
    const lines = data.compare.lines.flatMap((l, i): Line[] => (l ? [{ key: l.project.name, label: l.project.name, totals: values(l.series, dates.length), ink: i % 10 }] : []));
    const first = data.compare.lines.find((l) => l)?.series;
    return { axis: { dates, complete: first?.complete ?? dates.map(() => true), missing: first?.missing ?? [] }, lines };
  }
  const series = data.downloads?.series;
  const axis: Axis = series ?? { dates: [], complete: [], missing: [] };
  const { dates } = axis;
  if (!data.downloads?.by || !o.variables.timed) return { axis, lines: [{ key: "all", label: "Downloads", totals: values(series, dates.length), ink: "accent" }] };
  let ink = 0;
  const lines = data.downloads.by.map((s): Line => ({ key: `${s.value ?? "\n"}`, label: labelOf(o.by, s), totals: values(s.downloads?.series, dates.length), ink: s.value === null ? "rest" : ink++ % 10 }));
  return { axis, lines };
}

const ciWords: Record<string, string> = { true: "In CI", false: "Not in CI", unknown: "Not told" };
const labelOf = (by: string, s: { value?: string | null; label: string }) => (by === "ci" && s.value ? (ciWords[s.value] ?? s.label) : s.label);

function measure(o: Options): string {
  const per = `per ${o.variables.interval.toLowerCase()}`;
  const title = dimensions.find((d) => d.param === o.by)?.title;
  const by = title && inSentence(title);
  const what = !o.variables.timed ? "downloads" : o.indexed ? `downloads ${per}, first complete ${o.variables.interval.toLowerCase()} = 100` : o.shape === "share" ? `share of downloads ${per}` : `downloads ${per}`;
  return by ? `${what}, by ${by}` : what;
}

function filterWords(o: Options): string[] {
  const words = dimensions.flatMap((d) => {
    const text = o.state.filters[d.param];
    if (text === undefined) return [];
    if (d.param === "version" && isSpecifier(text)) return [`version ${text}`];
    return [`${d.title} ${text.startsWith("!") ? "not " : ""}${text.replace("!", "").split(",").join(" or ")}`];
  });
  if (o.state.human) return [...words, "without mirrors and CI"];
  return o.state.mirrors ? words : [...words, "without mirrors"];
}

function tableOf(s: Spec): Model["table"] {
  const whole = (i: number) => s.lines.reduce((sum, l) => sum + (l.totals[i] ?? 0), 0);
  const value = (v: number | null, i: number) => (v === null || s.absent?.[i] ? "–" : s.format ? s.format(v) : s.shape === "share" ? `${exact(v)} (${share(whole(i) ? v / whole(i) : 0)})` : exact(v));
  return {
    head: ["Interval", ...s.lines.map((l) => l.label)],
    rows: s.dates.map((date, i) => [nameOf(date, s.interval, i, s), ...s.lines.map((l) => value(l.totals[i], i))]),
  };
}

/** The table of a chart that is shown as a picture. */
function partsOf(data: Data, o: Options): Model["table"] {
  const rows: [string, number][] = data.topProjects
    ? data.topProjects.nodes.map((n) => [n.project.name, n.total])
    : data.compare
      ? data.compare.lines.flatMap((l): [string, number][] => (l ? [[l.project.name, l.total ?? 0]] : []))
      : (data.downloads?.by ?? []).map((s) => [labelOf(o.by, s), s.total]);
  if (rows.length === 0 && data.downloads) rows.push(["Downloads", data.downloads.total ?? 0]);
  const sum = rows.reduce((n, [, total]) => n + total, 0);
  return { head: ["", "Downloads", ...(data.topProjects ? [] : ["Share"])], rows: rows.map(([label, total]) => [label, exact(total), ...(data.topProjects ? [] : [share(sum ? total / sum : 0)])]) };
}
