import { memo, useCallback, useMemo } from "react";
import { errorAt } from "../ask";
import type { Mark } from "../chart/TimeChart";
import { TimeChart } from "../chart/TimeChart";
import { day, exact, share } from "../format";
import { graphql } from "../gql";
import type { AdoptionPartFragment, Dimension, ProjectHeaderFragment, ProjectPageQuery, ProjectPageQueryVariables } from "../gql/graphql";
import { Countries } from "../parts/countries";
import { DroppingQuery, Droppings, Impact, ImpactQuery } from "../parts/decisions";
import { Repository, RepositoryQuery } from "../parts/repository";
import { endOfLife } from "../parts/eol";
import { Figures, figure, ProjectList } from "../parts/lists";
import { MoreSplits } from "../parts/more";
import { gapsOf, noGaps, tableOf } from "../gaps";
import { SeriesQuery, SeriesWidget } from "../parts/series";
import { byVersion, compareVersions, type PartProps, SplitBars, SplitOverTime } from "../parts/split";
import { choose, dateRange, every, filterOf, moreOf, moreSplits, type State } from "../state";
import { RangeBar } from "../ui/RangeBar";
import { Search } from "../ui/Search";
import { Frame } from "../ui/Frame";
import { type Boot, type Drawn, usePage } from "../ui/usePage";
import { Widget } from "../ui/Widget";

const ProjectHeader = graphql(`
  fragment ProjectHeader on Project {
    name
    summary
    latestVersion
    author
    maintainer
    license
    homePage
    repository
    requiresPython
    firstDownload
    lastDownload
    lastRelease
    rank {
      position
      projectCount
    }
  }
`);

const AdoptionPart = graphql(`
  fragment AdoptionPart on ReleaseGroup {
    release
    label
    total
    share
    series(interval: $interval) {
      totals
    }
  }
`);

const AdoptionQuery = graphql(`
  query Adoption($projects: [String!], $range: DateRange, $filter: DownloadsFilter, $interval: Interval!) {
    downloads(projects: $projects, range: $range, filter: $filter) {
      byRelease(level: MINOR, first: 7, others: true) {
        ...AdoptionPart
      }
    }
  }
`);

const DependenciesQuery = graphql(`
  query Dependencies($name: String!) {
    project(name: $name) {
      dependencies(first: 10) {
        total
        project {
          name
        }
      }
    }
  }
`);

const DependentsQuery = graphql(`
  query Dependents($name: String!) {
    project(name: $name) {
      dependents(first: 10) {
        total
        project {
          name
        }
      }
    }
  }
`);

const RelatedQuery = graphql(`
  query Related($name: String!) {
    project(name: $name) {
      related(first: 10) {
        together
        share
        project {
          name
        }
      }
    }
  }
`);

const ProjectPageDocument = graphql(`
  query ProjectPage($name: String!, $range: DateRange, $interval: Interval!, $filter: DownloadsFilter, $split: Dimension!, $more: Boolean!) {
    dataset {
      firstDay
      lastDay
      settledDay
      updatedAt
    }
    project(name: $name) {
      ...ProjectHeader
      day: downloads(range: { last: 1 }, filter: $filter) {
        total
        change
      }
      week: downloads(range: { last: 7 }, filter: $filter) {
        total
        change
      }
      month: downloads(range: { last: 30 }, filter: $filter) {
        total
        change
      }
      all: downloads(filter: $filter) {
        total
      }
      releases(first: 200) {
        nodes {
          version
          uploadedAt
        }
      }
      downloads(range: $range, filter: $filter) {
        ...SeriesPart
        versions: by(dimension: VERSION, first: 5, others: true) {
          ...SplitPart
        }
        adoption: byRelease(level: MINOR, first: 7, others: true) {
          ...AdoptionPart
        }
        python: by(dimension: PYTHON, first: 8, others: true) {
          ...SplitPart
        }
        system: by(dimension: SYSTEM, first: 6, others: true) {
          ...SplitPart
        }
        installer: by(dimension: INSTALLER, first: 6, others: true) {
          ...SplitPart
        }
        fileType: by(dimension: FILE_TYPE, first: 6, others: true) {
          ...SplitPart
        }
        ci: by(dimension: CI, first: 6, others: true) {
          ...SplitPart
        }
        libc: by(dimension: LIBC, first: 6, others: true) {
          ...SplitPart
        }
        oldPython: dropping(support: PYTHON, interval: $interval) {
          ...DroppingPart
        }
        oldGlibc: dropping(support: GLIBC, interval: $interval) {
          ...DroppingPart
        }
        oldMajor: dropping(support: MAJOR, interval: $interval) {
          ...DroppingPart
        }
        country: by(dimension: COUNTRY, first: 250, others: true) {
          ...SplitTotalPart
        }
        more: by(dimension: $split, first: 6, others: true) @include(if: $more) {
          ...SplitTotalPart
        }
      }
      releaseImpact(range: $range, filter: $filter, first: 8) {
        ...ImpactPart
      }
      dependencies(first: 10) {
        total
        project {
          name
        }
      }
      dependents(first: 10) {
        total
        project {
          name
        }
      }
      related(first: 10) {
        together
        share
        project {
          name
        }
      }
      ...RepositoryPart
    }
  }
`);

