// The builder of charts and badges: a form, what it makes at three widths in
// both themes, and what to paste.
import { useEffect, useId, useMemo, useState } from "react";
import { dimensions, intervals } from "../state";
import { Search } from "../ui/Search";

type Form = Record<string, string>;

/** What a picture has where the form says nothing; left out of addresses. */
const defaults: Form = { kind: "chart", project: "", last: "12m", interval: "", by: "", first: "", shape: "", theme: "auto", mirrors: "true", period: "month", label: "", color: "", label_color: "", style: "flat", width: "800", height: "400" };
const ofChart = ["last", "interval", "by", "first", "shape", "theme", "mirrors", "width", "height"];
const ofBadge = ["period", "label", "color", "label_color", "style", "mirrors"];

function read(search: string): Form {
  const q = new URLSearchParams(search);
  return Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, q.get(name) ?? value]));
}

function query(form: Form, names: string[], more: Form = {}): string {
  const q = new URLSearchParams();
  for (const name of names) {
    const value = more[name] ?? form[name];
    if (value && (value !== defaults[name] || name in more)) q.set(name, value);
  }
  const text = q.toString();
  return text ? `?${text}` : "";
}

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
  const badge = form.kind === "badge";
  const project = settled.project.trim();
  const path = `/${badge ? "badge" : "chart"}/${encodeURIComponent(project)}.svg`;
  return (
    <>
      <header className="about">
        <h1>Build a chart or a badge</h1>
        <p className="summary">A picture for a README or a page, always of the newest data.</p>
      </header>
      <div className="builder">
        <form className="widget" onSubmit={(e) => e.preventDefault()}>
          <div className="segments" role="group" aria-label="Kind">
            {["chart", "badge"].map((k) => (
              <button key={k} type="button" aria-pressed={form.kind === k} onClick={() => set("kind", k)}>
                {k === "chart" ? "Chart" : "Badge"}
              </button>
            ))}
          </div>
          <div className="field">
            <span>Project</span>
            <Search key={form.project} label="Project" initial={form.project} placeholder="A project" onPick={(n) => set("project", n)} />
          </div>
          {badge ? (
            <>
              <Choice name="period" title="Counts" form={form} set={set} values={["day", "week", "month", "quarter", "year", "total"]} />
              <Text name="label" title="Label" form={form} set={set} placeholder={form.period === "total" ? "downloads" : `downloads/${form.period}`} />
              <Text name="color" title="Colour" form={form} set={set} placeholder="blue, or 1d4ed8" />
              <Text name="label_color" title="Label's colour" form={form} set={set} placeholder="grey, or 555555" />
              <Choice name="style" title="Style" form={form} set={set} values={["flat", "flat-square", "for-the-badge"]} />
              <Contrast color={form.color} />
            </>
          ) : (
            <>
              <Choice name="last" title="Range" form={form} set={set} values={["30d", "90d", "6m", "12m", "2y", "5y", "all"]} />
              <Choice name="interval" title="Interval" form={form} set={set} values={["", ...intervals]} empty="what suits the range" />
              <Choice name="by" title="Split by" form={form} set={set} values={["", ...dimensions.map((d) => d.param)]} empty="nothing" />
              {form.by && <Choice name="first" title="Values" form={form} set={set} values={["", "3", "5", "8", "10"]} empty="5" />}
              <Choice name="shape" title="Shape" form={form} set={set} values={["", "line", "area", "bar", "share"]} empty="what suits" />
              <Choice name="theme" title="Theme" form={form} set={set} values={["auto", "light", "dark"]} />
              <Text name="width" title="Width" form={form} set={set} type="number" />
              <Text name="height" title="Height" form={form} set={set} type="number" />
            </>
          )}
          <label className="check">
            <input type="checkbox" checked={form.mirrors !== "false"} onChange={(e) => set("mirrors", e.target.checked ? "true" : "false")} /> count mirrors
          </label>
        </form>
        <div className="made">{project === "" ? <p className="empty">Choose a project.</p> : badge ? <BadgePreview form={settled} path={path} /> : <ChartPreview form={settled} path={path} />}</div>
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

interface FieldProps {
  name: string;
  title: string;
  form: Form;
  set: (name: string, value: string) => void;
}

function Choice({ name, title, form, set, values, empty }: FieldProps & { values: string[]; empty?: string }) {
  return (
    <label className="field">
      <span>{title}</span>
      <select value={form[name]} onChange={(e) => set(name, e.target.value)}>
        {values.map((v) => (
          <option key={v} value={v}>
            {v || empty}
          </option>
        ))}
      </select>
    </label>
  );
}

function Text({ name, title, form, set, placeholder, type = "text" }: FieldProps & { placeholder?: string; type?: string }) {
  return (
    <label className="field">
      <span>{title}</span>
      <input type={type} value={form[name]} placeholder={placeholder} onChange={(e) => set(name, e.target.value)} />
    </label>
  );
}

/** White text on a badge's colour needs 4.5:1 (WCAG 2.2, 1.4.3). */
function Contrast({ color }: { color: string }) {
  const ratio = useMemo(() => contrastWithWhite(color), [color]);
  if (ratio === undefined || ratio >= 4.5) return null;
  return (
    <p className="notice" role="status">
      White text on this colour has a contrast of {ratio.toFixed(1)}:1; 4.5:1 is needed to read it well. Choose a darker one.
    </p>
  );
}

export function contrastWithWhite(color: string): number | undefined {
  const hex = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(color)?.[1];
  if (!hex) return undefined;
  const full = hex.length === 3 ? [...hex].map((c) => c + c).join("") : hex;
  const [r, g, b] = [0, 2, 4].map((i) => {
    const v = Number.parseInt(full.slice(i, i + 2), 16) / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
}

function BadgePreview({ form, path }: { form: Form; path: string }) {
  const q = query(form, ofBadge);
  const address = location.origin + path + q;
  const alt = `Downloads of ${form.project}`;
  return (
    <>
      <section className="widget" aria-labelledby="preview-title">
        <h2 id="preview-title">Preview</h2>
        <div className="badges">
          <span className="on-light">
            <img src={path + q} alt={alt} />
          </span>
          <span className="on-dark">
            <img src={path + q} alt="" />
          </span>
        </div>
      </section>
      <Snippets
        snippets={[
          ["Markdown", `[![${alt}](${address})](${location.origin}/project/${encodeURIComponent(form.project)})`],
          ["HTML", `<a href="${location.origin}/project/${encodeURIComponent(form.project)}"><img src="${address.replaceAll("&", "&amp;")}" alt="${alt}"></a>`],
          ["Address", address],
        ]}
      />
    </>
  );
}

function ChartPreview({ form, path }: { form: Form; path: string }) {
  const alt = `Downloads of ${form.project}${form.by ? ` by ${form.by.replace("_", " ")}` : ""}`;
  const address = location.origin + path + query(form, ofChart);
  const page = `${location.origin}/project/${encodeURIComponent(form.project)}`;
  const themed = (theme: string) => (location.origin + path + query(form, ofChart, { theme })).replaceAll("&", "&amp;");
  return (
    <>
      <section className="widget" aria-labelledby="preview-title">
        <h2 id="preview-title">Preview</h2>
        {["light", "dark"].map((theme) => (
          <div key={theme} className={`previews on-${theme}`}>
            {[800, 480, 240].map((width) => {
              const height = Math.max(Math.round((width * (Number(form.height) || 400)) / (Number(form.width) || 800)), 120);
              return <img key={width} src={path + query(form, ofChart, { theme, width: String(width), height: String(height) })} alt={width === 800 && theme === "light" ? alt : ""} width={width} height={height} loading="lazy" />;
            })}
          </div>
        ))}
      </section>
      <Snippets
        snippets={[
          ["Markdown", `[![${alt}](${address})](${page})`],
          ["Markdown of both themes", `<a href="${page}"><picture><source media="(prefers-color-scheme: dark)" srcset="${themed("dark")}"><img src="${themed("light")}" alt="${alt}"></picture></a>`],
          ["HTML", `<a href="${page}"><img src="${address.replaceAll("&", "&amp;")}" alt="${alt}" width="${form.width}" height="${form.height}" loading="lazy"></a>`],
          ["Address", address],
        ]}
      />
    </>
  );
}

function Snippets({ snippets }: { snippets: [string, string][] }) {
  const id = useId();
  const [copied, setCopied] = useState("");
  return (
    <section className="widget" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Paste it</h2>
      {snippets.map(([name, text]) => (
        <div key={name} className="snippet">
          <header>
            <h3>{name}</h3>
            <button
              type="button"
              aria-label={`Copy ${name}`}
              onClick={async () => {
                await navigator.clipboard.writeText(text);
                setCopied(name);
              }}
            >
              {copied === name ? "Copied" : "Copy"}
            </button>
          </header>
          <pre tabIndex={0}>{text}</pre>
        </div>
      ))}
    </section>
  );
}
