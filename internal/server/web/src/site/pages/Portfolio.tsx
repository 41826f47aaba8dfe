import { type DragEvent, useCallback, useMemo, useState } from "react";
import { change, changeClass, count, day, exact } from "../format";
import { graphql } from "../gql";
import { projectHref } from "../parts/lists";
import { SeriesWidget } from "../parts/series";
import { dateRange, every, filterOf, type State } from "../state";
import { Frame } from "../ui/Frame";
import { RangeBar } from "../ui/RangeBar";
import { type Boot, usePage } from "../ui/usePage";
import { Widget } from "../ui/Widget";

export const PortfolioSeriesQuery = graphql(`
  query PortfolioSeries($requirements: String, $author: String, $maintainer: String, $projects: [String!], $range: DateRange, $filter: DownloadsFilter, $interval: Interval!) {
    portfolio(requirements: $requirements, author: $author, maintainer: $maintainer, projects: $projects) {
      downloads(range: $range, filter: $filter) {
        ...SeriesPart
      }
    }
  }
`);

export const PortfolioProjectsQuery = graphql(`
  query PortfolioProjects($requirements: String, $author: String, $maintainer: String, $projects: [String!], $range: DateRange, $filter: DownloadsFilter) {
    portfolio(requirements: $requirements, author: $author, maintainer: $maintainer, projects: $projects) {
      projects {
        ...PortfolioProject
      }
    }
  }
`);

const PortfolioProject = graphql(`
  fragment PortfolioProject on Project {
    name
    latestVersion
    lastRelease
    downloads(range: $range, filter: $filter) {
      total
      change
    }
  }
`);

const PortfolioPageDocument = graphql(`
  query PortfolioPage($requirements: String, $author: String, $maintainer: String, $projects: [String!], $range: DateRange, $filter: DownloadsFilter, $interval: Interval!) {
    dataset {
      firstDay
      lastDay
      settledDay
    }
    portfolio(requirements: $requirements, author: $author, maintainer: $maintainer, projects: $projects) {
      projectCount
      unresolved {
        line
        text
        reason
      }
      projects {
        ...PortfolioProject
      }
      downloads(range: $range, filter: $filter) {
        ...SeriesPart
      }
    }
  }
`);

const kinds = ["requirements", "author", "maintainer", "projects"] as const;
const reasons: Record<string, string> = { UNKNOWN: "no project of that name has a download", INVALID: "no requirement", REFERENCE: "points to a file or an address, which is not followed" };

/** Which of the arguments the address gives; the first counts. */
export function chosenOf(s: State) {
  const kind = kinds.find((k) => s.rest[k]?.trim());
  const of = (k: (typeof kinds)[number]) => (kind === k ? s.rest[k] : null);
  return { requirements: of("requirements"), author: of("author"), maintainer: of("maintainer"), projects: of("projects")?.split(",") ?? null };
}

