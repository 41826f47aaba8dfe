// Countries: a list of bars, which tells how many, and a map beside it, which
// tells where: alone it would favour area.
import { useEffect, useMemo, useRef, useState } from "react";
import type { SplitTotalPartFragment } from "../gql/graphql";
import { count, exact, share } from "../format";
import { Tip } from "../chart/Tip";
import { choose } from "../state";
import { Widget } from "../ui/Widget";
import { keyOf, type PartProps, SplitTotalQuery } from "./split";

declare const __WORLD__: string;

let world: Promise<Record<string, string>> | undefined;

/** Four round borders of five classes of equal ratio. */
export function classSteps(totals: number[]): number[] {
  const most = Math.max(...totals, 1);
  const least = Math.max(Math.min(...totals.filter((t) => t > 0), most), most / 1e5, 1);
  const steps: number[] = [];
  for (let i = 1; i < 5; i++) {
    const v = least * (most / least) ** (i / 5);
    const power = 10 ** Math.floor(Math.log10(v));
    steps.push(([1, 2, 5, 10].find((m) => m * power >= v * 0.999) ?? 10) * power);
  }
  return steps;
}

const classOf = (n: number, steps: number[]) => steps.filter((s) => n >= s).length;

function WorldMap({ slices, chosen, onChoose }: { slices: readonly SplitTotalPartFragment[]; chosen?: string[]; onChoose: (code: string, keys: { shiftKey: boolean; altKey: boolean }) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [paths, setPaths] = useState<Record<string, string>>();
  const [over, setOver] = useState<{ code: string; x: number; y: number }>();
  useEffect(() => {
    const near = new IntersectionObserver(
      ([e]) => {
        if (!e.isIntersecting) return;
        near.disconnect();
        world ??= fetch(`/assets/${__WORLD__}`).then((r) => r.json());
        world.then(setPaths, () => (world = undefined));
      },
      { rootMargin: "400px" },
    );
    near.observe(box.current!);
    return () => near.disconnect();
  }, []);
  const by = useMemo(() => new Map(slices.map((s) => [s.value ?? "", s])), [slices]);
  const steps = useMemo(() => classSteps(slices.filter((s) => s.value).map((s) => s.total)), [slices]);
  const pointed = over && by.get(over.code);
  const names = useMemo(() => new Intl.DisplayNames("en", { type: "region" }), []);
  return (
    <div ref={box} className="map">
      {paths && (
        <svg viewBox="0 0 2000 872" role="img" aria-label={`Map of downloads by country; the list beside it has the numbers`} onPointerLeave={() => setOver(undefined)}>
          <defs>
            <pattern id="no-downloads" width="10" height="10" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect className="paper" width="10" height="10" />
              <rect className="hatch" width="3" height="10" />
            </pattern>
          </defs>
          {Object.entries(paths).map(([code, d]) => {
            const s = by.get(code);
            return (
              <path
                key={code}
                d={d}
                className={`${s?.total ? `class-${classOf(s.total, steps)}` : "none"}${chosen?.includes(code) ? " chosen" : ""}`}
                onPointerMove={(e) => {
                  const r = box.current!.getBoundingClientRect();
                  setOver({ code, x: e.clientX - r.left, y: e.clientY - r.top });
                }}
                onClick={s?.total ? (e) => onChoose(code, e) : undefined}
              />
            );
          })}
        </svg>
      )}
      <ol className="key" aria-label="Classes of the map">
        {[0, ...steps].map((from, i) => (
          <li key={i}>
            <i className={`class-${i}`} />
            {i === 0 ? `< ${count(steps[0])}` : `${count(from)}+`}
          </li>
        ))}
      </ol>
      {over && (
        <Tip x={over.x} width={box.current?.clientWidth ?? 0} top={over.y + 12}>
          <b>{pointed?.label ?? names.of(over.code)}</b>
          <p>{pointed ? `${exact(pointed.total)} (${share(pointed.share)})` : "No downloads"}</p>
        </Tip>
      )}
    </div>
  );
}

export function Countries({ slices, state, go, answer, path, onRetry, variables, names }: PartProps & { slices?: readonly SplitTotalPartFragment[] | null }) {
  const listed = (slices ?? []).slice(0, 12);
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
      picture={{ names, state, parameters: { by: "country", shape: "map" } }}
      empty={slices?.length === 0 && "No downloads in this range."}
      table={{ head: ["Country", "Downloads", "Share"], rows: (slices ?? []).map((s) => [s.label, s.total, share(s.share)]) }}
    >
      <div className="countries">
      <table className="bars">
        <tbody>
          {listed.map((s) => (
            <tr key={keyOf(s.value)}>
              <th scope="row">
                {s.value == null ? (
                  <span className="muted">{s.label}</span>
                ) : (
                  <button type="button" className="value" title={`${s.label}: show it alone (Shift: beside others, Alt: leave it out)`} onClick={(e) => go(choose(state, "country", s.value!, e))}>
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
      {slices && <WorldMap slices={slices} chosen={state.filters.country?.split(",")} onChoose={(code, keys) => go(choose(state, "country", code, keys))} />}
      </div>
    </Widget>
  );
}
