// Downloads over time: lines, bars, or areas that fill the height. One tab stop:
// arrows move a cursor over intervals and series, Enter filters, Escape leaves.
import { area, curveLinear, line } from "d3-shape";
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useMemo, useState } from "react";
import { bucket, count, day, exact, share } from "../format";
import { useWidth } from "../ui/hooks";
import { dayOf, fit, logTicks, runs, settle, textWidth, timeTicks, valueTicks } from "./kernel";
import { Tip } from "./Tip";

export interface Line {
  key: string;
  label: string;
  totals: (number | null)[];
  /** The colour's number, or "rest". */
  ink: number | "rest" | "accent";
}

export interface Mark {
  date: string;
  text: string;
  major: boolean;
}

export interface TimeChartProps {
  title: string;
  dates: string[];
  interval: string;
  lines: Line[];
  shape: "line" | "bar" | "share";
  log?: boolean;
  /** How values are written; counts where absent. */
  format?: (v: number) => string;
  /** Intervals that the range or the data cuts off, and those without any data. */
  partial?: boolean[];
  absent?: boolean[];
  /** A second, calm line over a single series. */
  mean?: (number | null)[];
  marks?: Mark[];
  /** Series whose area is hatched, with the day from which. */
  hatched?: Map<string, { from: string; why: string }>;
  height?: number;
  /** The value that the scale reaches at least, so that several charts share one. */
  top?: number;
  onChoose?: (key: string, keys: { shiftKey: boolean; altKey: boolean }) => void;
  focus?: string;
}

const ink = (i: Line["ink"]) => `ink-${i}`;

export function TimeChart(props: TimeChartProps) {
  const [box, width] = useWidth();
  const height = props.height ?? (width < 480 ? 240 : 300);
  return (
    <div ref={box} className="chart" style={{ minHeight: height }}>
      {width > 0 && <Drawing {...props} width={width} height={height} />}
    </div>
  );
}

function useLayout({ dates, interval, lines, shape, log, width, height, format, mean, top: reach }: TimeChartProps & { width: number; height: number }) {
  return useMemo(() => {
    const n = dates.length;
    const stacked = shape === "share";
    const tops: (number | null)[][] = [];
    const wholes = dates.map((_, i) => lines.reduce((sum, l) => sum + (l.totals[i] ?? 0), 0));
    lines.forEach((l, k) => {
      tops.push(l.totals.map((v, i) => (stacked ? (wholes[i] ? (v ?? 0) / wholes[i] : 0) + (k > 0 ? tops[k - 1][i]! : 0) : v)));
    });
    const values = [...tops.flat(), ...(mean ?? [])].filter((v): v is number => v !== null);
    const max = Math.max(...values, reach ?? 0);
    const least = Math.min(...values.filter((v) => v > 0));
    const text = (v: number) => (stacked ? share(v) : (format ?? count)(v));
    const labelled = shape === "line" && lines.length > 1 && width >= 420;
    const edge = stacked && width >= 420;
    const labelRoom = labelled || edge ? Math.min(Math.max(...lines.map((l) => textWidth(l.label, 12))) + 18, width * 0.24) : 12;
    const plotHeight = height - 14 - 26;
    const ticks = stacked ? [0, 0.25, 0.5, 0.75, 1] : log ? logTicks(Number.isFinite(least) ? least : 1, max) : valueTicks(max, plotHeight, !format);
    const left = Math.max(...ticks.map((t) => textWidth(text(t), 12))) + 10;
    const x0 = left;
    const x1 = width - labelRoom;
    const y0 = 14;
    const y1 = height - 26;
    const days = dates.map(dayOf);
    const first = days[0];
    const last = days[n - 1];
    const bars = shape === "bar";
    const slot = (x1 - x0) / Math.max(n, 1);
    const x = (i: number) => (bars ? x0 + slot * (i + 0.5) : n === 1 ? (x0 + x1) / 2 : x0 + ((days[i] - first) / (last - first)) * (x1 - x0));
    const top = ticks[ticks.length - 1];
    const low = log ? Math.log10(ticks[0]) : 0;
    const y = (v: number) => (log ? y1 - ((Math.log10(Math.max(v, ticks[0])) - low) / (Math.log10(top) - low || 1)) * (y1 - y0) : y1 - (v / top) * (y1 - y0));
    const at = (d: number) => (bars ? x0 + ((d - first) / Math.max(last - first, 1)) * (x1 - x0 - slot) + slot / 2 : x0 + ((d - first) / Math.max(last - first, 1)) * (x1 - x0));
    const dateTicks = timeTicks(first, last, interval, x1 - x0);
    return { n, tops, wholes, ticks, text, x0, x1, y0, y1, x, y, at, slot, dateTicks, labelled, edge, first, last };
  }, [dates, interval, lines, shape, log, width, height, format, mean, reach]);
}

