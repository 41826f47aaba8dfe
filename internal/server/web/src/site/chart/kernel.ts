// The geometry of charts: ticks, scales, labels. Pure: the pages and the embed
// component draw with it, and tests hold it to fixed cases.

/** Days since 1970-01-01. */
export const dayOf = (date: string) => Math.round(Date.parse(date) / 86400e3);
export const dateOf = (day: number) => new Date(day * 86400e3).toISOString().slice(0, 10);

export interface Tick {
  at: number;
  text: string;
  major?: boolean;
}

/** Round steps from zero to the first at or above max: 3 to 6 of them, 48 to 90 px apart where that is possible. Counts are whole, parts are not. */
export function valueTicks(max: number, height: number, whole = true): number[] {
  const top = whole ? Math.max(max, 1) : max || 1;
  if (height < 80) return [0, top];
  let best: number[] = [];
  let bestCost = Infinity;
  const power = 10 ** Math.floor(Math.log10(top));
  for (const p of [power / 10, power, power * 10]) {
    for (const m of [1, 2, 5]) {
      const step = m * p;
      if (whole && step < 1) continue;
      const n = Math.ceil(top / step - 1e-9);
      if (n < 1 || n > 8) continue;
      const gap = height / n;
      const apart = gap < 48 ? (48 - gap) / 8 : gap > 90 ? (gap - 90) / 40 : 0;
      const cost = apart + (n * step - top) / top + (n < 3 ? 3 - n : n > 6 ? n - 6 : 0);
      if (cost < bestCost) {
        bestCost = cost;
        best = Array.from({ length: n + 1 }, (_, i) => i * step);
      }
    }
  }
  return best.length ? best : [0, top];
}

/** 1-2-5 from the decade of min to that of max; only decades where there are many. */
export function logTicks(min: number, max: number): number[] {
  const lo = Math.floor(Math.log10(Math.max(min, 1)));
  const hi = Math.ceil(Math.log10(Math.max(max, 10)));
  const steps = hi - lo > 3 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let p = lo; p <= hi; p++) for (const m of steps) ticks.push(m * 10 ** p);
  const from = ticks.findLastIndex((t) => t <= Math.max(min, 1));
  const to = ticks.findIndex((t) => t >= max);
  return ticks.slice(Math.max(from, 0), to < 0 ? undefined : to + 1);
}

const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const steps: { days?: number; months?: number }[] = [
  { days: 1 }, { days: 2 }, { days: 7 }, { days: 14 }, { months: 1 }, { months: 2 }, { months: 3 }, { months: 6 }, { months: 12 }, { months: 24 }, { months: 60 }, { months: 120 },
];
const finest: Record<string, number> = { DAY: 1, WEEK: 7, MONTH: 28, QUARTER: 84, YEAR: 336 };

/** Ticks of time on Mondays, firsts of a month and Januaries, at least `apart` px from each other. */
export function timeTicks(first: number, last: number, interval: string, width: number, apart = 72): Tick[] {
  const span = Math.max(last - first, 1);
  for (const s of steps) {
    const length = s.days ?? s.months! * 28;
    if (length < (finest[interval] ?? 1) || (length / span) * width < apart) continue;
    const ticks = ticksOf(s, first, last);
    if (ticks.length > 0) return ticks;
  }
  return [{ at: first, text: long(first) }];
}

const long = (day: number) => {
  const d = new Date(day * 86400e3);
  return `${d.getUTCDate()} ${monthNames[d.getUTCMonth()]} ${d.getUTCFullYear()}`;
};

function ticksOf(s: { days?: number; months?: number }, first: number, last: number): Tick[] {
  const ticks: Tick[] = [];
  let year = -1;
  const add = (at: number) => {
    const d = new Date(at * 86400e3);
    const turned = d.getUTCFullYear() !== year;
    year = d.getUTCFullYear();
    if (s.months && d.getUTCMonth() === 0) ticks.push({ at, text: String(year), major: s.months < 12 });
    else if (s.months) ticks.push({ at, text: monthNames[d.getUTCMonth()] + (turned ? ` ${year}` : "") });
    else ticks.push({ at, text: `${d.getUTCDate()} ${monthNames[d.getUTCMonth()]}` + (turned ? ` ${year}` : ""), major: turned && ticks.length > 0 });
  };
  if (s.days) {
    const start = first + ((((4 - first) % s.days) + s.days) % s.days); // 1970-01-05 is a Monday
    for (let d = start; d <= last; d += s.days) add(d);
    return ticks;
  }
  const d = new Date(first * 86400e3);
  let month = d.getUTCFullYear() * 12 + d.getUTCMonth();
  month -= month % s.months!;
  for (;;) {
    const at = Date.UTC(Math.floor(month / 12), month % 12, 1) / 86400e3;
    if (at > last) return ticks;
    if (at >= first) add(at);
    month += s.months!;
  }
}

const narrow = new Set([..."iljtfrI1.,:;'|!()[] "]);
const broad = new Set([..."mwMW@%"]);

/** About the width of a text in px in a system font, on the safe side. */
export function textWidth(text: string, px: number): number {
  let w = 0;
  for (const c of text) w += narrow.has(c) ? 0.34 : broad.has(c) ? 0.92 : c >= "A" && c <= "Z" ? 0.7 : 0.58;
  return w * px;
}

/** Cuts a text to a width, with an ellipsis. */
export function fit(text: string, px: number, room: number): string {
  if (textWidth(text, px) <= room) return text;
  let cut = [...text];
  while (cut.length > 1 && textWidth(cut.join(""), px) + px * 0.9 > room) cut = cut.slice(0, -1);
  return `${cut.join("").trimEnd()}…`;
}

/** Moves labels of lines' ends apart: at most `most` px, `pitch` px from each other; the ones of the smallest weight are dropped where there is no room. */
export function settle(labels: { key: string; y: number; weight: number }[], top: number, bottom: number, pitch = 14, most = 12): Map<string, number> {
  let left = [...labels];
  for (;;) {
    left.sort((a, b) => a.y - b.y);
    const at = left.map((l) => Math.min(Math.max(l.y, top), bottom));
    for (let round = 0; round < 40; round++) {
      for (let i = 1; i < at.length; i++) {
        const lack = pitch - (at[i] - at[i - 1]);
        if (lack > 0) {
          at[i - 1] -= lack / 2;
          at[i] += lack / 2;
        }
      }
      for (let i = 0; i < at.length; i++) at[i] = Math.min(Math.max(at[i], top), bottom);
    }
    const wrong = left.some((l, i) => Math.abs(at[i] - l.y) > most + 0.5 || (i > 0 && at[i] - at[i - 1] < pitch - 0.5));
    if (!wrong || left.length <= 1) return new Map(left.map((l, i) => [l.key, at[i]]));
    const smallest = left.reduce((a, b) => (b.weight < a.weight ? b : a));
    left = left.filter((l) => l !== smallest);
  }
}

/** Runs of indexes where `has` holds. */
export function runs(n: number, has: (i: number) => boolean): [number, number][] {
  const out: [number, number][] = [];
  for (let i = 0; i < n; i++) {
    if (!has(i)) continue;
    const from = i;
    while (i + 1 < n && has(i + 1)) i++;
    out.push([from, i]);
  }
  return out;
}

/** The mean of each value and the six before it; null where there are fewer, or one is missing. */
export function weekMean(totals: number[], absent: boolean[]): (number | null)[] {
  return totals.map((_, i) => {
    if (i < 6 || absent.slice(i - 6, i + 1).some(Boolean)) return null;
    return totals.slice(i - 6, i + 1).reduce((a, b) => a + b, 0) / 7;
  });
}
