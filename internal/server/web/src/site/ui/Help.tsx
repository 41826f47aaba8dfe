// What keys and clicks do: "?" opens it, "t" opens the numbers of a chart.
import { useEffect, useRef, useState } from "react";
import { isForPage, keysAreOn, turnKeys } from "./keys";

const everywhere = [
  ["/", "search"],
  ["?", "this help"],
  ["t", "the numbers of the chart that has the focus, or of the first one seen"],
];
const ofCharts = [
  ["← →", "move over intervals, with Shift by ten; Home and End to the ends"],
  ["↑ ↓", "move over series"],
  ["Enter", "show the series alone, with Shift beside those chosen, with Alt all but it"],
  ["Esc", "leave the chart; else take the last filter back"],
];

export function Help() {
  const box = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  const [on, setOn] = useState(keysAreOn);
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (!isForPage(e)) return;
      if (e.key === "?") setOpen(true);
      else if (e.key === "t") toggleTable();
      else return;
      e.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  useEffect(() => {
    if (open) box.current?.showModal();
  }, [open]);
  return (
    <>
      <button type="button" className="quiet" onClick={() => setOpen(true)} title="Keys" aria-label="Keys">
        <span aria-hidden="true">?</span>
      </button>
      {open && (
        <dialog ref={box} className="help" aria-label="Keys" onClose={() => setOpen(false)} onClick={(e) => e.target === box.current && box.current.close()}>
          <div className="head">
            <h2>Keys</h2>
            <button type="button" className="quiet" onClick={() => box.current?.close()}>
              Close
            </button>
          </div>
          <Keys title="Everywhere" keys={everywhere} />
          <label className="check">
            <input
              type="checkbox"
              checked={on}
              onChange={(e) => {
                turnKeys(e.target.checked);
                setOn(e.target.checked);
              }}
            />{" "}
            these keys are on
          </label>
          <Keys title="In a chart" keys={ofCharts} />
          <p>A click on a mark or a value filters; a chip takes it back.</p>
        </dialog>
      )}
    </>
  );
}

function Keys({ title, keys }: { title: string; keys: string[][] }) {
  return (
    <>
      <h3>{title}</h3>
      <dl className="keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** Opens or closes the numbers of the widget that has the focus, else of the first one that is seen whole. */
function toggleTable() {
  const seen = (w: Element) => {
    const { top, bottom } = w.getBoundingClientRect();
    return bottom > 120 && top < innerHeight;
  };
  const widgets = [...document.querySelectorAll(".widget")].filter((w) => w.querySelector("details.numbers"));
  const widget = document.activeElement?.closest(".widget") ?? widgets.find(seen);
  const details = widget?.querySelector<HTMLDetailsElement>("details.numbers");
  if (details) details.open = !details.open;
}
