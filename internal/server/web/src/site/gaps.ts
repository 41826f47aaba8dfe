// What of a series is cut off, and what is lacking: as the gateway tells it.
import { nextBucket } from "./state";

/** Which intervals of a series are not complete, and of which nothing is loaded at all. */
export function gapsOf(dates: string[], interval: string, series: { complete: boolean[]; missing: string[] }) {
  const lost = new Set(series.missing);
  const absent = dates.map((date) => {
    const end = nextBucket(date, interval);
    for (let d = date; d < end; d = nextBucket(d, "DAY")) if (!lost.has(d)) return false;
    return true;
  });
  return { partial: series.complete.map((whole) => !whole), absent };
}
