import { useCallback, useMemo } from "react";
import { errorAt } from "../ask";
import { fit } from "../chart/kernel";
import { change, changeClass, count, exact } from "../format";
import { graphql } from "../gql";
import { projectHref } from "../parts/lists";
import { useWidth } from "../ui/hooks";
import { dateRange, every, filterOf, type State, writeState } from "../state";
import { Frame } from "../ui/Frame";
import { RangeBar } from "../ui/RangeBar";
import { type Boot, usePage } from "../ui/usePage";
import { Widget } from "../ui/Widget";

const RankedPart = graphql(`
  fragment RankedPart on ProjectRanking {
    total
    project {
      name
      summary
      downloads(range: $range, filter: $filter) {
        change
        previous {
          total
        }
      }
    }
  }
`);

export const RankingQuery = graphql(`
  query Ranking($range: DateRange, $filter: DownloadsFilter, $first: Int!, $after: String) {
    topProjects(range: $range, filter: $filter, first: $first, after: $after) {
      nodes {
        ...RankedPart
      }
    }
  }
`);

const RankingsPageDocument = graphql(`
  query RankingsPage($range: DateRange, $filter: DownloadsFilter, $first: Int!, $after: String) {
    dataset {
      firstDay
      lastDay
      settledDay
    }
    topProjects(range: $range, filter: $filter, first: $first, after: $after) {
      nodes {
        ...RankedPart
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const perPage = 50;

/** The whole ranking as a file. */
function listAddress(s: State): string {
  const q = new URLSearchParams(writeState(s, {}));
  if (s.last) q.set("last", s.last);
  return `/rankings.csv?${q}`;
}

/** The place of the page's first project: the address tells it, since a cursor does not. */
const placeOf = (s: State) => (s.rest.after ? Math.max(Number.parseInt(s.rest.nth ?? "", 10) || 1, 1) : 1);

export function RankingsPage({ boot }: { boot: Boot }) {
  const variablesOf = useCallback((s: State) => ({ range: dateRange(s), filter: filterOf(s), first: perPage, after: s.rest.after ?? null }), []);
  const page = usePage(RankingsPageDocument, boot, variablesOf);
  const { state, answer, variables } = page;
  const go = useCallback((next: State, replace?: boolean) => page.go({ ...next, rest: {} }, replace), [page.go]); // another ranking begins at its first
  const data = answer.data;
  const top = data?.topProjects;
  const nodes = top?.nodes ?? [];
  const place = placeOf(state);
  const most = Math.max(...nodes.map((n) => n.total), 1);
  const next = top?.pageInfo.hasNextPage ? { ...state, rest: { after: top.pageInfo.endCursor ?? "", nth: String(place + nodes.length) } } : undefined;
  const changes = nodes.some((n) => n.project.downloads?.change != null);
  const own = { document: RankingQuery, variables: { range: variables.range, filter: variables.filter, first: perPage, after: variables.after } };
  const slopes = useMemo(() => nodes.slice(0, 20).flatMap((n) => (n.project.downloads?.previous?.total != null ? [{ name: n.project.name, before: n.project.downloads.previous.total, now: n.total }] : [])), [nodes]);
  return (
    <Frame page={page}>
      <header className="about">
        <h1>Rankings</h1>
        <p className="summary">Projects by downloads, with any range and filter.</p>
      </header>
      <RangeBar state={state} go={go} loading={page.loading} {...(data?.dataset ?? {})} filters />
      <div className="grid">
        <Widget id="ranking" title="Most downloaded" wide={slopes.length > 1 ? "two-thirds" : "full"} errors={answer.errors} requestId={answer.requestId} path={["topProjects"]} onRetry={page.retry} own={own} tools={<a href={listAddress(state)} download>CSV</a>} empty={top && nodes.length === 0 && "No project has downloads in this range and filter."}>
          <table className="bars list ranking">
            <thead>
              <tr>
                <th scope="col" className="num">
                  #
                </th>
                <th scope="col">Project</th>
                <th scope="col" className="spare">
                  <span className="hidden">About it</span>
                </th>
                <th scope="col">
                  <span className="hidden">Part of the largest</span>
                </th>
                {changes && (
                  <th scope="col" className="num">
                    Change
                  </th>
                )}
                <th scope="col" className="num">
                  Downloads
                </th>
              </tr>
            </thead>
            <tbody>
              {nodes.map((n, i) => (
                <tr key={n.project.name}>
                  <td className="nth num">{exact(place + i)}</td>
                  <th scope="row">
                    <a href={projectHref(n.project.name)}>{n.project.name}</a>
                  </th>
                  <td className="about-it spare">{n.project.summary}</td>
                  <td className="bar">
                    <i style={{ width: `${(n.total / most) * 100}%` }} />
                  </td>
                  {changes && <td className={`num ${changeClass(n.project.downloads?.change)}`}>{change(n.project.downloads?.change)}</td>}
                  <td className="num" title={exact(n.total)}>
                    {count(n.total)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <nav className="pages" aria-label="More of the ranking">
            {place > 1 && <a href={`/rankings${writeState(state, {})}`}>First</a>}
            {next && (
              <a
                href={`/rankings${writeState(next)}`}
                onClick={(e) => {
                  if (e.metaKey || e.ctrlKey || e.shiftKey) return;
                  e.preventDefault();
                  page.go(next);
                  scrollTo({ top: 0 });
                }}
              >
                Next {perPage}
              </a>
            )}
          </nav>
        </Widget>
        {slopes.length > 1 && (
          <Widget id="slope" title="Who moved" note="against the period before" wide="third" errors={answer.errors} path={["topProjects"]} own={own} table={{ head: ["Project", "Before", "Now"], rows: slopes.map((s) => [s.name, s.before, s.now]) }}>
            <Slope rows={slopes} />
          </Widget>
        )}
      </div>
      {errorAt(answer.errors, ["dataset"]) && <p className="error">{errorAt(answer.errors, ["dataset"])!.message}</p>}
    </Frame>
  );
}

/** Two periods side by side, on a scale of logarithms: equal slopes are equal changes. */
function Slope({ rows }: { rows: { name: string; before: number; now: number }[] }) {
  const [box, width] = useWidth();
  const height = Math.max(rows.length * 22, 240);
  const values = rows.flatMap((r) => [r.before, r.now]).filter((v) => v > 0);
  const lo = Math.log(Math.min(...values));
  const hi = Math.log(Math.max(...values));
  const y = (v: number) => height - 14 - ((Math.log(Math.max(v, Math.exp(lo))) - lo) / (hi - lo || 1)) * (height - 40);
  const x1 = Math.max(width - 150, 80);
  let last = -Infinity;
  const labelled = new Set(
    [...rows].sort((a, b) => y(a.now) - y(b.now)).flatMap((r) => {
      if (y(r.now) - last < 14) return [];
      last = y(r.now);
      return [r.name];
    }),
  );
  return (
    <div ref={box} className="chart" style={{ minHeight: height }}>
      {width > 0 && (
        <svg className="time slope" width={width} height={height} role="img" aria-label={`Downloads before and now of ${rows.map((r) => r.name).join(", ")}`}>
          <text x="0" y="12">
            before
          </text>
          <text x={x1} y="12" textAnchor="end">
            now
          </text>
          {rows.map((r) => (
            <g key={r.name} className={r.now >= r.before ? "rise" : "fall"}>
              <line x1="6" x2={x1} y1={y(r.before)} y2={y(r.now)}>
                <title>{`${r.name}: ${exact(r.before)} before, ${exact(r.now)} now`}</title>
              </line>
              <circle cx="6" cy={y(r.before)} r="3" />
              <circle cx={x1} cy={y(r.now)} r="3" />
              {labelled.has(r.name) && (
                <text x={x1 + 8} y={y(r.now)} dy=".34em" className="name">
                  {fit(r.name, 12, 140)}
                </text>
              )}
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}
