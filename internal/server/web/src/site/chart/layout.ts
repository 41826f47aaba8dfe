// Where the parts of a chart over time stand: pure, for the pages' components and
// for the one that stands in other people's pages.
import { area, curveLinear, line } from "d3-shape";
import { bucket, count, day, share } from "../format";
import { dayOf, logTicks, runs, settle, type Tick, textWidth, timeTicks, valueTicks } from "./kernel";

export interface Line {
  key: string;
  label: string;
  totals: (number | null)[];
  /** The colour's number, or "rest". */
  ink: number | "rest" | "accent";
}

export interface Mark {
  date: string;
  text: string;
  major: boolean;
}

/** A line, area or bars are absolute, area and bars of several series stacked; share is stacked to the height. */
export type Shape = "line" | "area" | "bar" | "share";

/** What a chart shows. */
export interface Spec {
  title: string;
  dates: string[];
  interval: string;
  lines: Line[];
  shape: Shape;
  log?: boolean;
  /** How values are written; counts where absent. */
  format?: (v: number) => string;
  /** Intervals that the range or the data cuts off, and those without any data. */
  partial?: boolean[];
  absent?: boolean[];
  /** A second, calm line over a single series. */
  mean?: (number | null)[];
  /** The value that the scale reaches at least, so that several charts share one. */
  top?: number;
}

export const inkOf = (i: Line["ink"]) => `ink-${i}`;
export const isAbsent = (s: Spec, i: number) => s.absent?.[i] ?? false;
export const isPartial = (s: Spec, i: number) => (s.partial?.[i] ?? false) && !isAbsent(s, i);

export type Layout = ReturnType<typeof layoutOf>;

/** The scales of a chart of a size, and what stands on its axes. */
export function layoutOf(spec: Spec, width: number, height: number) {
  const { dates, interval, lines, shape, format, mean } = spec;
  const n = dates.length;
  const log = spec.log && shape === "line";
  const shares = shape === "share";
  const stacked = shape !== "line";
  const tops: (number | null)[][] = [];
  const wholes = dates.map((_, i) => lines.reduce((sum, l) => sum + (l.totals[i] ?? 0), 0));
  lines.forEach((l, k) => {
    const under = (i: number) => (k > 0 ? tops[k - 1][i]! : 0);
    tops.push(l.totals.map((v, i) => (!stacked ? (log && v !== null && v <= 0 ? null : v) : under(i) + (shares ? (wholes[i] ? (v ?? 0) / wholes[i] : 0) : (v ?? 0)))));
  });
  const values = [...tops.flat(), ...(mean ?? [])].filter((v): v is number => v !== null);
  const max = Math.max(...values, spec.top ?? 0);
  const least = Math.min(...values.filter((v) => v > 0));
  const text = (v: number) => (shares ? share(v) : (format ?? count)(v));
  const labelled = shape === "line" && lines.length > 1 && width >= 420;
  const edge = stacked && shape !== "bar" && lines.length > 1 && width >= 420;
  const labelRoom = labelled || edge ? Math.min(Math.max(...lines.map((l) => textWidth(l.label, 12))) + 18, width * 0.24) : 12;
  const y0 = 14;
  const y1 = height - 26;
  const ticks = shares ? [0, 0.25, 0.5, 0.75, 1] : log ? logTicks(Number.isFinite(least) ? least : 1, max) : valueTicks(max, y1 - y0, !format);
  const x0 = Math.max(...ticks.map((t) => textWidth(text(t), 12))) + 10;
  const x1 = width - labelRoom;
  const days = dates.map(dayOf);
  const first = days[0];
  const last = days[n - 1];
  const bars = shape === "bar";
  const slot = (x1 - x0) / Math.max(n, 1);
  const x = (i: number) => (bars ? x0 + slot * (i + 0.5) : n === 1 ? (x0 + x1) / 2 : x0 + ((days[i] - first) / (last - first)) * (x1 - x0));
  const top = ticks[ticks.length - 1];
  const low = log ? Math.log10(ticks[0]) : 0;
  const y = (v: number) => (log ? y1 - ((Math.log10(Math.max(v, ticks[0])) - low) / (Math.log10(top) - low || 1)) * (y1 - y0) : y1 - (v / top) * (y1 - y0));
  const at = (d: number) => (bars ? x0 + ((d - first) / Math.max(last - first, 1)) * (x1 - x0 - slot) + slot / 2 : x0 + ((d - first) / Math.max(last - first, 1)) * (x1 - x0));
  const dateTicks = fitting(timeTicks(first, last, interval, x1 - x0), at, x0, width);
  const whole = runs(n, (i) => !isAbsent(spec, i));
  return { n, width, height, tops, wholes, ticks, text, x0, x1, y0, y1, x, y, at, slot, dateTicks, labelled, edge, first, last, whole };
}

