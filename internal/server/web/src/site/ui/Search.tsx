// Search as you type: a combobox over the projects that the gateway finds.
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { ask } from "../ask";
import { count } from "../format";
import { graphql } from "../gql";
import { isForPage } from "./keys";

const SearchQuery = graphql(`
  query Search($text: String!, $first: Int!) {
    search(text: $text, first: $first) {
      nodes {
        name
        summary
        downloads(range: { last: 30 }) {
          total
        }
      }
    }
  }
`);

interface Hit {
  name: string;
  summary?: string | null;
  total?: number | null;
}

export interface SearchProps {
  onPick?: (name: string) => void;
  placeholder?: string;
  label: string;
  initial?: string;
  /** "/" anywhere moves here. */
  slash?: boolean;
  large?: boolean;
}

export function Search({ onPick, placeholder = "Find a project", label, initial = "", slash, large }: SearchProps) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(initial);
  const [hits, setHits] = useState<Hit[]>([]);
  const [asked, setAsked] = useState("");
  const [at, setAt] = useState(-1);
  const [open, setOpen] = useState(false);
  const [failed, setFailed] = useState("");

  useEffect(() => {
    const wanted = text.trim();
    if (!wanted || !open) return;
    const stop = new AbortController();
    const wait = setTimeout(() => {
      ask(SearchQuery, { text: wanted, first: 8 }, {}, stop.signal).then(
        (a) => {
          setHits((a.data?.search?.nodes ?? []).map((n) => ({ name: n.name, summary: n.summary, total: n.downloads?.total })));
          setFailed(a.errors?.[0]?.message ?? "");
          setAsked(wanted);
          setAt(-1);
        },
        (e) => stop.signal.aborted || setFailed(e.message),
      );
    }, 60);
    return () => {
      clearTimeout(wait);
      stop.abort();
    };
  }, [text, open]);

  useEffect(() => {
    if (!slash) return;
    const focus = (e: globalThis.KeyboardEvent) => {
      if (e.key !== "/" || !isForPage(e)) return;
      e.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", focus);
    return () => document.removeEventListener("keydown", focus);
  }, [slash]);

  const pick = (name: string) => {
    setOpen(false);
    if (onPick) {
      setText("");
      onPick(name);
    } else location.assign(`/project/${encodeURIComponent(name)}`);
  };
  const keys = (e: KeyboardEvent) => {
    switch (e.key) {
      case "ArrowDown":
        setOpen(true);
        setAt((at + 1) % Math.max(hits.length, 1));
        break;
      case "ArrowUp":
        setAt((at - 1 + hits.length) % Math.max(hits.length, 1));
        break;
      case "Enter": {
        const hit = hits[Math.max(at, 0)];
        if (hit && (at >= 0 || asked === text.trim())) pick(hit.name);
        else if (text.trim()) pick(text.trim());
        break;
      }
      case "Escape":
        if (!open) return;
        setOpen(false);
        break;
      default:
        return;
    }
    e.preventDefault();
    e.stopPropagation();
  };
  const shown = open && text.trim() !== "";
  return (
    <div ref={box} className={`find${large ? " large" : ""}`} onBlur={(e) => !box.current?.contains(e.relatedTarget) && setOpen(false)}>
      <input
        ref={input}
        type="search"
        role="combobox"
        autoComplete="off"
        spellCheck={false}
        aria-label={label}
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shown && at >= 0 ? `${id}-${at}` : undefined}
        placeholder={placeholder}
        value={text}
        onChange={(e) => {
          setText(e.target.value);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onKeyDown={keys}
      />
      {slash && !large && <kbd aria-hidden="true">/</kbd>}
      <ul id={`${id}-list`} role="listbox" aria-label="Projects" hidden={!shown}>
        {hits.map((h, i) => (
          <li key={h.name} id={`${id}-${i}`} role="option" aria-selected={i === at} onPointerDown={(e) => e.preventDefault()} onClick={() => pick(h.name)}>
            <b>{h.name}</b>
            <span>{h.summary}</span>
            {h.total != null && <i>{count(h.total)}</i>}
          </li>
        ))}
        {asked === text.trim() && hits.length === 0 && (
          <li role="option" aria-selected="false" aria-disabled="true" className="none">
            {failed || `No project is like “${asked}”.`}
          </li>
        )}
      </ul>
    </div>
  );
}
