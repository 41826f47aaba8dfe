// What of a series is not complete, and what is lacking.
import { bucket } from "./format";
import { nextBucket } from "./state";

/** Which intervals of a series are not complete, and of which nothing is known: every day of it is missing, or some are and there is no download on the others. */
export function gapsOf(s: { dates: string[]; complete: boolean[]; missing: string[] }, interval: string, isZero: (i: number) => boolean): { partial: boolean[]; absent: boolean[] } {
  const lost = new Set(s.missing);
  const absent = s.dates.map((date, i) => {
    if (s.complete[i] || lost.size === 0) return false;
    let days = 0;
    let gone = 0;
    for (let d = date, end = nextBucket(date, interval); d < end; d = nextBucket(d, "DAY")) {
      days++;
      if (lost.has(d)) gone++;
    }
    return gone === days || (gone > 0 && isZero(i));
  });
  return { absent, partial: s.complete.map((whole) => !whole) };
}

/** Nothing is drawn yet. */
export const noGaps = { partial: [] as boolean[], absent: [] as boolean[] };

/** Days that are not loaded, in words. */
export const lostWords = (n: number) => (n === 1 ? "1 day is not loaded" : `${n} days are not loaded`);

interface Gaps {
  partial?: boolean[];
  absent?: boolean[];
}

/** An interval in words, with what is lacking of it. */
export const nameOf = (date: string, interval: string, i: number, gaps: Gaps) => bucket(date, interval) + (gaps.absent?.[i] ? " (not loaded)" : gaps.partial?.[i] ? " (incomplete)" : "");

/** The table of a chart over time: of what is not loaded no number is known. */
export function tableOf(dates: string[], interval: string, lines: { label: string; totals: (number | null)[] }[], gaps: Gaps, format: (v: number) => string | number = (v) => v) {
  const cell = (v: number | null | undefined, i: number) => (v == null || gaps.absent?.[i] ? "–" : format(v));
  return { head: ["Interval", ...lines.map((l) => l.label)], rows: dates.map((date, i) => [nameOf(date, interval, i, gaps), ...lines.map((l) => cell(l.totals[i], i))]) };
}