function Drawing(props: TimeChartProps & { width: number; height: number }) {
  const { dates, interval, lines, shape, width, height, partial, absent, mean, marks, hatched, onChoose } = props;
  const l = useLayout(props);
  const id = useId();
  const [cursor, setCursor] = useState<number>();
  const [held, setHeld] = useState<string>();
  const [spoken, setSpoken] = useState("");
  const focused = held ?? props.focus;
  const isAbsent = (i: number) => absent?.[i] ?? false;
  const isPartial = (i: number) => (partial?.[i] ?? false) && !isAbsent(i);

  const say = (i: number) => `${bucket(dates[i], interval)}: ${isAbsent(i) ? "not loaded" : lines.map((s) => `${s.label} ${valueText(s, i)}`).join(", ")}${isPartial(i) ? ", incomplete" : ""}`;
  function valueText(s: Line, i: number) {
    const v = s.totals[i];
    if (v === null || v === undefined) return "–";
    return shape === "share" ? `${l.wholes[i] ? share(v / l.wholes[i]) : "0 %"} (${exact(v)})` : props.format ? props.format(v) : exact(v);
  }
  useEffect(() => {
    if (cursor === undefined) return setSpoken("");
    const wait = setTimeout(() => setSpoken(say(cursor)), 200);
    return () => clearTimeout(wait);
  }, [cursor]);

  function nearest(px: number): number {
    let best = 0;
    for (let i = 1; i < l.n; i++) if (Math.abs(l.x(i) - px) < Math.abs(l.x(best) - px)) best = i;
    return best;
  }
  function seriesAt(i: number, py: number): string | undefined {
    if (shape === "share") return lines.find((_, k) => py >= l.y(l.tops[k][i] ?? 0))?.key;
    let best: string | undefined;
    let least = 24;
    lines.forEach((s, k) => {
      const v = l.tops[k][i];
      if (v === null) return;
      const d = Math.abs(l.y(v) - py);
      if (d < least) [least, best] = [d, s.key];
    });
    return lines.length > 1 ? best : undefined;
  }
  function place(e: PointerEvent<SVGSVGElement>) {
    const r = e.currentTarget.getBoundingClientRect();
    return [((e.clientX - r.left) / r.width) * width, ((e.clientY - r.top) / r.height) * height] as const;
  }
  function move(e: PointerEvent<SVGSVGElement>) {
    const [px, py] = place(e);
    const i = nearest(px);
    setCursor(i);
    setHeld(seriesAt(i, py));
  }
  function press(e: PointerEvent<SVGSVGElement>) {
    const [px, py] = place(e);
    const key = seriesAt(nearest(px), py);
    if (e.pointerType !== "touch" && key && onChoose && lines.find((s) => s.key === key)?.ink !== "rest") onChoose(key, e);
  }
  function keys(e: KeyboardEvent) {
    const at = cursor ?? l.n - 1;
    const by = e.shiftKey ? 10 : 1;
    const k = lines.findIndex((s) => s.key === held);
    const go = (i: number) => setCursor(Math.min(Math.max(i, 0), l.n - 1));
    switch (e.key) {
      case "ArrowLeft":
        go(cursor === undefined ? l.n - 1 : at - by);
        break;
      case "ArrowRight":
        go(cursor === undefined ? 0 : at + by);
        break;
      case "Home":
        go(0);
        break;
      case "End":
        go(l.n - 1);
        break;
      case "ArrowUp":
      case "ArrowDown":
        if (lines.length < 2) return;
        setHeld(lines[(k + (e.key === "ArrowUp" ? -1 : 1) + lines.length) % lines.length].key);
        if (cursor === undefined) go(at);
        break;
      case "Enter":
        if (!held || !onChoose) return;
        onChoose(held, e);
        break;
      case "Escape":
        if (cursor === undefined) return;
        e.stopPropagation();
        setCursor(undefined);
        setHeld(undefined);
        break;
      default:
        return;
    }
    e.preventDefault();
  }

  const whole = runs(l.n, (i) => !isAbsent(i));
  const labels = l.labelled
    ? settle(
        lines.flatMap((s, k) => {
          const i = s.totals.findLastIndex((v, j) => v !== null && !isAbsent(j));
          return i < 0 ? [] : [{ key: s.key, y: l.y(l.tops[k][i]!), weight: s.totals[i]! }];
        }),
        l.y0 + 4,
        l.y1 - 2,
      )
    : new Map<string, number>();
  const bandLabels = l.edge
    ? settle(
        lines.flatMap((s, k) => {
          const i = l.n - 1;
          const under = k > 0 ? l.tops[k - 1][i]! : 0;
          const thick = l.tops[k][i]! - under;
          return thick * (l.y1 - l.y0) < 9 ? [] : [{ key: s.key, y: l.y(under + thick / 2), weight: thick }];
        }),
        l.y0 + 4,
        l.y1 - 2,
      )
    : new Map<string, number>();

  return (
    <>
      {lines.length > 1 && !l.labelled && !l.edge && <Legend lines={lines} onChoose={onChoose} />}
      <svg
        className={`time ${shape}${focused ? " focusing" : ""}${onChoose ? " choosing" : ""}`}
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={summary(props, l.wholes)}
        aria-describedby={`${id}-live`}
        tabIndex={0}
        onPointerMove={move}
        onPointerDown={move}
        onPointerUp={press}
        onPointerLeave={(e) => e.pointerType !== "touch" && (setCursor(undefined), setHeld(undefined))}
        onKeyDown={keys}
        onBlur={() => (setCursor(undefined), setHeld(undefined))}
      >
        <defs>
          <pattern id={`${id}-hatch`} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect className="hatch" width="2" height="6" />
          </pattern>
        </defs>
        <g className="axis">
          {l.ticks.map((t) => (
            <g key={t}>
              <line className={t === 0 ? "base" : "grid"} x1={l.x0} x2={l.x1} y1={l.y(t)} y2={l.y(t)} />
              <text x={l.x0 - 8} y={l.y(t)} dy=".34em" textAnchor="end">
                {l.text(t)}
              </text>
            </g>
          ))}
          {fitting(l.dateTicks, l.at, l.x0, width).map((t) => (
            <text key={t.at} className={t.major ? "year" : undefined} x={l.at(t.at)} y={height - 8} textAnchor={l.at(t.at) < l.x0 + 16 ? "start" : "middle"}>
              {t.text}
            </text>
          ))}
        </g>
        {marks && <Marks marks={marks} {...l} />}
        {shape === "bar" && <BarMarks lines={lines} {...l} isPartial={isPartial} isAbsent={isAbsent} hatch={`url(#${id}-hatch)`} />}
        {shape === "share" && (
          <g className="bands">
            {lines.map((s, k) => (
              <Band key={s.key} s={s} k={k} tops={l.tops} whole={whole} x={l.x} y={l.y} dim={focused !== undefined && focused !== s.key} />
            ))}
            {lines.map((s, k) => {
              const h = hatched?.get(s.key);
              if (!h || dayOf(h.from) > l.last) return null;
              const from = Math.max(dates.findIndex((d) => d >= h.from), 0);
              return <path key={s.key} className="over" fill={`url(#${id}-hatch)`} d={areaOf(k, l.tops, [[from, l.n - 1]], l.x, l.y)} />;
            })}
          </g>
        )}
        {shape === "line" &&
          [...lines].reverse().map((s) => (
            <Stroke key={s.key} s={s} whole={whole} x={l.x} y={l.y} isPartial={isPartial} dim={focused !== undefined && focused !== s.key} thin={lines.length > 6} faint={mean !== undefined} n={l.n} />
          ))}
        {mean && <path className="mean" d={line<number | null>().defined((v) => v !== null).x((_, i) => l.x(i)).y((v) => l.y(v!))(mean) ?? ""} />}
        <Gaps isAbsent={isAbsent} {...l} hatch={`url(#${id}-hatch)`} bars={shape === "bar"} />
        {[...labels, ...bandLabels].map(([key, y]) => {
          const s = lines.find((s) => s.key === key)!;
          return (
            <g key={key} className={`end${focused && focused !== key ? " dim" : ""}`}>
              <circle className={`fill ${ink(s.ink)}`} cx={l.x1 + 8} cy={y} r="3.5" />
              <text x={l.x1 + 15} y={y} dy=".34em">
                {fit(s.label, 12, width - l.x1 - 16)}
              </text>
            </g>
          );
        })}
        {cursor !== undefined && <Cursor i={cursor} lines={lines} l={l} shape={shape} held={held} />}
      </svg>
      {cursor !== undefined && (
        <Tip x={l.x(cursor)} width={width} top={l.y0}>
          <b>{bucket(dates[cursor], interval)}</b>
          {isPartial(cursor) && <i> incomplete</i>}
          {isAbsent(cursor) ? (
            <p>Not loaded: no number is known.</p>
          ) : (
            <table>
              <tbody>
                {[...lines]
                  .map((s) => s)
                  .reverse()
                  .sort((a, b) => (shape === "share" ? 0 : (b.totals[cursor] ?? -1) - (a.totals[cursor] ?? -1)))
                  .map((s) => (
                    <tr key={s.key} className={s.key === held ? "held" : undefined}>
                      <th scope="row">
                        <i className={`dot ${ink(s.ink)}`} />
                        {s.label}
                      </th>
                      <td>{valueText(s, cursor)}</td>
                    </tr>
                  ))}
                {mean && mean[cursor] !== null && (
                  <tr>
                    <th scope="row">7-day mean</th>
                    <td>{exact(Math.round(mean[cursor]!))}</td>
                  </tr>
                )}
              </tbody>
            </table>
          )}
          {marks?.filter((m) => inBucket(m.date, dates, cursor)).map((m) => <p key={m.text}>Released {m.text}</p>)}
        </Tip>
      )}
      <span id={`${id}-live`} className="hidden" aria-live="polite">
        {spoken}
      </span>
    </>
  );
}

