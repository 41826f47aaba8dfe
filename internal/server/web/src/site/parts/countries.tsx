// Countries: a list of bars, and a map beside it.
import type { SplitTotalPartFragment } from "../gql/graphql";
import { count, exact, share } from "../format";
import { choose } from "../state";
import { Widget } from "../ui/Widget";
import { keyOf, type PartProps, SplitTotalQuery } from "./split";

export function Countries({ slices, state, go, answer, path, onRetry, variables, names }: PartProps & { slices?: readonly SplitTotalPartFragment[] | null }) {
  const listed = (slices ?? []).slice(0, 15);
  const most = Math.max(...listed.map((s) => s.total), 1);
  const { projects, range, filter } = variables;
  return (
    <Widget
      id="country"
      title="Country"
      wide="full"
      errors={answer.errors}
      requestId={answer.requestId}
      path={[...path, "country"]}
      onRetry={onRetry}
      own={{ document: SplitTotalQuery, variables: { projects, range, filter, dimension: "COUNTRY", first: 250 } }}
      picture={{ names, state, parameters: { by: "country", first: "10" } }}
      empty={slices?.length === 0 && "No downloads in this range."}
      table={{ head: ["Country", "Downloads", "Share"], rows: (slices ?? []).map((s) => [s.label, s.total, share(s.share)]) }}
    >
      <table className="bars">
        <tbody>
          {listed.map((s) => (
            <tr key={keyOf(s.value)}>
              <th scope="row">
                {s.value == null ? (
                  <span className="muted">{s.label}</span>
                ) : (
                  <button type="button" className="value" onClick={(e) => go(choose(state, "country", s.value!, e))}>
                    {s.label}
                  </button>
                )}
              </th>
              <td className="bar">
                <i style={{ width: `${(s.total / most) * 100}%` }} />
              </td>
              <td className="num">{share(s.share)}</td>
              <td className="num" title={exact(s.total)}>
                {count(s.total)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Widget>
  );
}
