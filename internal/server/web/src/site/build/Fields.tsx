// The form of the builder.
import { useState } from "react";
import { drawn, pictured } from "../../embed/options";
import { dimensions, inSentence, intervals } from "../state";
import { Search } from "../ui/Search";
import { contrastWithWhite, type Form, kinds, namesOf } from "./form";

interface FieldProps {
  name: string;
  title: string;
  form: Form;
  set: (name: string, value: string) => void;
}

function Choice({ name, title, form, set, values, empty }: FieldProps & { values: string[]; empty?: string }) {
  const all = values.includes(form[name]) ? values : [...values, form[name]]; // an address may say others
  return (
    <label className="field">
      <span>{title}</span>
      <select value={form[name]} onChange={(e) => set(name, e.target.value)}>
        {all.map((v) => (
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

function Check({ name, title, form, set }: FieldProps) {
  return (
    <label className="check">
      <input type="checkbox" checked={form[name] === "true"} onChange={(e) => set(name, e.target.checked ? "true" : "false")} /> {title}
    </label>
  );
}

const titles = { chart: "Picture", frame: "Frame", component: "Component", badge: "Badge" };

export function Fields({ form, set }: { form: Form; set: (name: string, value: string) => void }) {
  const names = namesOf(form);
  const badge = form.kind === "badge";
  const put = (next: string[]) => set("project", next.join(","));
  const f = { form, set };
  return (
    <form className="widget" onSubmit={(e) => e.preventDefault()}>
      <div className="segments" role="group" aria-label="Kind">
        {kinds.map((k) => (
          <button key={k} type="button" aria-pressed={form.kind === k} onClick={() => set("kind", k)}>
            {titles[k]}
          </button>
        ))}
      </div>
      <div className="field">
        <span>{badge ? "Project" : "Projects"}</span>
        {names.length > 0 && (
          <ul className="chips names">
            {names.map((n) => (
              <li key={n} className="chip">
                {n}
                <button type="button" className="quiet" aria-label={`Remove ${n}`} onClick={() => put(names.filter((o) => o !== n))}>
                  ×
                </button>
              </li>
            ))}
          </ul>
        )}
        <Search key={form.project} label="Project" placeholder={badge || names.length === 0 ? "A project" : "Add a project"} onPick={(n) => put(badge ? [n] : [...names.filter((o) => o !== n), n])} />
      </div>
      {badge ? <BadgeFields {...f} /> : <ChartFields {...f} />}
      <Filters {...f} />
      <Check {...f} name="mirrors" title="count mirrors" />
      <Check {...f} name="human" title="people only: without mirrors and CI" />
    </form>
  );
}

type Rest = Pick<FieldProps, "form" | "set">;

function BadgeFields(f: Rest) {
  const { form } = f;
  const ratio = contrastWithWhite(form.color);
  return (
    <>
      <Choice {...f} name="show" title="Shows" values={["downloads", "rank", "trend", "python"]} />
      <Choice {...f} name="period" title="Counts" values={["day", "week", "month", "quarter", "year", "total"]} />
      <Text {...f} name="label" title="Label" placeholder={form.period === "total" ? "downloads" : `downloads/${form.period}`} />
      <Text {...f} name="color" title="Colour" placeholder="blue, or 1d4ed8" />
      <Text {...f} name="label_color" title="Label's colour" placeholder="grey, or 555555" />
      <Text {...f} name="logo" title="Icon" placeholder="python, pypi, any of Simple Icons" />
      {form.logo && <Text {...f} name="logo_color" title="Icon's colour" placeholder="white" />}
      <Choice {...f} name="style" title="Style" values={["flat", "flat-square", "plastic", "for-the-badge", "social"]} />
      {ratio !== undefined && ratio < 4.5 && (
        <p className="notice" role="status">
          White text on this colour has a contrast of {ratio.toFixed(1)}:1; 4.5:1 is needed to read it well. Choose a darker one.
        </p>
      )}
    </>
  );
}

function ChartFields(f: Rest) {
  const { form, set } = f;
  const several = namesOf(form).length > 1;
  return (
    <>
      <Choice {...f} name="last" title="Range" values={["30d", "90d", "6m", "12m", "2y", "5y", "all", ...(form.from || form.to ? [""] : [])]} empty={`${form.from || "the beginning"} to ${form.to || "now"}`} set={(name, value) => (set(name, value), value && (set("from", ""), set("to", "")))} />
      <Choice {...f} name="interval" title="Interval" values={["", ...intervals]} empty="what suits the range" />
      {!several && <Choice {...f} name="by" title="Split by" values={["", ...dimensions.map((d) => d.param), ...(form.project ? [] : ["project"])]} empty="nothing" />}
      {form.by && !several && (
        <>
          <Choice {...f} name="first" title="Values" values={["", "3", "5", "8", "10"]} empty="what suits" />
          <Check {...f} name="others" title="the rest as Other" />
        </>
      )}
      <Choice {...f} name="shape" title="Shape" values={["", ...drawn, ...pictured]} empty="what suits" />
      <Choice {...f} name="scale" title="Scale" values={["linear", "log"]} />
      <Choice {...f} name="transform" title="Values as" values={["", "indexed", "cumulative", "average"]} empty="downloads" />
      <Choice {...f} name="theme" title="Theme" values={["auto", "light", "dark"]} />
      <Text {...f} name="title" title="Title" placeholder={namesOf(form).join(", ") || "All of PyPI"} />
      {form.kind !== "component" && <Text {...f} name="background" title="Background" placeholder="a card; transparent, or fff5e0" />}
      {form.kind === "chart" && <Text {...f} name="width" title="Width" type="number" />}
      <Text {...f} name="height" title="Height" type="number" />
      {form.kind !== "component" && namesOf(form).length === 1 && <Check {...f} name="releases" title="mark releases" />}
      {form.kind === "component" && ["cumulative", "average"].includes(form.transform) && <p className="notice">The component draws {form.transform} values as a picture only: choose Picture or Frame.</p>}
    </>
  );
}

function Filters({ form, set }: Rest) {
  const [added, setAdded] = useState<string[]>([]);
  const shown = dimensions.filter((d) => form[d.param] || added.includes(d.param));
  return (
    <>
      {shown.map((d) => (
        <Text key={d.param} name={d.param} title={`Only ${inSentence(d.title)}`} form={form} set={set} placeholder={d.param === "country" ? "DE, or DE,FR, or !US" : d.param === "version" ? ">=2.0, or 2.1.0" : "a value, a,b, or !a for all others"} />
      ))}
      {shown.length < dimensions.length && (
        <label className="field">
          <span>Filter</span>
          <select value="" onChange={(e) => setAdded([...added, e.target.value])}>
            <option value="">add one</option>
            {dimensions
              .filter((d) => !shown.includes(d))
              .map((d) => (
                <option key={d.param} value={d.param}>
                  {d.title}
                </option>
              ))}
          </select>
        </label>
      )}
    </>
  );
}