export function PortfolioPage({ boot }: { boot: Boot }) {
  const variablesOf = useCallback((s: State) => ({ ...chosenOf(s), range: dateRange(s), filter: filterOf(s), interval: every(s) }), []);
  const page = usePage(PortfolioPageDocument, boot, variablesOf);
  const { state, go, answer, variables } = page;
  const p = answer.data?.portfolio;
  const kind = kinds.find((k) => state.rest[k]);
  const interval = variables.interval as string;
  const days = useMemo(() => answer.data?.dataset ?? {}, [answer]);
  const chosen = { requirements: variables.requirements, author: variables.author, maintainer: variables.maintainer, projects: variables.projects };
  const list = [...(p?.projects ?? [])].sort((a, b) => (b.downloads?.total ?? 0) - (a.downloads?.total ?? 0));
  const most = Math.max(...list.map((r) => r.downloads?.total ?? 0), 1);
  const whole = list.reduce((sum, r) => sum + (r.downloads?.total ?? 0), 0);
  return (
    <Frame page={page}>
      <header className="about">
        <h1>Portfolio</h1>
        <p className="summary">{kind === "author" || kind === "maintainer" ? `All projects ${kind === "author" ? "of" : "kept by"} ${state.rest[kind]}.` : "What a set of projects has together."}</p>
      </header>
      <Chooser key={JSON.stringify(state.rest)} state={state} go={(next) => go(next)} open={!kind} />
      {kind && (
        <>
          {p && p.unresolved.length > 0 && (
            <section className="notice" aria-label="Not understood">
              <b>{p.unresolved.length === 1 ? "1 line is" : `${p.unresolved.length} lines are`} no project of this portfolio</b>
              <ul>
                {p.unresolved.map((u) => (
                  <li key={u.line}>
                    {kind === "projects" ? "" : `line ${u.line}: `}
                    <code>{u.text}</code>: {reasons[u.reason] ?? u.reason}{" "}
                    {u.reason === "UNKNOWN" && <a href={`/search?q=${encodeURIComponent(u.text.replace(/[^A-Za-z0-9._-].*$/, ""))}`}>Look for names like it.</a>}
                  </li>
                ))}
              </ul>
            </section>
          )}
          <RangeBar state={state} go={go} loading={page.loading} {...days} />
          <div className="grid">
            <SeriesWidget title={p ? `${exact(p.projectCount)} ${p.projectCount === 1 ? "project" : "projects"} together` : "Together"} part={p?.downloads} names={list.slice(0, 10).map((r) => r.name).join(",")} state={{ ...state, rest: {} }} interval={interval} answer={answer} own={{ document: PortfolioSeriesQuery, variables: { ...chosen, range: variables.range, filter: variables.filter, interval } }} path={["portfolio", "downloads"]} onRetry={page.retry} wide="full" />
            <Widget id="projects" title="Its projects" wide="full" errors={answer.errors} requestId={answer.requestId} path={["portfolio", "projects"]} onRetry={page.retry} own={{ document: PortfolioProjectsQuery, variables: { ...chosen, range: variables.range, filter: variables.filter } }} empty={p && list.length === 0 && "No project is part of it."}>
              <div className="scroll tall" tabIndex={0} role="region" aria-label="Its projects, table">
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
                      <th scope="col" className="num spare">
                        Last release
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {list.map((r) => (
                      <tr key={r.name}>
                        <th scope="row">
                          <a href={projectHref(r.name)}>{r.name}</a>
                        </th>
                        <td className="bar" title={whole ? `${(((r.downloads?.total ?? 0) / whole) * 100).toFixed(1)} % of all` : undefined}>
                          <i style={{ width: `${((r.downloads?.total ?? 0) / most) * 100}%` }} />
                        </td>
                        <td className="num" title={r.downloads?.total == null ? undefined : exact(r.downloads.total)}>
                          {r.downloads?.total == null ? "–" : count(r.downloads.total)}
                        </td>
                        <td className={`num ${changeClass(r.downloads?.change)}`}>{change(r.downloads?.change)}</td>
                        <td className="num spare">{r.lastRelease && day(r.lastRelease)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </Widget>
          </div>
        </>
      )}
    </Frame>
  );
}

function Chooser({ state, go, open }: { state: State; go: (next: State) => void; open: boolean }) {
  const [text, setText] = useState(state.rest.requirements ?? state.rest.projects?.split(",").join("\n") ?? "");
  const [author, setAuthor] = useState(state.rest.author ?? "");
  const [maintainer, setMaintainer] = useState(state.rest.maintainer ?? "");
  const [over, setOver] = useState(false);
  const show = (rest: Record<string, string>) => go({ ...state, rest });
  const drop = async (e: DragEvent) => {
    e.preventDefault();
    setOver(false);
    const file = e.dataTransfer.files[0];
    const read = file ? await file.text() : e.dataTransfer.getData("text");
    setText(read);
    if (read.trim()) show({ requirements: read });
  };
  const tooLong = text.length > 12000;
  return (
    <details className="chooser" open={open}>
      <summary>Choose projects</summary>
      <div className="choices">
        <form
          onDragOver={(e) => (e.preventDefault(), setOver(true))}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
          className={over ? "over" : undefined}
          onSubmit={(e) => {
            e.preventDefault();
            if (text.trim()) show({ requirements: text });
          }}
        >
          <label htmlFor="requirements">A requirements file: paste it, or drop it here</label>
          <textarea id="requirements" rows={8} value={text} onChange={(e) => setText(e.target.value)} spellCheck={false} placeholder={"requests>=2.31\npandas[performance]==2.2\nuv"} />
          {tooLong && <p className="muted">It is long: the link to this page may be too long for some programs.</p>}
          <button className="main">Show</button>
        </form>
        <form
          onSubmit={(e) => {
            e.preventDefault();
            if (author.trim()) show({ author: author.trim() });
            else if (maintainer.trim()) show({ maintainer: maintainer.trim() });
          }}
        >
          <label htmlFor="author">Or an author: a name or an e-mail address</label>
          <input id="author" type="text" value={author} onChange={(e) => setAuthor(e.target.value)} />
          <label htmlFor="maintainer">Or a maintainer</label>
          <input id="maintainer" type="text" value={maintainer} onChange={(e) => setMaintainer(e.target.value)} />
          <button>Show</button>
        </form>
      </div>
    </details>
  );
}