const inBucket = (date: string, dates: string[], i: number) => date >= dates[i] && (i + 1 >= dates.length ? true : date < dates[i + 1]);

/** What the chart shows in a sentence. */
function summary({ title, dates, lines, interval, partial, absent }: TimeChartProps, wholes: number[]): string {
  if (!dates.length) return `${title}: no data.`;
  const used = wholes.map((v, i) => [v, i] as const).filter(([, i]) => !absent?.[i] && !partial?.[i]);
  const peak = used.reduce((a, b) => (b[0] > a[0] ? b : a), used[0] ?? [0, 0]);
  const gaps = absent?.filter(Boolean).length ?? 0;
  const names = lines.length > 1 ? ` of ${lines.map((l) => l.label).join(", ")}` : "";
  return `${title}${names}, ${day(dates[0])} to ${bucket(dates[dates.length - 1], interval)}${used.length ? `; peak ${bucket(dates[peak[1]], interval)}` : ""}${gaps ? `; ${gaps} intervals not loaded` : ""}.`;
}

function fitting(ticks: { at: number; text: string; major?: boolean }[], at: (d: number) => number, x0: number, width: number) {
  let end = -Infinity;
  return ticks.filter((t) => {
    const w = textWidth(t.text, 12);
    const start = at(t.at) < x0 + 16 ? at(t.at) : at(t.at) - w / 2;
    if (start < end + 8 || start + w > width) return false;
    end = start + w;
    return true;
  });
}

