// What of a series is cut off, and what is lacking.
import { nextBucket, parseLast, type State } from "./state";

/** The days that the data has. */
export interface Days {
  firstDay?: string | null;
  lastDay?: string | null;
}

/** Which intervals of a series are cut off by the range or the data, and which have no data at all. */
export function gapsOf(dates: string[], interval: string, missing: string[], state: Pick<State, "from" | "to" | "last">, days: Days) {
  const lost = new Set(missing);
  const first = [state.from || beginning(state.last, days.lastDay), days.firstDay ?? ""].sort().at(-1)!;
  const last = [state.to || "9999", days.lastDay ?? "9999"].sort()[0];
  const partial: boolean[] = [];
  const absent: boolean[] = [];
  for (const date of dates) {
    const end = nextBucket(date, interval);
    let n = 0;
    let gone = 0;
    for (let d = date; d < end; d = nextBucket(d, "DAY")) {
      n++;
      if (lost.has(d) || d > last) gone++;
    }
    absent.push(gone === n);
    partial.push(gone > 0 || date < first || nextBucket(date, interval) > nextBucket(last.startsWith("9999") ? end : last, "DAY"));
  }
  return { partial, absent };
}

/** The first day of the last so many units that end on a day; "" where that is not known. */
function beginning(last: string, end?: string | null): string {
  const length = parseLast(last);
  if (!length || !end) return "";
  const d = new Date(`${end}T00:00:00Z`);
  d.setUTCDate(d.getUTCDate() + 1);
  if (length.unit === "d" || length.unit === "w") d.setUTCDate(d.getUTCDate() - length.n * (length.unit === "w" ? 7 : 1));
  else d.setUTCMonth(d.getUTCMonth() - length.n * { m: 1, q: 3, y: 12 }[length.unit]);
  return d.toISOString().slice(0, 10);
}