export function ProjectPage({ boot }: { boot: Boot }) {
  const name = boot.variables.name as string;
  const variablesOf = useCallback((s: State) => {
    const more = moreOf(s);
    return { name, range: dateRange(s), interval: every(s), filter: filterOf(s), split: (more ?? moreSplits[0]).by as Dimension, more: more !== undefined };
  }, [name]);
  const page = usePage(ProjectPageDocument, boot, variablesOf);
  const data = page.answer.data;
  const project = data?.project;
  const days = useMemo(() => data?.dataset ?? {}, [data]);
  const error = (...path: string[]) => errorAt(page.answer.errors, ["project", ...path])?.message;
  return (
    <Frame page={page}>
      {project && <About project={project} />}
      <Figures figures={[figure("Last day", project?.day, error("day")), figure("Last 7 days", project?.week, error("week")), figure("Last 30 days", project?.month, error("month")), figure("All time", project?.all, error("all"))]} />
      <RangeBar state={page.state} go={page.go} loading={page.loading} {...days} />
      <Charts name={name} drawn={page.later} go={page.go} retry={page.retry} />
    </Frame>
  );
}

type Drawing = Drawn<ProjectPageQuery, ProjectPageQueryVariables>;

const Charts = memo(function Charts({ name, drawn: { state, answer, variables }, go, retry }: { name: string; drawn: Drawing; go: PartProps["go"]; retry: () => void }) {
  const project = answer.data?.project;
  const d = project?.downloads;
  const interval = variables.interval as string;
  const dates = d?.series?.dates;
  const gaps = useMemo(() => (d?.series ? gapsOf(d.series, interval, (i) => d.series!.totals[i] === 0) : noGaps), [d, interval]);
  const marks = useMemo(() => releaseMarks(project), [project]);
  const part: PartProps = {
    names: name, state, go, interval, answer, path: ["project", "downloads"], onRetry: retry,
    variables: { projects: [name], range: variables.range, filter: variables.filter, interval },
  };
  const own = (document: any) => ({ document, variables: part.variables });
  return (
    <div className="grid">
      <SeriesWidget part={d} names={name} state={state} interval={interval} marks={marks} answer={answer} own={own(SeriesQuery)} path={part.path} onRetry={retry} wide="two-thirds" />
      <Adoption groups={d?.adoption} dates={dates} gaps={gaps} own={own(AdoptionQuery)} part={part} />
      <SplitOverTime {...part} param="version" at="versions" first={5} slices={d?.versions} dates={dates} gaps={gaps} shape="line" />
      <SplitOverTime {...part} param="python" at="python" first={8} slices={d?.python} dates={dates} gaps={gaps} shape="share" order={byVersion} hatched={endOfLife} />
      <Countries {...part} slices={d?.country} />
      <SplitBars {...part} param="system" at="system" first={6} slices={d?.system} />
      <SplitBars {...part} param="installer" at="installer" first={6} slices={d?.installer} />
      <SplitBars {...part} param="file_type" at="fileType" first={6} slices={d?.fileType} />
      <SplitBars {...part} param="ci" at="ci" first={6} slices={d?.ci} />
      <SplitBars {...part} param="libc" at="libc" first={6} slices={d?.libc} />
      <MoreSplits {...part} slices={variables.split === moreOf(state)?.by ? d?.more : undefined} />
      <Droppings parts={{ oldPython: d?.oldPython, oldGlibc: d?.oldGlibc, oldMajor: d?.oldMajor }} answer={answer} path={part.path} onRetry={retry} own={own(DroppingQuery)} />
      <Impact releases={project?.releaseImpact} answer={answer} path={["project", "releaseImpact"]} onRetry={retry} own={{ document: ImpactQuery, variables: { name, range: variables.range, filter: variables.filter } }} />
      <Compare name={name} state={state} />
      <ProjectList id="dependencies" title="Requires" bars errors={answer.errors} path={["project", "dependencies"]} onRetry={retry} own={{ document: DependenciesQuery, variables: { name } }} rows={project?.dependencies?.map((r) => ({ name: r.project.name, total: r.total }))} empty="It requires no other project, as far as is known." />
      <ProjectList id="dependents" title="Required by" bars errors={answer.errors} path={["project", "dependents"]} onRetry={retry} own={{ document: DependentsQuery, variables: { name } }} rows={project?.dependents?.map((r) => ({ name: r.project.name, total: r.total }))} empty="No other project requires it, as far as is known." />
      <ProjectList id="related" title="Required beside it" note="by its most downloaded dependents" bars errors={answer.errors} path={["project", "related"]} onRetry={retry} own={{ document: RelatedQuery, variables: { name } }} rows={project?.related?.map((r) => ({ name: r.project.name, total: r.together, text: share(r.share) }))} empty="Nothing is required beside it, as far as is known." />
      <Repository part={project} interval={interval} own={{ document: RepositoryQuery, variables: { name, range: variables.range, interval } }} answer={answer} onRetry={retry} />
    </div>
  );
});

