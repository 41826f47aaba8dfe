// Downloads over time: lines, bars, or areas that fill the height. One tab stop:
// arrows move a cursor over intervals and series, Enter filters, Escape leaves.
import { type FocusEvent, type KeyboardEvent, type PointerEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { bucket, day, exact, share } from "../format";
import { useWidth } from "../ui/hooks";
import { dayOf, fit, textWidth } from "./kernel";
import { areaOf, barsOf, endLabels, holesOf, inkOf, isAbsent, isPartial, type Layout, layoutOf, type Line, type Mark, meanOf, moved, nearest, seriesAt, type Spec, strokeOf, summary } from "./layout";
import { Tip } from "./Tip";

export type { Line, Mark } from "./layout";

export interface TimeChartProps extends Spec {
  shape: "line" | "bar" | "share";
  marks?: Mark[];
  /** Days out of line of the one series: their intervals are ringed, and tell it. */
  spikes?: readonly Spike[];
  /** Series whose area is hatched, with the day from which. */
  hatched?: Map<string, { from: string; why: string }>;
  height?: number;
  onChoose?: (key: string, keys: { shiftKey: boolean; altKey: boolean }) => void;
  focus?: string;
}

export function TimeChart(props: TimeChartProps) {
  const [box, width] = useWidth();
  const height = props.height ?? (width < 480 ? 240 : 300);
  return (
    <div ref={box} className="chart" style={{ minHeight: height }}>
      {width > 0 && <Drawing {...props} width={width} height={height} />}
    </div>
  );
}

function useLayout(spec: Spec, width: number, height: number): Layout {
  const { dates, interval, lines, shape, log, format, mean, top, absent } = spec;
  return useMemo(() => layoutOf(spec, width, height), [dates, interval, lines, shape, log, width, height, format, mean, top, absent]);
}

function Drawing(props: TimeChartProps & { width: number; height: number }) {
  const { dates, interval, lines, shape, width, height, mean, marks, spikes, hatched, onChoose } = props;
  const l = useLayout(props, width, height);
  const id = useId();
  const [cursor, setCursor] = useState<number>();
  const [held, setHeld] = useState<string>();
  const [spoken, setSpoken] = useState("");
  const [pinned, setPinned] = useState(false); // by a tap: what can be chosen is offered then
  const tip = useRef<HTMLDivElement>(null);
  const pressed = useRef<{ x: number; y: number }>(undefined);
  const focused = held ?? props.focus;

  const say = (i: number) => `${bucket(dates[i], interval)}: ${isAbsent(props, i) ? "not loaded" : lines.map((s) => `${s.label} ${valueText(s, i)}`).join(", ")}${isPartial(props, i) ? ", incomplete" : ""}${spikesIn(i).map((s) => `, ${spikeText(s)}`).join("")}`;
  const spikesIn = (i: number) => (spikes ?? []).filter((s) => inBucket(s.date, dates, i));
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

  function place(e: PointerEvent<SVGSVGElement>) {
    const r = e.currentTarget.getBoundingClientRect();
    return [((e.clientX - r.left) / r.width) * width, ((e.clientY - r.top) / r.height) * height] as const;
  }
  function move(e: PointerEvent<SVGSVGElement>) {
    const [px, py] = place(e);
    const i = nearest(l, px);
    setCursor(i);
    setHeld(seriesAt(props, l, i, py));
  }
  function press(e: PointerEvent<SVGSVGElement>) {
    const from = pressed.current;
    if (e.pointerType === "touch") return setPinned(from !== undefined && Math.hypot(e.clientX - from.x, e.clientY - from.y) < 10);
    const [px, py] = place(e);
    const key = seriesAt(props, l, nearest(l, px), py);
    if (key && onChoose && lines.find((s) => s.key === key)?.ink !== "rest") onChoose(key, e);
  }
  function leave() {
    setCursor(undefined);
    setHeld(undefined);
    setPinned(false);
  }
  function only(key: string, e: { shiftKey: boolean; altKey: boolean }) {
    leave();
    onChoose!(key, e);
  }
  function keys(e: KeyboardEvent) {
    const to = moved(e.key, e.shiftKey, cursor, l.n);
    const k = lines.findIndex((s) => s.key === held);
    switch (to === undefined ? e.key : "") {
      case "":
        setCursor(to);
        break;
      case "ArrowUp":
      case "ArrowDown":
        if (lines.length < 2) return;
        setHeld(lines[(k + (e.key === "ArrowUp" ? -1 : 1) + lines.length) % lines.length].key);
        setCursor(cursor ?? l.n - 1);
        break;
      case "Enter":
        if (!held || !onChoose) return;
        onChoose(held, e);
        break;
      case "Escape":
        if (cursor === undefined) return;
        e.stopPropagation();
        leave();
        break;
      default:
        return;
    }
    e.preventDefault();
  }

  const labels = endLabels(props, l);

  return (
    <>
      {lines.length > 1 && !l.labelled && !l.edge && <Legend lines={lines} onChoose={onChoose} />}
      <svg
        className={`time ${shape}${focused ? " focusing" : ""}${onChoose ? " choosing" : ""}`}
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={summary(props, l.wholes) + (spikes?.length ? ` ${spikes.length === 1 ? "A day is" : `${spikes.length} days are`} out of line.` : "")}
        aria-describedby={`${id}-live`}
        tabIndex={0}
        onPointerMove={move}
        onPointerDown={(e) => {
          pressed.current = { x: e.clientX, y: e.clientY };
          setPinned(false);
          move(e);
        }}
        onPointerUp={press}
        onPointerLeave={(e) => e.pointerType !== "touch" && leave()}
        onKeyDown={keys}
        onBlur={(e: FocusEvent) => !tip.current?.contains(e.relatedTarget) && leave()}
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
          {l.dateTicks.map((t) => (
            <text key={t.at} className={t.major ? "year" : undefined} x={t.x} y={height - 8} textAnchor={t.anchor}>
              {t.text}
            </text>
          ))}
        </g>
        {marks && <Marks marks={marks} {...l} />}
        {shape === "bar" &&
          lines.map((s, k) => <BarMarks key={s.key} s={s} bars={barsOf(props, k, l)} hatch={`url(#${id}-hatch)`} />)}
        {shape === "share" && (
          <g className="bands">
            {lines.map((s, k) => (
              <path key={s.key} className={`fill band ${inkOf(s.ink)}${focused !== undefined && focused !== s.key ? " dim" : ""}`} d={areaOf(k, l)} />
            ))}
            {lines.map((s, k) => {
              const h = hatched?.get(s.key);
              if (!h || dayOf(h.from) > l.last) return null;
              const from = Math.max(dates.findIndex((d) => d >= h.from), 0);
              return <path key={s.key} className="over" fill={`url(#${id}-hatch)`} d={areaOf(k, l, [[from, l.n - 1]])} />;
            })}
          </g>
        )}
        {shape === "line" &&
          lines
            .map((s, k) => <Stroke key={s.key} spec={props} k={k} l={l} dim={focused !== undefined && focused !== s.key} thin={lines.length > 6} faint={mean !== undefined} />)
            .reverse()}
        {spikes && lines.length === 1 && (
          <g className="spikes">
            {dates.map((d, i) => spikesIn(i).length > 0 && !isAbsent(props, i) && <circle key={d} cx={l.x(i)} cy={l.y(l.tops[0][i] ?? 0)} r="5" />)}
          </g>
        )}
        {mean && <path className="mean" d={meanOf(mean, l)} />}
        <g className="gaps">
          {holesOf(props, l).map((g) => (
            <rect key={g.x} x={g.x} width={g.width} y={l.y0} height={l.y1 - l.y0} fill={`url(#${id}-hatch)`} />
          ))}
        </g>
        {[...labels].map(([key, y]) => {
          const s = lines.find((s) => s.key === key)!;
          return (
            <g key={key} className={`end${focused && focused !== key ? " dim" : ""}`}>
              <circle className={`fill ${inkOf(s.ink)}`} cx={l.x1 + 8} cy={y} r="3.5" />
              <text x={l.x1 + 15} y={y} dy=".34em">
                {fit(s.label, 12, width - l.x1 - 16)}
              </text>
            </g>
          );
        })}
        {cursor !== undefined && <Cursor i={cursor} lines={lines} l={l} shape={shape} held={held} />}
      </svg>
      {cursor !== undefined && (
        <Tip x={l.x(cursor)} width={width} top={l.y0} pinned={pinned} at={tip}>
          <b>{bucket(dates[cursor], interval)}</b>
          {isPartial(props, cursor) && <i> incomplete</i>}
          {isAbsent(props, cursor) ? (
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
                        <i className={`dot ${inkOf(s.ink)}`} />
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
          {spikesIn(cursor).map((s) => <p key={s.date}>{spikeText(s)}</p>)}
          {pinned && (
            <div className="only">
              {onChoose &&
                lines
                  .filter((s) => s.ink !== "rest" && (!held || s.key === held))
                  .map((s) => (
                    <button key={s.key} type="button" onClick={(e) => only(s.key, e)}>
                      Only {s.label}
                    </button>
                  ))}
              <button type="button" onClick={leave}>
                Close
              </button>
            </div>
          )}
        </Tip>
      )}
      <span id={`${id}-live`} className="hidden" aria-live="polite">
        {spoken}
      </span>
    </>
  );
}

export interface Spike {
  date: string;
  total: number;
  expected: number;
}

/** A day out of line in words. */
const spikeText = (s: Spike) => `${day(s.date)} is out of line: ${exact(s.total)}, about ${exact(Math.round(s.expected))} expected`;

export const inBucket = (date: string, dates: string[], i: number) => date >= dates[i] && (i + 1 >= dates.length ? true : date < dates[i + 1]);

function Stroke({ spec, k, l, dim, thin, faint }: { spec: Spec; k: number; l: Layout; dim: boolean; thin: boolean; faint: boolean }) {
  const ink = `${inkOf(spec.lines[k].ink)}${dim ? " dim" : ""}`;
  const { solid, dashed, dots } = strokeOf(spec, k, l);
  const name = `stroke ${ink}${thin ? " thin" : ""}${faint ? " faint" : ""}`;
  return (
    <g>
      <path className={name} d={solid} />
      {dashed && <path className={`${name} dashed`} d={dashed} />}
      {dots.map((i) => (
        <circle key={i} className={`${isPartial(spec, i) ? "hollow" : "fill"} ${ink}`} cx={l.x(i)} cy={l.y(l.tops[k][i]!)} r="3.5" />
      ))}
    </g>
  );
}

function BarMarks({ s, bars, hatch }: { s: Line; bars: ReturnType<typeof barsOf>; hatch: string }) {
  return (
    <g>
      {bars.map(({ i, partial, ...box }) => (
        <g key={i}>
          <rect className={`${partial ? "hollow" : "fill"} ${inkOf(s.ink)}`} {...box} />
          {partial && <rect className="over" {...box} fill={hatch} />}
        </g>
      ))}
    </g>
  );
}

function Marks({ marks, at, y0, y1, first, last, x1 }: { marks: Mark[] } & Layout) {
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

function Cursor({ i, lines, l, shape, held }: { i: number; lines: Line[]; l: Layout; shape: string; held?: string }) {
  return (
    <g className="cursor" pointerEvents="none">
      <line x1={l.x(i)} x2={l.x(i)} y1={l.y0} y2={l.y1} />
      {shape === "line" &&
        lines.map((s, k) =>
          l.tops[k][i] === null || (held && held !== s.key) ? null : <circle key={s.key} className={`fill ring ${inkOf(s.ink)}`} cx={l.x(i)} cy={l.y(l.tops[k][i]!)} r="4" />,
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
              <i className={`dot ${inkOf(s.ink)}`} />
              {s.label}
            </button>
          ) : (
            <span>
              <i className={`dot ${inkOf(s.ink)}`} />
              {s.label}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
