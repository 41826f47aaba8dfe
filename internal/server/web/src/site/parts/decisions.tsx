// What a maintainer decides by: what dropping support would leave behind, and how
// releases were taken up.
import type { Answer } from "../ask";
import { Spark } from "../chart/Spark";
import { day, exact, points, share } from "../format";
import { graphql } from "../gql";
import type { DroppingPartFragment, ImpactPartFragment } from "../gql/graphql";
import { Widget } from "../ui/Widget";

export const DroppingPart = graphql(`
  fragment DroppingPart on Dropping {
    total
    reported
    share
    values {
      value
      share
    }
    shares
    movedBy(first: 1) {
      change
      releases {
        version
      }
    }
  }
`);

export const ImpactPart = graphql(`
  fragment ImpactPart on ReleaseImpact {
    release {
      version
      uploadedAt
    }
    daysToHalf
    daysToHalfOrNewer
    peak
    stragglers(first: 3) {
      release
      share
    }
  }
`);

export const DroppingQuery = graphql(`
  query Dropping($projects: [String!], $range: DateRange, $filter: DownloadsFilter, $interval: Interval!) {
    downloads(projects: $projects, range: $range, filter: $filter) {
      oldPython: dropping(support: PYTHON, interval: $interval) {
        ...DroppingPart
      }
      oldGlibc: dropping(support: GLIBC, interval: $interval) {
        ...DroppingPart
      }
      oldMajor: dropping(support: MAJOR, interval: $interval) {
        ...DroppingPart
      }
    }
  }
`);

export const ImpactQuery = graphql(`
  query Impact($name: String!, $range: DateRange, $filter: DownloadsFilter) {
    project(name: $name) {
      releaseImpact(range: $range, filter: $filter, first: 8) {
        ...ImpactPart
      }
    }
  }
`);

/** What is dropped, by the answer's name of it. */
export const droppings = { oldPython: "Pythons past the end of their life", oldGlibc: "glibc before 2.28", oldMajor: "Major releases before the newest" };

interface Part {
  answer: Answer<unknown>;
  path: (string | number)[];
  onRetry: () => void;
  own: { document: any; variables: object };
}

export function Droppings({ parts, answer, path, onRetry, own }: Part & { parts: Record<keyof typeof droppings, DroppingPartFragment | null | undefined> }) {
  const names = Object.keys(droppings) as (keyof typeof droppings)[];
  const failed = names.find((name) => answer.errors?.some((e) => e.path?.join() === [...path, name].join()));
  return (
    <Widget id="dropping" title="Dropping support" note="who would be left behind" wide="full" errors={answer.errors} requestId={answer.requestId} path={[...path, failed ?? names[0]]} onRetry={onRetry} own={own}>
      <table className="bars told">
        <thead>
          <tr>
            <th scope="col">Without</th>
            <th scope="col" className="num">Share</th>
            <th scope="col" className="spare">
              <span className="hidden">Over time</span>
            </th>
            <th scope="col" className="spare">Mostly</th>
            <th scope="col" className="spare">Moved most around</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => {
            const d = parts[name];
            const moved = d?.movedBy?.[0];
            return (
              d && (
                <tr key={name}>
                  <th scope="row">{droppings[name]}</th>
                  <td className="num" title={`${exact(d.total)} of ${exact(d.reported)} downloads that tell`}>
                    {share(d.share)}
                  </td>
                  <td className="spare">
                    <Spark totals={[...d.shares]} />
                  </td>
                  <td className="spare">{d.values.slice(0, 3).map((v) => `${v.value} ${share(v.share)}`).join(", ") || "–"}</td>
                  <td className="spare">{moved ? `${moved.releases.map((r) => r.version).join(", ")}: ${points(moved.change)}` : "–"}</td>
                </tr>
              )
            );
          })}
        </tbody>
      </table>
    </Widget>
  );
}

/** Days, or what stands for none. */
const days = (n: number | null | undefined) => (n == null ? "–" : exact(n));

export function Impact({ releases, answer, path, onRetry, own }: Part & { releases?: readonly ImpactPartFragment[] | null }) {
  return (
    <Widget id="impact" title="Release impact" note="days until half of the downloads" wide="full" errors={answer.errors} requestId={answer.requestId} path={path} onRetry={onRetry} own={own} empty={releases?.length === 0 && "No release came in this range, as far as is known."}>
      <table className="bars told">
        <thead>
          <tr>
            <th scope="col">Release</th>
            <th scope="col" className="num">Itself</th>
            <th scope="col" className="num">Or newer</th>
            <th scope="col" className="num spare">Peak</th>
            <th scope="col" className="spare">Still behind</th>
          </tr>
        </thead>
        <tbody>
          {releases?.map((r) => (
            <tr key={r.release.version}>
              <th scope="row" title={`released ${day(r.release.uploadedAt)}`}>{r.release.version}</th>
              <td className="num">{days(r.daysToHalf)}</td>
              <td className="num">{days(r.daysToHalfOrNewer)}</td>
              <td className="num spare">{share(r.peak)}</td>
              <td className="spare">{r.stragglers?.map((s) => `${s.release} ${share(s.share)}`).join(", ") || "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Widget>
  );
}
