// One part of a page. What fails in it stays in it; its menu takes it elsewhere.
import { Component, type ReactNode, useRef, useState } from "react";
import { type Document, errorAt, type FieldError } from "../ask";
import { buildAddress, curlOf, chartAddress, frameOf, graphqlOf, htmlOf, markdownOf, type Picture } from "./copies";
import { Explain } from "./Explain";
import { useAway } from "./hooks";

export interface WidgetProps {
  id: string;
  title: string;
  note?: ReactNode;
  wide?: "full" | "two-thirds" | "third";
  errors?: FieldError[];
  /** Where in the answer its part lies. */
  path: (string | number)[];
  requestId?: string;
  onRetry?: () => void;
  /** It has nothing to show, and this is why. */
  empty?: ReactNode;
  /** The operation that asks for this part alone. */
  own?: { document: Document<any, any>; variables: object };
  picture?: Picture;
  /** Its numbers, under the chart. */
  table?: { head: string[]; rows: (string | number)[][] };
  tools?: ReactNode;
  children?: ReactNode;
}

export function Widget(props: WidgetProps) {
  const { id, title, note, wide, errors, path, tools } = props;
  const error = errorAt(errors, path);
  return (
    <section className={`widget ${wide ?? ""}`} id={id} aria-labelledby={`${id}-title`}>
      <header>
        <h2 id={`${id}-title`}>
          {title}
          {note && <small> {note}</small>}
        </h2>
        <div className="tools">
          {tools}
          {props.picture && !error && !props.empty && (
            <a className="embed" href={buildAddress(props.picture)} aria-label={`Embed ${title}`}>
              Embed
            </a>
          )}
          {props.own && <Menu {...props} />}
        </div>
      </header>
      <Boundary title={title}>
        {error ? <Failure error={error} requestId={props.requestId} onRetry={props.onRetry} /> : props.empty ? <p className="empty">{props.empty}</p> : props.children}
        {!error && !props.empty && props.table && <Numbers {...props.table} title={title} />}
      </Boundary>
    </section>
  );
}

function Failure({ error, requestId, onRetry }: { error: FieldError; requestId?: string; onRetry?: () => void }) {
  return (
    <div className="error" role="alert">
      <p>{error.message}</p>
      <p>
        {error.extensions?.code && <code>{error.extensions.code}</code>}
        {requestId && <small> request {requestId}</small>}
        {onRetry && (
          <button type="button" onClick={onRetry}>
            Retry
          </button>
        )}
      </p>
    </div>
  );
}

function Numbers({ head, rows, title }: { head: string[]; rows: (string | number)[][]; title: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="numbers" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>Table</summary>
      {open && (
        <div className="scroll" tabIndex={0} role="region" aria-label={`${title}, table`}>
          <table>
            <thead>
              <tr>
                {head.map((h) => (
                  <th key={h} scope="col">
                    {h}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, i) => (
                <tr key={i}>{row.map((c, k) => (k === 0 ? <th key={k} scope="row">{c}</th> : <td key={k}>{typeof c === "number" ? c.toLocaleString("en-US") : c}</td>))}</tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

class Boundary extends Component<{ title: string; children: ReactNode }, { failed?: string }> {
  state: { failed?: string } = {};
  static getDerivedStateFromError(e: Error) {
    return { failed: e.message };
  }
  componentDidUpdate(before: { children: ReactNode }) {
    if (this.state.failed && before.children !== this.props.children) this.setState({ failed: undefined });
  }
  render() {
    if (!this.state.failed) return this.props.children;
    return (
      <p className="error" role="alert">
        {this.props.title} cannot be drawn: {this.state.failed}
      </p>
    );
  }
}

type Item = [text: string, act: () => void | Promise<void>] | [text: string, href: string];

function Menu({ title, own, picture }: WidgetProps) {
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const [done, setDone] = useState("");
  const [explaining, setExplaining] = useState(false);
  useAway(box, open, () => setOpen(false));
  const copy = async (text: string | Promise<string>) => {
    await navigator.clipboard.writeText(await text);
    setDone("Copied");
    setTimeout(() => setDone(""), 1500);
  };
  const query = () => graphqlOf(own!.document, own!.variables);
  const items: Item[] = [
    ["Copy as GraphQL", () => copy(query())],
    ["Copy as curl", () => copy(query().then(curlOf))],
  ];
  if (picture) {
    items.push(
      ["Copy as Markdown", () => copy(markdownOf(picture, title))],
      ["Copy as HTML", () => copy(htmlOf(picture, title))],
      ["Copy as iframe", () => copy(frameOf(picture, title))],
      ["SVG", chartAddress(picture, "svg")],
      ["PNG", chartAddress(picture, "png")],
      ["CSV", chartAddress(picture, "csv")],
    );
  }
  items.push(["SQL, and why this table", () => setExplaining(true)]);
  const move = (e: React.KeyboardEvent) => {
    const all = [...box.current!.querySelectorAll<HTMLElement>("[role=menuitem]")];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    all[(to + all.length) % all.length].focus();
  };
  return (
    <div ref={box} className="menu" onKeyDown={open ? move : undefined}>
      <span aria-live="polite" className="done">
        {done}
      </span>
      <button type="button" className="quiet" aria-haspopup="menu" aria-expanded={open} aria-label={`${title}: copy, download, explain`} onClick={() => setOpen(!open)}>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <circle cx="3" cy="8" r="1.4" />
          <circle cx="8" cy="8" r="1.4" />
          <circle cx="13" cy="8" r="1.4" />
        </svg>
      </button>
      {open && (
        <ul role="menu" aria-label={title} ref={(el) => el?.querySelector<HTMLElement>("[role=menuitem]")?.focus()}>
          {items.map(([text, act]) => (
            <li key={text} role="none">
              {typeof act === "string" ? (
                <a role="menuitem" href={act} download={text === "CSV" ? "" : undefined} target={text === "CSV" ? undefined : "_blank"} rel="noopener">
                  {text}
                </a>
              ) : (
                <button
                  type="button"
                  role="menuitem"
                  onClick={() => {
                    setOpen(false);
                    void act();
                  }}
                >
                  {text}
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {explaining && <Explain title={title} own={own!} onClose={() => setExplaining(false)} />}
    </div>
  );
}
