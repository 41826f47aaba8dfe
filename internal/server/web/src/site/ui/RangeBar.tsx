// The one bar that says which downloads a page is about.
import { useEffect, useRef, useState } from "react";
import { day } from "../format";
import { dimensions, every, intervals, type Param, said, type State, without } from "../state";
import { useAway } from "./hooks";

const lengths = [
  ["30d", "30 d"],
  ["90d", "90 d"],
  ["6m", "6 m"],
  ["1y", "1 y"],
  ["2y", "2 y"],
  ["all", "All"],
] as const;

export interface RangeBarProps {
  state: State;
  go: (next: State, replace?: boolean) => void;
  loading: boolean;
  firstDay?: string | null;
  lastDay?: string | null;
  /** The newest day that is loaded wholly: lengths end there. */
  settledDay?: string | null;
  /** Offer to write a filter, where no chart has marks to click on. */
  filters?: boolean;
}

export function RangeBar({ state, go, loading, firstDay, lastDay, settledDay, filters }: RangeBarProps) {
  const [sheet, setSheet] = useState(false);
  const chips = dimensions.filter((d) => state.filters[d.param] !== undefined);
  useEffect(() => {
    const undo = (e: KeyboardEvent) => {
      const last = dimensions.filter((d) => state.filters[d.param] !== undefined).at(-1);
      if (e.key === "Escape" && last && !e.defaultPrevented && !(e.target as Element).closest?.("input, dialog, .menu")) go(without(state, last.param));
    };
    document.addEventListener("keydown", undo);
    return () => document.removeEventListener("keydown", undo);
  }, [state, go]);
  const narrow = `${said(state, day)} · ${every(state).toLowerCase()}${chips.length ? ` · ${chips.length} filter${chips.length > 1 ? "s" : ""}` : ""}`;
  return (
    <div className={`range${loading ? " loading" : ""}`} role="group" aria-label="Which downloads">
      <button type="button" className="range-open" aria-expanded={sheet} onClick={() => setSheet(!sheet)}>
        {narrow}
      </button>
      <div className={`range-in${sheet ? " open" : ""}`}>
        <div className="segments" role="group" aria-label="Range">
          {lengths.map(([last, text]) => (
            <button key={last} type="button" aria-pressed={state.last === last} onClick={() => go({ ...state, last, from: "", to: "" })}>
              {text}
            </button>
          ))}
          <Days state={state} go={go} firstDay={firstDay} lastDay={lastDay} />
        </div>
        {state.last !== "" && settledDay && (
          <span className="until" title={settledDay === lastDay ? "The newest day, loaded wholly" : `The newest day that is loaded wholly; of ${day(lastDay!)} something is still to come`}>
            until {day(settledDay)}
          </span>
        )}
        <label>
          <span className="hidden">Interval</span>
          <select value={state.interval} onChange={(e) => go({ ...state, interval: e.target.value })}>
            <option value="">by {every({ ...state, interval: "" }).toLowerCase()} (auto)</option>
            {intervals.map((i) => (
              <option key={i} value={i}>
                by {i}
              </option>
            ))}
          </select>
        </label>
        <label className="check" title="Downloads by tools that copy PyPI, such as bandersnatch">
          <input type="checkbox" checked={state.mirrors} onChange={(e) => go({ ...state, mirrors: e.target.checked })} /> mirrors
        </label>
        <label className="check" title="Without mirrors, and without downloads that reported that they ran in CI">
          <input type="checkbox" checked={state.human} onChange={(e) => go({ ...state, human: e.target.checked })} /> people only
        </label>
        <ul className="chips" aria-label="Filters">
          {chips.map((d) => (
            <Chip key={d.param} param={d.param} title={d.title} state={state} go={go} />
          ))}
        </ul>
        {filters && <Write state={state} go={go} />}
      </div>
    </div>
  );
}

/** A filter written by hand: a value, several with commas, or ! and what to leave out. */
function Write({ state, go }: Pick<RangeBarProps, "state" | "go">) {
  const [param, setParam] = useState<Param>("country");
  const [text, setText] = useState("");
  return (
    <form
      className="write"
      onSubmit={(e) => {
        e.preventDefault();
        if (!text.trim()) return;
        go({ ...state, filters: { ...state.filters, [param]: text.trim() } });
        setText("");
      }}
    >
      <select aria-label="Filter by" value={param} onChange={(e) => setParam(e.target.value as Param)}>
        {dimensions
          .filter((d) => d.param !== "version")
          .map((d) => (
            <option key={d.param} value={d.param}>
              {d.title}
            </option>
          ))}
      </select>
      <input type="text" aria-label="Value" value={text} placeholder="DE, or !US" onChange={(e) => setText(e.target.value)} />
      <button>Filter</button>
    </form>
  );
}

function Chip({ param, title, state, go }: { param: Param; title: string } & Pick<RangeBarProps, "state" | "go">) {
  const text = state.filters[param]!;
  const not = text.startsWith("!") && !text.startsWith("!=");
  const shown = (not ? text.slice(1) : text).split(",").map((v) => v || "Unknown").join(", ");
  return (
    <li>
      <button type="button" className="chip" onClick={() => go(without(state, param))} aria-label={`Remove the filter ${title} ${not ? "not " : ""}${shown}`}>
        {title}
        {not ? " is not " : " "}
        <b>{shown}</b> <span aria-hidden="true">×</span>
      </button>
    </li>
  );
}

function Days({ state, go, firstDay, lastDay }: Pick<RangeBarProps, "state" | "go" | "firstDay" | "lastDay">) {
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  useAway(box, open, () => setOpen(false));
  const chosen = state.from !== "" || state.to !== "";
  const wrong = from !== "" && to !== "" && from > to;
  return (
    <div ref={box} className="days">
      <button
        type="button"
        aria-pressed={chosen}
        aria-expanded={open}
        onClick={() => {
          setFrom(state.from);
          setTo(state.to);
          setOpen(!open);
        }}
      >
        {chosen ? said(state, day) : "Days…"}
      </button>
      {open && (
        <form
          className="pop"
          onSubmit={(e) => {
            e.preventDefault();
            if (wrong || (!from && !to)) return;
            setOpen(false);
            go({ ...state, last: "", from, to });
          }}
        >
          <label>
            From <input type="date" value={from} min={firstDay ?? undefined} max={lastDay ?? undefined} onChange={(e) => setFrom(e.target.value)} />
          </label>
          <label>
            To <input type="date" value={to} min={firstDay ?? undefined} max={lastDay ?? undefined} onChange={(e) => setTo(e.target.value)} />
          </label>
          {wrong && (
            <p className="error" role="alert">
              From is after to.
            </p>
          )}
          <button className="main">Show</button>
        </form>
      )}
    </div>
  );
}
