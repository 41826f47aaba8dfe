// A split by any of the dimensions that a page does not show: asked when it is chosen.
import { useEffect, useState } from "react";
import { type Answer, ask, Unanswered } from "../ask";
import type { SplitTotalQuery as Total } from "../gql/graphql";
import { dimensions, inSentence, type Param } from "../state";
import { type PartProps, SplitBars, SplitTotalQuery } from "./split";

export function MoreSplits({ shown, ...part }: PartProps & { shown: Param[] }) {
  const others = dimensions.filter((d) => !shown.includes(d.param));
  const filtered = others.find((d) => part.state.filters[d.param] !== undefined)?.param;
  const [param, setParam] = useState<Param | undefined>(filtered);
  const [answer, setAnswer] = useState<Answer<Total>>();
  const [failed, setFailed] = useState("");
  const [tries, setTries] = useState(0);
  const { projects, range, filter } = part.variables;
  const asked = JSON.stringify([projects, range, filter, param, tries]);
  useEffect(() => {
    if (!param) return;
    const stop = new AbortController();
    const variables = { projects, range, filter, dimension: dimensions.find((d) => d.param === param)!.by, first: 6 } as never;
    ask(SplitTotalQuery, variables, {}, stop.signal).then(
      (a) => (setAnswer(a as Answer<Total>), setFailed("")),
      (e) => stop.signal.aborted || setFailed(e instanceof Unanswered ? e.message : "The answer could not be read."),
    );
    return () => stop.abort();
  }, [asked]);
  const choice = (
    <label>
      <span className="hidden">Split by</span>
      <select value={param ?? ""} onChange={(e) => (setAnswer(undefined), setParam((e.target.value || undefined) as Param | undefined))}>
        <option value="">split by…</option>
        {others.map((d) => (
          <option key={d.param} value={d.param}>
            {d.title}
          </option>
        ))}
      </select>
    </label>
  );
  if (!param || !answer)
    return (
      <section className="widget" aria-labelledby="more-title">
        <header>
          <h2 id="more-title">More</h2>
          <div className="tools">{choice}</div>
        </header>
        <p className={failed ? "error" : "empty"} role={failed ? "alert" : undefined}>
          {failed || (param ? "Asking…" : `Split these downloads by ${others.map((d) => inSentence(d.title)).join(", ")}.`)}
        </p>
      </section>
    );
  return <SplitBars {...part} param={param} at="by" path={["downloads"]} first={6} answer={answer} slices={answer.data?.downloads?.by} tools={choice} onRetry={() => setTries(tries + 1)} />;
}
