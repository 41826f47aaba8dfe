// A project's repository on GitHub beside its downloads.
import { useMemo } from "react";
import { type Answer, errorAt } from "../ask";
import { TimeChart } from "../chart/TimeChart";
import { bucket, count, day, exact } from "../format";
import { graphql } from "../gql";
import type { RepositoryPartFragment } from "../gql/graphql";
import { Widget, type WidgetProps } from "../ui/Widget";

export const RepositoryPart = graphql(`
  fragment RepositoryPart on Project {
    repo: github {
      repository
      url
      firstDay
      stars
      forks
      contributors
      issues {
        opened
        closed
        open
      }
      pullRequests {
        opened
        closed
        open
      }
    }
    repoRange: github(range: $range) {
      stars
      forks
      contributors
      issues {
        opened
        closed
        open
      }
      pullRequests {
        opened
        closed
        open
      }
      series(interval: $interval) {
        dates
        totalStars
        complete
      }
    }
  }
`);

export const RepositoryQuery = graphql(`
  query Repository($name: String!, $range: DateRange, $interval: Interval!) {
    project(name: $name) {
      ...RepositoryPart
    }
  }
`);

/** Stars over time, and what happened in the range and since events are known. Nothing where there is no repository to tell of. */
export function Repository({ part, interval, own, answer, onRetry }: { part?: RepositoryPartFragment | null; interval: string; own: WidgetProps["own"]; answer: Answer<unknown>; onRetry: () => void }) {
  const all = part?.repo;
  const within = part?.repoRange;
  const s = within?.series;
  const lines = useMemo(() => (s ? [{ key: "stars", label: "Stars", totals: s.totalStars as (number | null)[], ink: "accent" as const }] : []), [s]);
  const gaps = useMemo(() => ({ partial: (s?.complete ?? []).map((whole) => !whole), absent: (s?.totalStars ?? []).map((n) => n == null) }), [s]);
  const path = ["project", errorAt(answer.errors, ["project", "repo"]) ? "repo" : "repoRange"];
  if (!errorAt(answer.errors, path) && !(all && within)) return null;
  const rows: [string, number | null | undefined, number | null | undefined][] = [
    ["Stars", within?.stars, all?.stars],
    ["Forks", within?.forks, all?.forks],
    ["Contributors", within?.contributors, all?.contributors],
    ["Issues opened", within?.issues.opened, all?.issues.opened],
    ["Issues open", within?.issues.open, all?.issues.open],
    ["Pull requests opened", within?.pullRequests.opened, all?.pullRequests.opened],
    ["Pull requests open", within?.pullRequests.open, all?.pullRequests.open],
  ];
  return (
    <Widget
      id="github"
      title="GitHub"
      note={all && <a rel="nofollow noopener" href={all.url}>{all.repository}</a>}
      wide="full"
      errors={answer.errors}
      requestId={answer.requestId}
      path={path}
      onRetry={onRetry}
      own={own}
      table={s ? { head: ["Interval", "Stars"], rows: s.dates.map((d, i) => [bucket(d, interval), s.totalStars[i] ?? "–"]) } : undefined}
    >
      {s && lines.length > 0 && <TimeChart title="Stars" dates={s.dates} interval={interval} lines={lines} shape="line" {...gaps} />}
      {all && (
        <table className="list told">
          <thead>
            <tr>
              <td />
              <th scope="col" className="num">In this range</th>
              <th scope="col" className="num">Since {day(all.firstDay)}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([title, part, whole]) => (
              <tr key={title}>
                <th scope="row">{title}</th>
                <Known n={part} />
                <Known n={whole} />
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Widget>
  );
}

function Known({ n }: { n?: number | null }) {
  return n == null ? (
    <td className="num muted" title="not known">
      –
    </td>
  ) : (
    <td className="num" title={exact(n)}>
      {count(n)}
    </td>
  );
}
