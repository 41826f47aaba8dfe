// How a widget was answered: tables, SQL, and why every other table was not chosen.
import { useEffect, useRef, useState } from "react";
import { ask, type Document, type Query } from "../ask";
import { exact } from "../format";

const meanings: Record<string, string> = {
  NO_COLUMN: "lacks a column",
  GRAIN: "too coarse",
  DAYS: "lacks days",
  KEY: "its key does not tell rows apart",
  DEARER: "would read more",
  UNTRUSTED: "does not agree with the raw table",
};

export function Explain({ title, own, onClose }: { title: string; own: { document: Document<any, any>; variables: object }; onClose: () => void }) {
  const box = useRef<HTMLDialogElement>(null);
  const [queries, setQueries] = useState<Query[]>();
  const [failed, setFailed] = useState("");
  useEffect(() => {
    box.current?.showModal();
    ask(own.document, own.variables, { explain: true }).then(
      (a) => (a.extensions?.explain ? setQueries(a.extensions.explain.queries) : setFailed(a.errors?.[0]?.message ?? "This gateway does not explain.")),
      (e) => setFailed(e.message),
    );
  }, []);
  return (
    <dialog ref={box} className="explain" aria-label={`${title}: how it was answered`} onClose={onClose} onClick={(e) => e.target === box.current && box.current.close()}>
      <header>
        <h2>{title}: how it was answered</h2>
        <button type="button" className="quiet" onClick={() => box.current?.close()}>
          Close
        </button>
      </header>
      {failed && (
        <p className="error" role="alert">
          {failed}
        </p>
      )}
      {!failed && !queries && <p className="empty">Asking…</p>}
      {queries?.length === 0 && <p>Nothing was asked of ClickHouse: the answer is in the gateway's memory.</p>}
      {queries?.map((q, i) => <Answered key={i} q={q} />)}
    </dialog>
  );
}

function Answered({ q }: { q: Query }) {
  const [copied, setCopied] = useState(false);
  return (
    <article>
      <h3>
        <code>{q.table}</code>
      </h3>
      <p>
        {q.source === "cache" ? `From the gateway's memory, asked ${Math.round(q.ageSeconds)} s ago.` : `Read ${q.rowsRead === null ? "an untold number of" : exact(q.rowsRead)} rows in ${q.elapsedMs.toFixed(1)} ms.`}
        {q.playUrl && (
          <>
            {" "}
            <a href={q.playUrl} target="_blank" rel="noopener">
              Open in ClickHouse
            </a>
          </>
        )}{" "}
        <button
          type="button"
          onClick={async () => {
            await navigator.clipboard.writeText(q.sql);
            setCopied(true);
          }}
        >
          {copied ? "Copied" : "Copy SQL"}
        </button>
      </p>
      <pre tabIndex={0}>{q.sql}</pre>
      {q.rejected.length > 0 && (
        <details>
          <summary>Why not another table: {q.rejected.length} were looked at</summary>
          <ul>
            {q.rejected.map((r) => (
              <li key={r.table + r.code}>
                <code>{r.table}</code> {meanings[r.code] ?? r.code}: {r.reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </article>
  );
}