function areaOf(k: number, tops: (number | null)[][], whole: [number, number][], x: (i: number) => number, y: (v: number) => number): string {
  const shape = area<number>().x((i) => x(i)).y0((i) => y(k > 0 ? tops[k - 1][i]! : 0)).y1((i) => y(tops[k][i]!)).curve(curveLinear);
  return whole.map(([a, b]) => shape(Array.from({ length: b - a + 1 }, (_, j) => a + j)) ?? "").join("");
}

function Band({ s, k, tops, whole, x, y, dim }: { s: Line; k: number; tops: (number | null)[][]; whole: [number, number][]; x: (i: number) => number; y: (v: number) => number; dim: boolean }) {
  return <path className={`fill band ${ink(s.ink)}${dim ? " dim" : ""}`} d={areaOf(k, tops, whole, x, y)} />;
}

function Stroke({ s, whole, x, y, isPartial, dim, thin, faint, n }: { s: Line; whole: [number, number][]; x: (i: number) => number; y: (v: number) => number; isPartial: (i: number) => boolean; dim: boolean; thin: boolean; faint: boolean; n: number }) {
  const path = (from: number, to: number) => line<number>().defined((i) => s.totals[i] !== null).x((i) => x(i)).y((i) => y(s.totals[i]!))(Array.from({ length: to - from + 1 }, (_, j) => from + j)) ?? "";
  const solid: string[] = [];
  const dashed: string[] = [];
  const dots: number[] = [];
  for (const [a, b] of whole) {
    let lo = a;
    let hi = b;
    if (isPartial(a) && b > a) (dashed.push(path(a, a + 1)), (lo = a + 1));
    if (isPartial(b) && b > lo) (dashed.push(path(b - 1, b)), (hi = b - 1));
    if (hi > lo) solid.push(path(lo, hi));
    if (a === b) dots.push(a);
    if (isPartial(b) && b === n - 1) dots.push(b);
  }
  const name = `stroke ${ink(s.ink)}${dim ? " dim" : ""}${thin ? " thin" : ""}${faint ? " faint" : ""}`;
  return (
    <g>
      <path className={name} d={solid.join("")} />
      {dashed.length > 0 && <path className={`${name} dashed`} d={dashed.join("")} />}
      {dots.map((i) => s.totals[i] !== null && <circle key={i} className={`${isPartial(i) ? "hollow" : "fill"} ${ink(s.ink)}${dim ? " dim" : ""}`} cx={x(i)} cy={y(s.totals[i]!)} r="3.5" />)}
    </g>
  );
}

