// What the builder's form says, and the addresses and snippets that it makes.
import { dimensions } from "../state";

export type Form = Record<string, string>;

/** The ways to show what is built. */
export const kinds = ["chart", "frame", "component", "badge"] as const;

/** What holds where the form says nothing; left out of addresses. */
export const defaults: Form = {
  kind: "chart", project: "",
  last: "12m", from: "", to: "", interval: "", by: "", first: "", others: "true", transform: "", releases: "false", shape: "", scale: "linear", title: "", theme: "auto", background: "", width: "800", height: "400",
  mirrors: "true", human: "false",
  period: "month", show: "downloads", label: "", color: "", label_color: "", logo: "", logo_color: "", style: "flat",
  ...Object.fromEntries(dimensions.map((d) => [d.param, ""])),
};
const filters = [...dimensions.map((d) => d.param as string), "mirrors", "human"];
export const ofChart = ["last", "from", "to", "interval", "by", "first", "others", "transform", "releases", "shape", "scale", "title", "theme", "background", "width", "height", ...filters];
export const ofBadge = ["period", "show", "label", "color", "label_color", "logo", "logo_color", "style", ...filters];
const ofFrame = ofChart.filter((name) => name !== "width");
const ofComponent = ofFrame.filter((name) => !["releases", "background", "title"].includes(name));

/** The projects, as a path of addresses has them. */
export const namesOf = (form: Form) => form.project.split(",").map((name) => name.trim()).filter(Boolean);
const inPath = (form: Form) => namesOf(form).map(encodeURIComponent).join(",");

export function read(search: string): Form {
  const q = new URLSearchParams(search);
  const form = Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, q.get(name) ?? value]));
  if ((q.has("from") || q.has("to")) && !q.has("last")) form.last = "";
  return form;
}

export function query(form: Form, names: string[], more: Form = {}): string {
  const q = new URLSearchParams();
  for (const name of names) {
    const value = more[name] ?? form[name];
    if (value && (value !== defaults[name] || name in more)) q.set(name, value);
  }
  const text = q.toString();
  return text ? `?${text}` : "";
}

export const badgePath = (form: Form) => `/badge/${inPath(form)}.svg${query(form, ofBadge)}`;
export const chartPath = (form: Form, more: Form = {}) => `/chart${inPath(form) && `/${inPath(form)}`}.svg${query(form, ofChart, more)}`;
export const framePath = (form: Form, more: Form = {}) => `/embed${inPath(form) && `/${inPath(form)}`}${query(form, ofFrame, more)}`;

/** The site's page about the same. */
export function pagePath(form: Form): string {
  const n = namesOf(form).length;
  const more = query(form, ["last", "from", "to", "interval", ...filters]);
  return (n === 0 ? (form.by === "project" ? "/rankings" : "/") : n === 1 ? `/project/${inPath(form)}` : `/compare/${inPath(form)}`) + more;
}

/** The component's attributes. */
export function attributesOf(form: Form): [string, string][] {
  const all: [string, string][] = namesOf(form).length > 0 ? [["project", namesOf(form).join(",")]] : [];
  for (const name of ofComponent) if (form[name] && form[name] !== defaults[name]) all.push([name.replaceAll("_", "-"), form[name]]);
  if (form.title) all.push(["heading", form.title]);
  return all;
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
export const captionOf = (form: Form) => `Downloads of ${namesOf(form).join(", ") || "all projects on PyPI"}${form.by ? ` by ${form.by.replace("_", " ")}` : ""}`;

export interface Version {
  version: number;
  src: string;
  integrity: string;
}

/** What to paste, by name. */
export function snippetsOf(form: Form, origin: string, newest?: Version): [string, string][] {
  const alt = captionOf(form);
  const page = origin + pagePath(form);
  const image = (more: Form = {}) => escaped(origin + chartPath(form, more));
  switch (form.kind) {
    case "badge":
      return [
        ["Markdown", `[![${alt}](${origin}${badgePath(form)})](${page})`],
        ["HTML", `<a href="${escaped(page)}"><img src="${escaped(origin + badgePath(form))}" alt="${escaped(alt)}"></a>`],
        ["Address", origin + badgePath(form)],
      ];
    case "frame": {
      const src = escaped(origin + framePath(form));
      const frame = `<iframe src="${src}" title="${escaped(alt)}" width="100%" height="${Number(form.height) + 40}" loading="lazy" frameborder="0"></iframe>`;
      return [
        ["HTML", frame],
        ["HTML, as high as its content", `${frame}\n${scriptTag(origin, newest)}`],
        ["oEmbed", `${origin}/oembed?${new URLSearchParams({ url: origin + framePath(form) })}`],
        ["Policy of the page around it", `frame-src ${origin}; script-src ${origin}`],
      ];
    }
    case "component": {
      const attributes = attributesOf(form).map(([name, value]) => ` ${name}="${escaped(value)}"`).join("");
      return [
        ["HTML", `${scriptTag(origin, newest)}\n<clickql-chart${attributes}>\n  <a href="${escaped(page)}"><img src="${image()}" alt="${escaped(alt)}"></a>\n</clickql-chart>`],
        ["Policy of the page around it", `script-src ${origin}; connect-src ${origin}; img-src ${origin}`],
      ];
    }
  }
  return [
    ["Markdown", `[![${alt}](${origin}${chartPath(form)})](${page})`],
    ["Markdown of both themes", `<a href="${escaped(page)}"><picture><source media="(prefers-color-scheme: dark)" srcset="${image({ theme: "dark" })}"><img src="${image({ theme: "light" })}" alt="${escaped(alt)}"></picture></a>`],
    ["HTML", `<a href="${escaped(page)}"><img src="${image()}" alt="${escaped(alt)}" width="${form.width}" height="${form.height}" loading="lazy"></a>`],
    ["Address", origin + chartPath(form)],
  ];
}

const scriptTag = (origin: string, newest?: Version) => (newest ? `<script src="${origin}${newest.src}" integrity="${newest.integrity}" crossorigin="anonymous" defer></script>` : `<script src="${origin}/embed.js" defer></script>`);

/** The contrast of white text on a badge's colour: it needs 4.5:1 (WCAG 2.2, 1.4.3). */
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
