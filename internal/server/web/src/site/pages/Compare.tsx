import { useCallback, useMemo } from "react";
import { errorAt } from "../ask";
import { type Line, TimeChart } from "../chart/TimeChart";
import { change, changeClass, count, exact, share } from "../format";
import { graphql } from "../gql";
import { projectHref } from "../parts/lists";
import { gapsOf, noGaps, tableOf } from "../gaps";
import { dateRange, every, filterOf, type State } from "../state";
import { Frame } from "../ui/Frame";
import { RangeBar } from "../ui/RangeBar";
import { Search } from "../ui/Search";
import { type Boot, usePage } from "../ui/usePage";
import { Widget } from "../ui/Widget";

const ComparePart = graphql(`
  fragment ComparePart on Comparison {
    dates
    lines {
      project {
        name
        summary
        latestVersion
        lastRelease
        rank {
          position
        }
      }
      total
      downloads {
        change
      }
      series {
        totals
        indexed
        shares
        complete
        missing
      }
    }
  }
`);

export const CompareQuery = graphql(`
  query Compare($projects: [String!]!, $range: DateRange, $filter: DownloadsFilter, $interval: Interval!) {
    compare(projects: $projects, range: $range, filter: $filter, interval: $interval) {
      ...ComparePart
    }
  }
`);

const ComparePageDocument = graphql(`
  query ComparePage($projects: [String!]!, $range: DateRange, $filter: DownloadsFilter, $interval: Interval!) {
    dataset {
      firstDay
      lastDay
      settledDay
    }
    compare(projects: $projects, range: $range, filter: $filter, interval: $interval) {
      ...ComparePart
    }
  }
`);

const most = 10;
const ways = [
  ["", "Downloads"],
  ["indexed", "Indexed"],
  ["share", "Share of PyPI"],
] as const;

const addressOf = (names: string[]) => `/compare/${names.map(encodeURIComponent).join(",")}`;

export function ComparePage({ boot }: { boot: Boot }) {
  const names = boot.variables.projects as string[];
  const variablesOf = useCallback((s: State) => ({ projects: names, range: dateRange(s), filter: filterOf(s), interval: every(s) }), [names]);
  const page = usePage(ComparePageDocument, boot, variablesOf);
  const { state, go, answer, variables } = page;
  const data = answer.data;
  const c = data?.compare;
  const interval = variables.interval as string;
  const days = useMemo(() => data?.dataset ?? {}, [data]);
  const way = ways.some(([w]) => w === state.rest.transform) ? state.rest.transform : "";
  const log = state.rest.scale === "log";
  const found = useMemo(() => (c?.lines ?? []).flatMap((l, i) => (l ? [{ ...l, ink: i }] : [])), [c]);
  const unknown = names.filter((_, i) => c && !c.lines[i]);
  const lines: Line[] = useMemo(
    () => found.map((l) => ({ key: l.project.name, label: l.project.name, ink: l.ink % 10, totals: ((way === "indexed" ? l.series?.indexed : way === "share" ? l.series?.shares : l.series?.totals) ?? (c?.dates ?? []).map(() => null)) as (number | null)[] })),
    [found, way, c],
  );
  const gaps = useMemo(() => (c && found[0]?.series ? gapsOf({ dates: c.dates, ...found[0].series }, interval, (i) => found.every((l) => !l.series?.totals[i])) : noGaps), [c, found, interval]);
  const format = way === "share" ? share : way === "indexed" ? (v: number) => v.toFixed(v < 10 ? 1 : 0) : undefined;
  const set = (rest: Record<string, string>) => go({ ...state, rest: Object.fromEntries(Object.entries({ ...state.rest, ...rest }).filter(([, v]) => v !== "")) });
  const withNames = (next: string[]) => location.assign((next.length ? addressOf(next) : "/compare") + location.search);
  const positive = lines.flatMap((l) => l.totals).filter((v): v is number => v !== null && v > 0);
  const spread = positive.length ? Math.max(...positive) / Math.min(...positive) : 1;
  const title = way === "indexed" ? "Indexed: the first whole interval is 100" : way === "share" ? "Share of all downloads" : "Downloads";
  return (
    <Frame page={page}>
      <header className="about">
        <h1>Compare</h1>
        <ul className="chips names" aria-label="Projects compared">
          {names.map((n, i) => (
            <li key={n}>
              <span className={`chip${c && !c.lines[i] ? " wrong" : ""}`}>
                <i className={`dot ink-${i % 10}`} />
                {c?.lines[i] ? <a href={projectHref(n)}>{n}</a> : n}{" "}
                <button type="button" className="quiet" aria-label={`Leave ${n} out`} onClick={() => withNames(names.filter((m) => m !== n))}>
                  ×
                </button>
              </span>
            </li>
          ))}
          {names.length < most && (
            <li className="add">
              <Search label="Add a project" placeholder="Add a project" onPick={(n) => !names.includes(n) && withNames([...names, n])} />
            </li>
          )}
        </ul>
        {unknown.map((n) => (
          <p key={n} className="notice" role="status">
            No project named <b>{n}</b> has downloads. <a href={`/search?q=${encodeURIComponent(n)}`}>Look for names like it.</a>
          </p>
        ))}
      </header>
      {names.length === 0 ? (
        <p className="empty">Choose two to ten projects, to see which is larger and which grows faster.</p>
      ) : (
        <>
          <RangeBar state={state} go={go} loading={page.loading} {...days} />
          <div className="grid">
            <Widget
              id="lines"
              title={title}
              wide="full"
              errors={answer.errors}
              requestId={answer.requestId}
              path={["compare"]}
              onRetry={page.retry}
              own={{ document: CompareQuery, variables: { projects: names, range: variables.range, filter: variables.filter, interval } }}
              picture={found.length > 0 ? { names: found.map((l) => l.project.name).join(","), state: { ...state, rest: {} }, parameters: { shape: "line", ...(way === "indexed" && { transform: "indexed" }), ...(log && { scale: "log" }) } } : undefined}
              empty={c && (found.length === 0 ? "None of these projects has downloads." : positive.length === 0 ? "No downloads in this range." : undefined)}
              table={c ? tableOf(c.dates, interval, lines, gaps, format) : undefined}
              tools={
                <>
                  <div className="segments" role="group" aria-label="What is compared">
                    {ways.map(([w, text]) => (
                      <button key={w} type="button" aria-pressed={way === w} onClick={() => set({ transform: w })}>
                        {text}
                      </button>
                    ))}
                  </div>
                  {(log || spread > 50) && (
                    <label className="check">
                      <input type="checkbox" checked={log} onChange={(e) => set({ scale: e.target.checked ? "log" : "" })} /> log
                    </label>
                  )}
                </>
              }
            >
              {c && lines.length > 5 && <Multiples lines={lines} c={c} interval={interval} format={format} log={log} gaps={gaps} title={title} />}
              {c && lines.length <= 5 && <TimeChart title={title} dates={c.dates} interval={interval} lines={lines} shape="line" log={log} format={format} height={420} {...gaps} />}
            </Widget>
            <Standing found={found} errors={answer.errors} error={errorAt(answer.errors, ["compare"])?.message} />
          </div>
        </>
      )}
    </Frame>
  );
}

