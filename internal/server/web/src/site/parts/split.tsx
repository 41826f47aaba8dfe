// Downloads split by one dimension: bars that filter, or areas over time.
import { useMemo } from "react";
import type { Answer } from "../ask";
import { Spark } from "../chart/Spark";
import { type Line, TimeChart, type TimeChartProps } from "../chart/TimeChart";
import { change, changeClass, count, exact, share } from "../format";
import { tableOf } from "../gaps";
import { graphql } from "../gql";
import type { SplitPartFragment, SplitTotalPartFragment } from "../gql/graphql";
import { choose, dimensions, inSentence, type Param, type State } from "../state";
import { Widget, type WidgetProps } from "../ui/Widget";

export const SplitPart = graphql(`
  fragment SplitPart on Slice {
    value
    label
    total
    share
    downloads {
      change
      series(interval: $interval) {
        totals
      }
    }
  }
`);

export const SplitTotalPart = graphql(`
  fragment SplitTotalPart on Slice {
    value
    label
    total
    share
  }
`);

export const SplitQuery = graphql(`
  query Split($projects: [String!], $range: DateRange, $filter: DownloadsFilter, $interval: Interval!, $dimension: Dimension!, $first: Int!) {
    downloads(projects: $projects, range: $range, filter: $filter) {
      by(dimension: $dimension, first: $first, others: true) {
        ...SplitPart
      }
    }
  }
`);

export const SplitTotalQuery = graphql(`
  query SplitTotal($projects: [String!], $range: DateRange, $filter: DownloadsFilter, $dimension: Dimension!, $first: Int!) {
    downloads(projects: $projects, range: $range, filter: $filter) {
      by(dimension: $dimension, first: $first, others: true) {
        ...SplitTotalPart
      }
    }
  }
`);

const ciWords: Record<string, string> = { true: "In CI", false: "Not in CI", unknown: "Not told" };

/** A value as people know it. */
export const labelOf = (param: Param, s: { value?: string | null; label: string }) => (param === "ci" && s.value != null ? (ciWords[s.value] ?? s.label) : s.label);

/** What the parts of a page have in common. */
export interface PartProps {
  names: string;
  state: State;
  go: (next: State) => void;
  interval: string;
  answer: Answer<unknown>;
  path: (string | number)[];
  onRetry: () => void;
  /** The operation's variables: of the widget's own they are the same. */
  variables: { projects: string[] | null; range: unknown; filter: unknown; interval: string };
}

export const keyOf = (value: string | null | undefined) => (value == null ? "\u0000rest" : value);

interface SplitProps extends PartProps {
  param: Param;
  /** The answer's name of the split, where it is not the dimension's field. */
  at: string;
  first: number;
  slices?: readonly SplitPartFragment[] | readonly SplitTotalPartFragment[] | null;
  title?: string;
  wide?: WidgetProps["wide"];
  tools?: WidgetProps["tools"];
}

function widgetOf({ param, names, state, answer, path, onRetry, variables, at, first, slices, title, wide, tools }: SplitProps, shape: string, over: boolean): WidgetProps {
  const dimension = dimensions.find((d) => d.param === param)!;
  return {
    id: param,
    title: title ?? dimension.title,
    wide,
    tools,
    errors: answer.errors,
    requestId: answer.requestId,
    path: [...path, at],
    onRetry,
    own: over ? { document: SplitQuery, variables: { ...variables, dimension: dimension.by, first } } : { document: SplitTotalQuery, variables: { projects: variables.projects, range: variables.range, filter: variables.filter, dimension: dimension.by, first } },
    picture: { names, state, parameters: { by: param, first: String(Math.min(first, 10)), shape } },
    empty: slices?.length === 0 && (state.filters[param] !== undefined ? `No downloads with this ${inSentence(dimension.title)} in this range.` : "No downloads in this range."),
  };
}

