// A page's state and data: the address is the state, and each state is one
// operation. The first answer comes with the page.
import { startTransition, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { type Answer, ask, type Document, Unanswered } from "../ask";
import { readState, type State, writeState } from "../state";

export interface Boot {
  page: string;
  operation: string;
  variables: Record<string, unknown>;
  answer: Answer<unknown>;
}

export interface Page<T, V> {
  state: State;
  variables: V;
  answer: Answer<T>;
  /** A new answer is on its way; the one shown is of the state before. */
  loading: boolean;
  /** The newest request came to nothing at all. */
  failed?: string;
  /** The same some moments later, for what takes long to draw: the controls answer first. */
  later: Drawn<T, V>;
  go(next: State, replace?: boolean): void;
  retry(): void;
}

/** What a page's charts are drawn from. */
export type Drawn<T, V> = Pick<Page<T, V>, "state" | "variables" | "answer">;

const maxKept = 30;

export function usePage<T, V>(document: Document<T, V>, boot: Boot, variablesOf: (s: State) => V): Page<T, V> {
  const [state, setState] = useState(() => readState(location.search));
  const [shown, setShown] = useState(() => ({ variables: boot.variables as V, answer: boot.answer as Answer<T> }));
  const [loading, setLoading] = useState(false);
  const [failed, setFailed] = useState<string>();
  const kept = useRef(new Map([[JSON.stringify(boot.variables), boot.answer as Answer<T>]]));
  const latest = useRef<AbortController>(undefined);

  const load = useCallback(
    async (next: State, fresh = false) => {
      latest.current?.abort();
      const variables = variablesOf(next);
      const key = JSON.stringify(variables);
      const known = kept.current.get(key);
      setFailed(undefined);
      if (known && !fresh) {
        setLoading(false);
        return startTransition(() => setShown({ variables, answer: known }));
      }
      const mine = new AbortController();
      latest.current = mine;
      const slow = setTimeout(() => setLoading(true), 150);
      try {
        const answer = await ask(document, variables, {}, mine.signal);
        if (!answer.errors) kept.current.set(key, answer);
        if (kept.current.size > maxKept) kept.current.delete(kept.current.keys().next().value!);
        startTransition(() => setShown({ variables, answer }));
      } catch (e) {
        if (mine.signal.aborted) return;
        setFailed(e instanceof Unanswered ? e.message : "The answer could not be read.");
      } finally {
        clearTimeout(slow);
        if (latest.current === mine) setLoading(false);
      }
    },
    [document, variablesOf],
  );

  const go = useCallback(
    (next: State, replace = false) => {
      const address = location.pathname + writeState(next);
      if (address === location.pathname + location.search) return;
      if (replace) history.replaceState(null, "", address);
      else history.pushState(null, "", address);
      setState(next);
      void load(next);
    },
    [load],
  );

  useEffect(() => {
    const back = () => {
      const next = readState(location.search);
      setState(next);
      void load(next);
    };
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, [load]);

  const retry = useCallback(() => void load(readState(location.search), true), [load]);
  const later = useDeferredValue(useMemo(() => ({ state, ...shown }), [state, shown]));
  return { state, ...shown, later, loading, failed, go, retry };
}
