// The builder of charts, frames, components and badges: a form, what it makes, and
// what to paste.
import { useEffect, useState } from "react";
import { Fields } from "../build/Fields";
import { defaults, query, read } from "../build/form";
import { Preview } from "../build/Preview";

export function BuildPage() {
  const [form, setForm] = useState(() => read(location.search));
  const settled = useSettled(form);
  const set = (name: string, value: string) => setForm((f) => ({ ...f, [name]: value }));
  useEffect(() => {
    const address = `/build${query(form, Object.keys(defaults))}`;
    if (address !== location.pathname + location.search) history.replaceState(null, "", address);
  }, [form]);
  useEffect(() => {
    const back = () => setForm(read(location.search));
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);
  return (
    <>
      <header className="about">
        <h1>Build an embed</h1>
        <p className="summary">A chart or a badge for a README or a page, always of the newest data.</p>
      </header>
      <div className="builder">
        <Fields form={form} set={set} />
        <div className="made">{settled.kind === "badge" && settled.project === "" ? <p className="empty">Choose a project.</p> : <Preview form={settled} />}</div>
      </div>
    </>
  );
}

/** A value that has not changed for a moment. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const wait = setTimeout(() => setSettled(value), 250);
    return () => clearTimeout(wait);
  }, [value]);
  return settled;
}