/** Bars with share, change and a small line: lengths are read better than angles. */
export function SplitBars(props: SplitProps) {
  const { param, state, go } = props;
  const slices: readonly (SplitTotalPartFragment & Partial<Pick<SplitPartFragment, "downloads">>)[] | null | undefined = props.slices;
  const most = Math.max(...(slices ?? []).map((s) => s.total), 1);
  const chosen = state.filters[param]?.split(",");
  const changes = slices?.some((s) => s.downloads?.change != null);
  return (
    <Widget {...widgetOf(props, "bar", true)}>
      <table className="bars">
        <thead>
          <tr>
            <th scope="col">{dimensions.find((d) => d.param === param)!.title}</th>
            <th scope="col" className="wide">
              <span className="hidden">Part of the largest</span>
            </th>
            <th scope="col" className="num">
              Share
            </th>
            {changes && (
              <th scope="col" className="num spare">
                Change
              </th>
            )}
            <th scope="col" className="num">
              Downloads
            </th>
            <th scope="col" className="spare">
              <span className="hidden">Over time</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {slices?.map((s) => (
            <tr key={keyOf(s.value)} aria-current={s.value != null && chosen?.includes(s.value) ? "true" : undefined}>
              <th scope="row">
                {s.value == null ? (
                  <span className="muted">{s.label}</span>
                ) : (
                  <button type="button" className="value" title={`${labelOf(param, s)}: show it alone (Shift: beside others, Alt: leave it out)`} onClick={(e) => go(choose(state, param, s.value!, e))}>
                    {labelOf(param, s)}
                  </button>
                )}
              </th>
              <td className="bar">
                <i style={{ width: `${(s.total / most) * 100}%` }} className={s.value == null ? "rest" : undefined} />
              </td>
              <td className="num">{share(s.share)}</td>
              {changes && <td className={`num spare ${changeClass(s.downloads?.change)}`}>{change(s.downloads?.change)}</td>}
              <td className="num" title={exact(s.total)}>
                {count(s.total)}
              </td>
              <td className="spare">{s.downloads?.series && <Spark totals={s.downloads.series.totals} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Widget>
  );
}

export const useLines = (slices: readonly SplitPartFragment[] | null | undefined, param: Param): Line[] =>
  useMemo(() => {
    let ink = 0;
    return (slices ?? []).flatMap((s) => (s.downloads?.series ? [{ key: keyOf(s.value), label: labelOf(param, s), totals: s.downloads.series.totals as number[], ink: s.value == null ? ("rest" as const) : ink++ }] : []));
  }, [slices, param]);

interface OverTimeProps extends SplitProps {
  slices?: readonly SplitPartFragment[] | null;
  dates?: string[];
  shape: "line" | "share";
  /** The order that areas stand in, from the bottom. */
  order?: (a: Line, b: Line) => number;
  hatched?: TimeChartProps["hatched"];
  gaps: { partial: boolean[]; absent: boolean[] };
}

/** The largest values over time. */
export function SplitOverTime(props: OverTimeProps) {
  const { slices, param, state, go, dates, shape, order, gaps, hatched, interval } = props;
  const found = useLines(slices, param);
  const lines = useMemo(() => (order ? [...found].sort(order) : found), [found, order]);
  const w = widgetOf(props, shape, true);
  return (
    <Widget {...w} table={dates && tableOf(dates, interval, lines, gaps)}>
      {dates && lines.length > 0 && (
        <TimeChart title={w.title} dates={dates} interval={interval} lines={lines} shape={shape} {...gaps} hatched={hatched} onChoose={(key, keys) => go(choose(state, param, key, keys))} />
      )}
    </Widget>
  );
}

/** Orders "3.9" before "3.10", what is left first and what has no number before it. */
export function byVersion(a: Line, b: Line): number {
  const rank = (l: Line) => (l.ink === "rest" ? 0 : l.key === "" ? 1 : 2);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  return compareVersions(a.key, b.key);
}

export function compareVersions(a: string, b: string): number {
  const [x, y] = [a, b].map((v) => v.split(/[.!]/).map((p) => Number.parseInt(p, 10)));
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const d = (x[i] || 0) - (y[i] || 0);
    if (d !== 0) return d;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}
