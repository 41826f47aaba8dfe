// Lists of projects.
import type { ReactNode } from "react";
import { Spark } from "../chart/Spark";
import { change, changeClass, count, exact } from "../format";
import { Widget, type WidgetProps } from "../ui/Widget";

export const projectHref = (name: string) => `/project/${encodeURIComponent(name)}`;

export interface Row {
  name: string;
  total?: number | null;
  change?: number | null;
  text?: ReactNode;
  title?: string | null;
  spark?: readonly number[] | null;
}

/** Rank, name, small line, count and change. */
export function ProjectList({ rows, bars, numbered, ...widget }: WidgetProps & { rows?: Row[]; bars?: boolean; numbered?: boolean }) {
  const most = Math.max(...(rows ?? []).map((r) => r.total ?? 0), 1);
  return (
    <Widget {...widget} empty={rows?.length === 0 && widget.empty}>
      <table className={`list${bars ? " bars" : ""}`}>
        <tbody>
          {rows?.map((r, i) => (
            <tr key={`${r.name} ${i}`}>
              {numbered && <td className="nth">{i + 1}</td>}
              <th scope="row">
                <a href={projectHref(r.name)} title={r.title ?? undefined}>
                  {r.name}
                </a>
              </th>
              {r.text !== undefined && <td className="num muted">{r.text}</td>}
              {bars && (
                <td className="bar">
                  <i style={{ width: `${((r.total ?? 0) / most) * 100}%` }} />
                </td>
              )}
              {r.spark && (
                <td className="spare">
                  <Spark totals={[...r.spark]} />
                </td>
              )}
              {r.change !== undefined && <td className={`num ${changeClass(r.change)}`}>{change(r.change)}</td>}
              {r.total != null && (
                <td className="num" title={exact(r.total)}>
                  {count(r.total)}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Widget>
  );
}

/** The numbers at a page's head. */
export function Figures({ figures }: { figures: { title: string; text: string; exact?: string; change?: number | null; error?: string }[] }) {
  return (
    <dl className="figures">
      {figures.map((f) => (
        <div key={f.title} className="figure">
          <dt>{f.title}</dt>
          <dd title={f.exact}>
            {f.text}
            {f.change != null && (
              <>
                {" "}
                <span className={changeClass(f.change)} title="against the period of equal length before">
                  {change(f.change)}
                </span>
              </>
            )}
          </dd>
          {f.error && <dd className="error">{f.error}</dd>}
        </div>
      ))}
    </dl>
  );
}

export const figure = (title: string, c?: { total?: number | null; change?: number | null } | null, error?: string) =>
  c?.total == null ? { title, text: "–", error } : { title, text: count(c.total), exact: exact(c.total), change: c.change, error };