/** Ticks of time whose texts have room, none touching another. */
function fitting(ticks: Tick[], at: (d: number) => number, x0: number, width: number) {
  let end = -Infinity;
  return ticks
    .map((t) => ({ ...t, x: at(t.at), anchor: (at(t.at) < x0 + 16 ? "start" : "middle") as "start" | "middle" }))
    .filter((t) => {
      const w = textWidth(t.text, 12);
      const start = t.anchor === "start" ? t.x : t.x - w / 2;
      if (start < end + 8 || start + w > width) return false;
      end = start + w;
      return true;
    });
}

/** Where the names of lines and bands stand at the right end, by key. */
export function endLabels(spec: Spec, l: Layout): Map<string, number> {
  const { lines } = spec;
  let labels: { key: string; y: number; weight: number }[] = [];
  if (l.labelled) {
    labels = lines.flatMap((s, k) => {
      const i = l.tops[k].findLastIndex((v, j) => v !== null && !isAbsent(spec, j));
      return i < 0 ? [] : [{ key: s.key, y: l.y(l.tops[k][i]!), weight: s.totals[i]! }];
    });
  } else if (l.edge) {
    labels = lines.flatMap((s, k) => {
      const under = k > 0 ? l.tops[k - 1][l.n - 1]! : 0;
      const top = l.tops[k][l.n - 1]!;
      return l.y(under) - l.y(top) < 9 ? [] : [{ key: s.key, y: l.y((under + top) / 2), weight: top - under }];
    });
  }
  return settle(labels, l.y0 + 4, l.y1 - 2);
}

/** The area between a series and the one below it, or the ground, over runs of intervals. */
export function areaOf(k: number, l: Layout, over = l.whole, ground = k === 0): string {
  const shape = area<number>().x((i) => l.x(i)).y0((i) => l.y(ground ? 0 : l.tops[k - 1][i]!)).y1((i) => l.y(l.tops[k][i]!)).curve(curveLinear);
  return over.map(([a, b]) => shape(Array.from({ length: b - a + 1 }, (_, j) => a + j)) ?? "").join("");
}

/** A series' line: what is complete, what is not, and the intervals that have a dot. */
export function strokeOf(spec: Spec, k: number, l: Layout): { solid: string; dashed: string; dots: number[] } {
  const tops = l.tops[k];
  const path = (from: number, to: number) => line<number>().defined((i) => tops[i] !== null).x((i) => l.x(i)).y((i) => l.y(tops[i]!))(Array.from({ length: to - from + 1 }, (_, j) => from + j)) ?? "";
  const solid: string[] = [];
  const dashed: string[] = [];
  const dots: number[] = [];
  for (const [a, b] of l.whole) {
    let lo = a;
    let hi = b;
    if (isPartial(spec, a) && b > a) (dashed.push(path(a, a + 1)), (lo = a + 1));
    if (isPartial(spec, b) && b > lo) (dashed.push(path(b - 1, b)), (hi = b - 1));
    if (hi > lo) solid.push(path(lo, hi));
    if (a === b) dots.push(a);
    if (isPartial(spec, b) && b === l.n - 1 && a !== b) dots.push(b);
  }
  return { solid: solid.join(""), dashed: dashed.join(""), dots: dots.filter((i) => tops[i] !== null) };
}