/** Above five lines: a small chart each, on one scale. */
function Multiples({ lines, c, interval, format, log, gaps, title }: { lines: Line[]; c: { dates: string[] }; interval: string; format?: (v: number) => string; log: boolean; gaps: { partial: boolean[]; absent: boolean[] }; title: string }) {
  const top = Math.max(...lines.flatMap((l) => l.totals.map((v) => v ?? 0)));
  return (
    <div className="multiples">
      {lines.map((l) => (
        <figure key={l.key}>
          <figcaption>
            <i className={`dot ink-${l.ink}`} />
            {l.label}
          </figcaption>
          <TimeChart title={`${l.label}: ${title}`} dates={c.dates} interval={interval} lines={[l]} shape="line" log={log} format={format} top={top} height={190} {...gaps} />
        </figure>
      ))}
    </div>
  );
}

interface Found {
  ink: number;
  total?: number | null;
  project: { name: string; summary?: string | null; latestVersion?: string | null; rank?: { position: number } | null };
  downloads?: { change?: number | null } | null;
}

function Standing({ found, errors, error }: { found: Found[]; errors: any; error?: string }) {
  const sorted = [...found].sort((a, b) => (b.total ?? 0) - (a.total ?? 0));
  const largest = Math.max(...sorted.map((l) => l.total ?? 0), 1);
  return (
    <Widget id="standing" title="In this range" wide="full" errors={error ? undefined : errors} path={["compare", "lines"]} empty={found.length === 0 && "Nothing to compare."}>
      <div className="scroll wide" tabIndex={0} role="region" aria-label="In this range, table">
        <table className="bars list">
          <thead>
            <tr>
              <th scope="col">Project</th>
              <th scope="col">
                <span className="hidden">Part of the largest</span>
              </th>
              <th scope="col" className="num">
                Downloads
              </th>
              <th scope="col" className="num">
                Change
              </th>
              <th scope="col" className="num">
                Rank
              </th>
              <th scope="col" className="num spare">
                Version
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((l) => (
              <tr key={l.project.name}>
                <th scope="row">
                  <i className={`dot ink-${l.ink % 10}`} />
                  <a href={projectHref(l.project.name)} title={l.project.summary ?? undefined}>
                    {l.project.name}
                  </a>
                </th>
                <td className="bar">
                  <i style={{ width: `${((l.total ?? 0) / largest) * 100}%` }} className={`ink-${l.ink % 10}`} />
                </td>
                <td className="num" title={l.total == null ? undefined : exact(l.total)}>
                  {l.total == null ? "–" : count(l.total)}
                </td>
                <td className={`num ${changeClass(l.downloads?.change)}`}>{change(l.downloads?.change)}</td>
                <td className="num">{l.project.rank && `#${exact(l.project.rank.position)}`}</td>
                <td className="num spare">{l.project.latestVersion}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Widget>
  );
}