type Facts = NonNullable<ProjectPageQuery["project"]>;

/** Releases as ticks of the series; the first of each major or minor release is told. */
function releaseMarks(project?: Facts | null): Mark[] {
  const nodes = [...(project?.releases?.nodes ?? [])].filter((r) => /^\d+(\.\d+)*$/.test(r.version)).sort((a, b) => (a.uploadedAt < b.uploadedAt ? -1 : 1));
  const told = new Set<string>();
  return nodes.map((r) => {
    const release = r.version.split(".").slice(0, 2).join(".");
    const major = !told.has(release);
    told.add(release);
    return { date: r.uploadedAt.slice(0, 10), text: r.version, major };
  });
}

const safe = (address?: string | null) => (address && /^https?:\/\//i.test(address) ? address : undefined);

function About({ project }: { project: ProjectHeaderFragment }) {
  const rank = project.rank;
  const medal = !rank ? "" : rank.position <= 10 ? "gold" : rank.position <= 100 ? "silver" : rank.position <= 1000 ? "bronze" : "";
  const home = safe(project.homePage);
  return (
    <header className="about">
      <h1>
        {project.name} {project.latestVersion && <small>{project.latestVersion}</small>}
      </h1>
      {project.summary && <p className="summary">{project.summary}</p>}
      <ul className="facts">
        {rank && (
          <li className={`rank ${medal}`}>
            <a href="/rankings">
              #{exact(rank.position)} of {exact(rank.projectCount)}
            </a>
          </li>
        )}
        {project.lastRelease && <li>released {day(project.lastRelease)}</li>}
        {project.requiresPython && <li>Python {project.requiresPython}</li>}
        {project.license && <li>{project.license}</li>}
        {project.author && (
          <li>
            by <a href={`/portfolio?author=${encodeURIComponent(project.author)}`}>{project.author}</a>
          </li>
        )}
        {project.maintainer && (
          <li>
            kept by <a href={`/portfolio?maintainer=${encodeURIComponent(project.maintainer)}`}>{project.maintainer}</a>
          </li>
        )}
        <li>
          <a rel="nofollow noopener" href={`https://pypi.org/project/${encodeURIComponent(project.name)}/`}>
            PyPI
          </a>
        </li>
        {project.repository && (
          <li>
            <a rel="nofollow noopener" href={`https://github.com/${project.repository}`}>
              {project.repository}
            </a>
          </li>
        )}
        {home && (
          <li>
            <a rel="nofollow noopener" href={home}>
              {new URL(home).host.replace(/^www\./, "")}
            </a>
          </li>
        )}
      </ul>
    </header>
  );
}

function Adoption({ groups, dates, gaps, own, part }: { groups?: readonly AdoptionPartFragment[] | null; dates?: string[]; gaps: { partial: boolean[]; absent: boolean[] }; own: { document: any; variables: object }; part: PartProps }) {
  const lines = useMemo(() => {
    const named = (groups ?? []).filter((g) => g.release).sort((a, b) => compareVersions(a.release!, b.release!));
    const rest = (groups ?? []).filter((g) => !g.release);
    return [...rest, ...named].map((g, i) => ({ key: g.release ?? "rest", label: g.label, totals: (g.series?.totals ?? []) as number[], ink: g.release ? i - rest.length : ("rest" as const) }));
  }, [groups]);
  const { state, go } = part;
  return (
    <Widget
      id="adoption"
      title="Adoption"
      note="by release"
      wide="third"
      errors={part.answer.errors}
      requestId={part.answer.requestId}
      path={[...part.path, "adoption"]}
      onRetry={part.onRetry}
      own={own}
      picture={{ names: part.names, state, parameters: { by: "version", shape: "share" } }}
      empty={groups?.length === 0 && "No downloads in this range."}
      table={dates && tableOf(dates, part.interval, lines, gaps)}
    >
      {dates && lines.length > 0 && <TimeChart title="Adoption by release" dates={dates} interval={part.interval} lines={lines} shape="share" {...gaps} onChoose={(key, keys) => go(choose(state, "version", `==${key}.*`, { ...keys, shiftKey: false, altKey: false }))} />}
    </Widget>
  );
}

function Compare({ name, state }: { name: string; state: State }) {
  return (
    <section className="widget" id="compare" aria-labelledby="compare-title">
      <h2 id="compare-title">Compare with</h2>
      <p className="empty">Put another project on the same axis.</p>
      <Search label="Compare with" placeholder="Another project" onPick={(other) => location.assign(`/compare/${encodeURIComponent(name)},${encodeURIComponent(other)}${state.last && state.last !== "1y" ? `?last=${state.last}` : ""}`)} />
    </section>
  );
}