/** Where a stack is not complete: the runs to its ends, as far as these are. */
export function unfinished(spec: Spec, l: Layout): [number, number][] {
  const ends: [number, number][] = [];
  for (const [a, b] of l.whole) {
    if (isPartial(spec, a) && b > a) ends.push([a, a + 1]);
    if (isPartial(spec, b) && b > a + 1) ends.push([b - 1, b]);
  }
  return ends;
}

/** The line of a mean. */
export const meanOf = (mean: (number | null)[], l: Layout) => line<number | null>().defined((v) => v !== null).x((_, i) => l.x(i)).y((v) => l.y(v!))(mean) ?? "";

/** The bars of a series; those that are not complete are marked. */
export function barsOf(spec: Spec, k: number, l: Layout): { i: number; x: number; y: number; width: number; height: number; partial: boolean }[] {
  const width = Math.min(Math.max(l.slot * 0.76, 1), 60);
  return spec.lines[k].totals.flatMap((v, i) => {
    if (v === null || isAbsent(spec, i)) return [];
    const y = l.y(l.tops[k][i]!);
    return [{ i, x: l.x(i) - width / 2, y, width, height: Math.max(l.y(k > 0 ? l.tops[k - 1][i]! : 0) - y, 0), partial: isPartial(spec, i) }];
  });
}

/** Where nothing is loaded. */
export function holesOf(spec: Spec, l: Layout): { x: number; width: number }[] {
  const bars = spec.shape === "bar";
  return runs(l.n, (i) => isAbsent(spec, i)).map(([a, b]) => {
    const left = bars ? l.x(a) - l.slot / 2 : l.x(Math.max(a - 1, 0));
    const right = bars ? l.x(b) + l.slot / 2 : l.x(Math.min(b + 1, l.n - 1));
    return { x: left, width: Math.max(right - left, 2) };
  });
}

/** The interval nearest to a place. */
export function nearest(l: Layout, px: number): number {
  let best = 0;
  for (let i = 1; i < l.n; i++) if (Math.abs(l.x(i) - px) < Math.abs(l.x(best) - px)) best = i;
  return best;
}

/** The series at a place of an interval; of a single one there is none to tell. */
export function seriesAt(spec: Spec, l: Layout, i: number, py: number): string | undefined {
  const { lines, shape } = spec;
  if (shape !== "line") return lines.length > 1 || shape === "share" ? lines.find((_, k) => py >= l.y(l.tops[k][i] ?? 0))?.key : undefined;
  let best: string | undefined;
  let least = 24;
  lines.forEach((s, k) => {
    const v = l.tops[k][i];
    if (v === null) return;
    const d = Math.abs(l.y(v) - py);
    if (d < least) [least, best] = [d, s.key];
  });
  return lines.length > 1 ? best : undefined;
}

/** Where a cursor goes for a key; undefined for a key that is none of a chart's. */
export function moved(key: string, shift: boolean, cursor: number | undefined, n: number): number | undefined {
  const by = shift ? 10 : 1;
  const to = { ArrowLeft: cursor === undefined ? n - 1 : cursor - by, ArrowRight: cursor === undefined ? 0 : cursor + by, Home: 0, End: n - 1 }[key];
  return to === undefined ? undefined : Math.min(Math.max(to, 0), n - 1);
}

/** What the chart shows in a sentence. */
export function summary(spec: Spec, wholes: number[]): string {
  const { title, dates, lines, interval } = spec;
  if (!dates.length) return `${title}: no data.`;
  const used = wholes.map((v, i) => [v, i] as const).filter(([, i]) => !isAbsent(spec, i) && !isPartial(spec, i));
  const peak = used.reduce((a, b) => (b[0] > a[0] ? b : a), used[0] ?? [0, 0]);
  const gaps = spec.absent?.filter(Boolean).length ?? 0;
  const names = lines.length > 1 ? ` of ${lines.map((l) => l.label).join(", ")}` : "";
  return `${title}${names}, ${day(dates[0])} to ${bucket(dates[dates.length - 1], interval)}${used.length ? `; peak ${bucket(dates[peak[1]], interval)}` : ""}${gaps ? `; ${gaps} intervals not loaded` : ""}.`;
}
