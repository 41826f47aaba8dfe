// A split by one of the dimensions that a page does not show by itself: the address
// says which.
import { inSentence, moreOf, moreSplits } from "../state";
import { type PartProps, SplitBars } from "./split";
import type { SplitTotalPartFragment } from "../gql/graphql";

export function MoreSplits({ slices, ...part }: PartProps & { slices?: readonly SplitTotalPartFragment[] | null }) {
  const { state, go } = part;
  const chosen = moreOf(state);
  const choose = (split: string) => {
    const { split: _, ...rest } = state.rest;
    go({ ...state, rest: split ? { ...rest, split } : rest });
  };
  const choice = (
    <label>
      <span className="hidden">Split by</span>
      <select value={chosen?.param ?? ""} onChange={(e) => choose(e.target.value)}>
        <option value="">split by…</option>
        {moreSplits.map((d) => (
          <option key={d.param} value={d.param}>
            {d.title}
          </option>
        ))}
      </select>
    </label>
  );
  if (chosen && slices) return <SplitBars {...part} param={chosen.param} at="more" first={6} slices={slices} tools={choice} />;
  return (
    <section className="widget" id="more" aria-labelledby="more-title">
      <header>
        <h2 id="more-title">{chosen?.title ?? "More"}</h2>
        <div className="tools">{choice}</div>
      </header>
      <p className="empty">{chosen ? "Asking…" : `Split these downloads by ${moreSplits.map((d) => inSentence(d.title)).join(", ")}.`}</p>
    </section>
  );
}
