import { memo, useCallback, useMemo } from "react";
import { errorAt } from "../ask";
import { change, changeClass, day } from "../format";
import { graphql } from "../gql";
import type { HomePageQuery, HomePageQueryVariables } from "../gql/graphql";
import { Countries } from "../parts/countries";
import { endOfLife } from "../parts/eol";
import { Figures, figure, ProjectList } from "../parts/lists";
import { gapsOf, noGaps } from "../gaps";
import { SeriesQuery, SeriesWidget } from "../parts/series";
import { byVersion, type PartProps, SplitOverTime } from "../parts/split";
import { dateRange, every, filterOf, type State } from "../state";
import { Frame } from "../ui/Frame";
import { RangeBar } from "../ui/RangeBar";
import { Search } from "../ui/Search";
import { type Boot, type Drawn, usePage } from "../ui/usePage";

const TopQuery = graphql(`
  query Top {
    topProjects(range: { last: 30 }, first: 10) {
      nodes {
        ...TopPart
      }
    }
  }
`);

const TopPart = graphql(`
  fragment TopPart on ProjectRanking {
    total
    project {
      name
      summary
      downloads(range: { last: 30 }) {
        change
        series {
          totals
        }
      }
    }
  }
`);

const EmergingQuery = graphql(`
  query Emerging {
    emergingProjects(first: 10) {
      ...EmergingPart
    }
  }
`);

const EmergingPart = graphql(`
  fragment EmergingPart on ProjectRanking {
    total
    project {
      name
      firstDownload
    }
  }
`);

const HotQuery = graphql(`
  query Hot($minDownloads: Int64!) {
    hotProjects(first: 10, minDownloads: $minDownloads) {
      ...HotPart
    }
  }
`);

const HotPart = graphql(`
  fragment HotPart on ProjectTrend {
    growth
    project {
      name
    }
    series {
      totals
    }
  }
`);

const StaleQuery = graphql(`
  query Stale {
    staleProjects(first: 10) {
      ...StalePart
    }
  }
`);

const StalePart = graphql(`
  fragment StalePart on ProjectRanking {
    total
    project {
      name
      lastRelease
    }
  }
`);

const RecentQuery = graphql(`
  query Recent {
    recentReleases(first: 10) {
      nodes {
        ...RecentPart
      }
    }
  }
`);

const RecentPart = graphql(`
  fragment RecentPart on Release {
    version
    uploadedAt
    project {
      name
    }
  }
`);

/** What the server asks before the first page: how large the data is. */
export const SizeQuery = graphql(`
  query Size {
    dataset {
      totalDownloads
    }
  }
`);

const HomePageDocument = graphql(`
  query HomePage($range: DateRange, $interval: Interval!, $filter: DownloadsFilter, $minDownloads: Int64!) {
    dataset {
      totalDownloads
      projectCount
      firstDay
      lastDay
      settledDay
      updatedAt
    }
    top: topProjects(range: { last: 30 }, first: 10) {
      nodes {
        ...TopPart
      }
    }
    emerging: emergingProjects(first: 10) {
      ...EmergingPart
    }
    hot: hotProjects(first: 10, minDownloads: $minDownloads) {
      ...HotPart
    }
    stale: staleProjects(first: 10) {
      ...StalePart
    }
    recent: recentReleases(first: 10) {
      nodes {
        ...RecentPart
      }
    }
    downloads(range: $range, filter: $filter) {
      ...SeriesPart
      python: by(dimension: PYTHON, first: 8, others: true) {
        ...SplitPart
      }
      system: by(dimension: SYSTEM, first: 5, others: true) {
        ...SplitPart
      }
      installer: by(dimension: INSTALLER, first: 6, others: true) {
        ...SplitPart
      }
      country: by(dimension: COUNTRY, first: 250, others: true) {
        ...SplitTotalPart
      }
    }
  }
`);

