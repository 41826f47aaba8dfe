// Downloads over time, alone.
import { useMemo } from "react";
import type { Answer } from "../ask";
import { Spark } from "../chart/Spark";
import { weekMean } from "../chart/kernel";
import { inBucket, type Mark, TimeChart } from "../chart/TimeChart";
import { change, changeClass, count, day, exact } from "../format";
import { graphql } from "../gql";
import type { SeriesPartFragment } from "../gql/graphql";
import { gapsOf, lostWords, noGaps, tableOf } from "../gaps";
import type { State } from "../state";
import type { Picture } from "../ui/copies";
import { Widget, type WidgetProps } from "../ui/Widget";

export const SeriesPart = graphql(`
  fragment SeriesPart on Downloads {
    total
    change
    series(interval: $interval) {
      dates
      totals
      complete
      missing
      spikes {
        date
        total
        expected
      }
    }
  }
`);

export const SeriesQuery = graphql(`
  query Series($projects: [String!], $range: DateRange, $filter: DownloadsFilter, $interval: Interval!) {
    downloads(projects: $projects, range: $range, filter: $filter) {
      ...SeriesPart
    }
  }
`);

export function SeriesWidget({ part, names, state, interval, marks, answer, own, path, onRetry, title = "Downloads", wide }: {
  part?: SeriesPartFragment | null;
  names: string;
  state: State;
  interval: string;
  marks?: Mark[];
  answer: Answer<unknown>;
  path: (string | number)[];
  own: WidgetProps["own"];
  onRetry: () => void;
  title?: string;
  wide: WidgetProps["wide"];
}) {
  const s = part?.series;
  const gaps = useMemo(() => (s ? gapsOf(s, interval, (i) => s.totals[i] === 0) : noGaps), [s, interval]);
  const mean = useMemo(() => (s && interval === "DAY" && s.dates.length > 31 ? weekMean(s.totals, gaps.absent) : undefined), [s, interval, gaps]);
  const lines = useMemo(() => (s ? [{ key: "all", label: "Downloads", totals: s.totals as (number | null)[], ink: "accent" as const }] : []), [s]);
  const bars = (s?.dates.length ?? 0) <= 31;
  const picture: Picture = { names, state, parameters: bars ? { shape: "bar" } : {} };
  const lost = s?.missing.length ?? 0;
  return (
    <Widget
      id="series"
      title={title}
      note={part && part.total != null && <Total total={part.total} by={part.change} />}
      wide={wide}
      errors={answer.errors}
      requestId={answer.requestId}
      path={[...path, "series"]}
      onRetry={onRetry}
      own={own}
      picture={picture}
      empty={s && !s.totals.some((t) => t > 0) && "No downloads in this range."}
      table={s ? spiked(tableOf(s.dates, interval, lines, gaps), s) : undefined}
    >
      {s && <TimeChart title={title} dates={s.dates} interval={interval} lines={lines} shape={bars ? "bar" : "line"} mean={mean} marks={marks} spikes={s.spikes ?? undefined} {...gaps} />}
      {lost > 0 && (
        <details className="lost">
          <summary>{lostWords(lost)}</summary>
          <p>{s!.missing.join(", ")}</p>
        </details>
      )}
    </Widget>
  );
}

/** The table with the days that are out of line named beside their intervals. */
function spiked(table: ReturnType<typeof tableOf>, s: { dates: string[]; spikes?: readonly { date: string }[] | null }) {
  const words = (i: number) => (s.spikes ?? []).filter((x) => inBucket(x.date, s.dates, i)).map((x) => ` (${day(x.date)} is out of line)`).join("");
  return { ...table, rows: table.rows.map(([name, ...rest], i) => [name + words(i), ...rest]) };
}

export function Total({ total, by }: { total: number; by?: number | null }) {
  return (
    <>
      <span title={exact(total)}>{count(total)}</span> {by != null && <span className={changeClass(by)} title="against the period of equal length before">{change(by)}</span>}
    </>
  );
}

export { Spark };