function BarMarks({ lines, x, y, y1, slot, isPartial, isAbsent, hatch }: { lines: Line[]; x: (i: number) => number; y: (v: number) => number; y1: number; slot: number; isPartial: (i: number) => boolean; isAbsent: (i: number) => boolean; hatch: string }) {
  const w = Math.min(Math.max(slot * 0.76, 1), 60);
  return (
    <g>
      {lines[0]?.totals.map((v, i) =>
        v === null || isAbsent(i) ? null : (
          <g key={i}>
            <rect className={isPartial(i) ? `hollow ${ink(lines[0].ink)}` : `fill ${ink(lines[0].ink)}`} x={x(i) - w / 2} width={w} y={y(v)} height={Math.max(y1 - y(v), 0)} />
            {isPartial(i) && <rect className="over" x={x(i) - w / 2} width={w} y={y(v)} height={Math.max(y1 - y(v), 0)} fill={hatch} />}
          </g>
        ),
      )}
    </g>
  );
}

function Gaps({ n, isAbsent, x, y0, y1, slot, hatch, bars }: { n: number; isAbsent: (i: number) => boolean; x: (i: number) => number; y0: number; y1: number; slot: number; hatch: string; bars: boolean }) {
  return (
    <g className="gaps">
      {runs(n, isAbsent).map(([a, b]) => {
        const left = bars ? x(a) - slot / 2 : x(Math.max(a - 1, 0));
        const right = bars ? x(b) + slot / 2 : x(Math.min(b + 1, n - 1));
        return <rect key={a} x={left} width={Math.max(right - left, 2)} y={y0} height={y1 - y0} fill={hatch} />;
      })}
    </g>
  );
}

function Marks({ marks, at, y0, y1, first, last, x1 }: { marks: Mark[]; at: (d: number) => number; y0: number; y1: number; first: number; last: number; x1: number }) {
  let end = -Infinity;
  return (
    <g className="marks">
      {marks
        .filter((m) => dayOf(m.date) >= first && dayOf(m.date) <= last)
        .sort((a, b) => (a.date < b.date ? -1 : 1))
        .map((m) => {
          const x = at(dayOf(m.date));
          const labelled = m.major && x - end >= 60 && x + textWidth(m.text, 11) < x1;
          if (labelled) end = x;
          return (
            <g key={m.text} className={m.major ? "major" : undefined}>
              <line x1={x} x2={x} y1={m.major ? y0 : y1 - 5} y2={y1} />
              {labelled && (
                <text x={x + 4} y={y0 + 3}>
                  {m.text}
                </text>
              )}
            </g>
          );
        })}
    </g>
  );
}

function Cursor({ i, lines, l, shape, held }: { i: number; lines: Line[]; l: ReturnType<typeof useLayout>; shape: string; held?: string }) {
  return (
    <g className="cursor" pointerEvents="none">
      <line x1={l.x(i)} x2={l.x(i)} y1={l.y0} y2={l.y1} />
      {shape === "line" &&
        lines.map((s, k) =>
          l.tops[k][i] === null || (held && held !== s.key) ? null : <circle key={s.key} className={`fill ring ${ink(s.ink)}`} cx={l.x(i)} cy={l.y(l.tops[k][i]!)} r="4" />,
        )}
    </g>
  );
}

export function Legend({ lines, onChoose }: { lines: Line[]; onChoose?: TimeChartProps["onChoose"] }) {
  return (
    <ul className="legend">
      {lines.map((s) => (
        <li key={s.key}>
          {onChoose && s.ink !== "rest" ? (
            <button type="button" onClick={(e) => onChoose(s.key, e)} title={`Only ${s.label}`}>
              <i className={`dot ${ink(s.ink)}`} />
              {s.label}
            </button>
          ) : (
            <span>
              <i className={`dot ${ink(s.ink)}`} />
              {s.label}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