export function HomePage({ boot }: { boot: Boot }) {
  const minDownloads = boot.variables.minDownloads as number; // the server knows how large the data is
  const variablesOf = useCallback((s: State) => ({ range: dateRange(s), interval: every(s), filter: filterOf(s), minDownloads }), [minDownloads]);
  const page = usePage(HomePageDocument, boot, variablesOf);
  const { state, go, answer } = page;
  const data = answer.data;
  const days = useMemo(() => data?.dataset ?? {}, [data]);
  const list = { errors: answer.errors, requestId: answer.requestId, onRetry: page.retry };
  const set = data?.dataset;
  const failed = errorAt(answer.errors, ["dataset"])?.message;
  return (
    <Frame page={page}>
      <section className="hero">
        <h1>Every download from PyPI, answered</h1>
        <Search label="Find a project" placeholder="Find a project: learn, scikit learn, numpy" large slash />
        <Figures
          figures={[
            figure("Downloads", { total: set?.totalDownloads }, failed),
            figure("Projects", { total: set?.projectCount }, failed),
            { title: "First day", text: set?.firstDay ? day(set.firstDay) : "–" },
            { title: "Newest day", text: set?.lastDay ? day(set.lastDay) : "–" },
            ...(set?.settledDay && set.settledDay !== set.lastDay ? [{ title: "Loaded wholly until", text: day(set.settledDay) }] : []),
          ]}
        />
      </section>
      <div className="lists">
        <ProjectList id="top" title="Most downloaded" note="last 30 days" numbered path={["top"]} {...list} own={{ document: TopQuery, variables: {} }} rows={data?.top?.nodes.map((n) => ({ name: n.project.name, title: n.project.summary, total: n.total, change: n.project.downloads?.change ?? null, spark: n.project.downloads?.series?.totals }))} empty="No downloads yet." tools={<a href="/rankings">All</a>} />
        <ProjectList id="hot" title="Hot" note="largest rise in a month" path={["hot"]} {...list} own={{ document: HotQuery, variables: { minDownloads } }} rows={data?.hot?.map((n) => ({ name: n.project.name, spark: n.series.totals, text: <span className={changeClass(n.growth)}>{change(n.growth)}</span> }))} empty="No project rises that much." />
        <ProjectList id="emerging" title="Emerging" note="new within three months" path={["emerging"]} {...list} own={{ document: EmergingQuery, variables: {} }} rows={data?.emerging?.map((n) => ({ name: n.project.name, text: n.project.firstDownload && `since ${day(n.project.firstDownload)}`, total: n.total }))} empty="No project is that new." />
        <ProjectList id="stale" title="In need of a release" note="none in six months" path={["stale"]} {...list} own={{ document: StaleQuery, variables: {} }} rows={data?.stale?.map((n) => ({ name: n.project.name, text: n.project.lastRelease && day(n.project.lastRelease), total: n.total }))} empty="Every project has one." />
        <ProjectList id="recent" title="Recent releases" path={["recent"]} {...list} own={{ document: RecentQuery, variables: {} }} rows={data?.recent?.nodes.map((n) => ({ name: n.project.name, text: `${n.version} · ${day(n.uploadedAt)}` }))} empty="No release is known." />
      </div>
      <RangeBar state={state} go={go} loading={page.loading} {...days} />
      <Charts drawn={page.later} go={go} retry={page.retry} />
    </Frame>
  );
}

const Charts = memo(function Charts({ drawn: { state, answer, variables }, go, retry }: { drawn: Drawn<HomePageQuery, HomePageQueryVariables>; go: PartProps["go"]; retry: () => void }) {
  const d = answer.data?.downloads;
  const interval = variables.interval as string;
  const dates = d?.series?.dates;
  const gaps = useMemo(() => (d?.series ? gapsOf(d.series, interval, (i) => d.series!.totals[i] === 0) : noGaps), [d, interval]);
  const part: PartProps = { names: "", state, go, interval, answer, path: ["downloads"], onRetry: retry, variables: { projects: null, range: variables.range, filter: variables.filter, interval } };
  return (
    <div className="grid">
      <SeriesWidget title="All of PyPI" part={d} names="" state={state} interval={interval} answer={answer} own={{ document: SeriesQuery, variables: part.variables }} path={part.path} onRetry={retry} wide="full" />
      <SplitOverTime {...part} wide="third" param="python" at="python" first={8} slices={d?.python} dates={dates} gaps={gaps} shape="share" order={byVersion} hatched={endOfLife} />
      <SplitOverTime {...part} wide="third" param="system" at="system" first={5} slices={d?.system} dates={dates} gaps={gaps} shape="share" />
      <SplitOverTime {...part} wide="third" param="installer" at="installer" first={6} slices={d?.installer} dates={dates} gaps={gaps} shape="share" />
      <Countries {...part} slices={d?.country} />
    </div>
  );
});
