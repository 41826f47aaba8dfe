// What a page's address says, as internal/site/state.go reads it: held to it by
// internal/site/testdata/state.json.
import type { DateRange, Dimension, DownloadsFilter, Interval } from "./gql/graphql";

export const dimensions = [
  { param: "version", field: "version", by: "VERSION", title: "Version" },
  { param: "country", field: "country", by: "COUNTRY", title: "Country" },
  { param: "python", field: "python", by: "PYTHON", title: "Python" },
  { param: "system", field: "system", by: "SYSTEM", title: "System" },
  { param: "installer", field: "installer", by: "INSTALLER", title: "Installer" },
  { param: "file_type", field: "fileType", by: "FILE_TYPE", title: "File type" },
  { param: "ci", field: "ci", by: "CI", title: "CI" },
  { param: "libc", field: "libc", by: "LIBC", title: "C library" },
  { param: "platform", field: "platform", by: "PLATFORM", title: "Platform" },
  { param: "arch", field: "arch", by: "ARCH", title: "Architecture" },
  { param: "abi", field: "abi", by: "ABI", title: "ABI" },
  { param: "cpu", field: "cpu", by: "CPU", title: "Processor" },
  { param: "distro", field: "distro", by: "DISTRO", title: "Distribution" },
  { param: "implementation", field: "implementation", by: "IMPLEMENTATION", title: "Implementation" },
  { param: "installer_version", field: "installerVersion", by: "INSTALLER_VERSION", title: "Installer version" },
] as const;

/** Does not compile while the schema has a dimension that the list lacks, and names it. */
({}) satisfies Record<Exclude<Dimension, (typeof dimensions)[number]["by"] | "PROJECT">, never>;

/** What a project's page shows of itself; by the others it splits what it is asked to. */
const shown: readonly string[] = ["version", "country", "python", "system", "installer", "file_type", "ci", "libc"];
export const moreSplits = dimensions.filter((d) => !shown.includes(d.param));

/** A dimension's title in the middle of a sentence: names keep their capitals. */
export const inSentence = (title: string) => (/^(Python|CI|C library|ABI)$/.test(title) ? title : title.toLowerCase());

export type Param = (typeof dimensions)[number]["param"];
export const intervals = ["day", "week", "month", "quarter", "year"] as const;
const defaultLast = "1y";
const unitNames = { d: "DAY", w: "WEEK", m: "MONTH", q: "QUARTER", y: "YEAR" } as const;
const unitDays = { d: 1, w: 7, m: 30, q: 91, y: 365 } as const;

export interface State {
  last: string; // "" where from or to are given
  from: string;
  to: string;
  interval: string; // "" for what suits the range
  mirrors: boolean;
  human: boolean;
  /** Conditions by parameter, as the address writes them. */
  filters: Partial<Record<Param, string>>;
  /** Every other parameter, kept as it is. */
  rest: Record<string, string>;
}

const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);

export function parseLast(text: string): { n: number; unit: keyof typeof unitNames } | undefined {
  const m = /^\+?(\d{1,5})([dwmqy])$/.exec(text);
  return m && Number(m[1]) > 0 ? { n: Number(m[1]), unit: m[2] as keyof typeof unitNames } : undefined;
}

export function readState(search: string): State {
  const q = new URLSearchParams(search);
  const s: State = { last: q.get("last") ?? "", from: q.get("from") ?? "", to: q.get("to") ?? "", interval: (q.get("interval") ?? "").toLowerCase(), mirrors: q.get("mirrors") !== "false", human: q.get("human") === "true", filters: {}, rest: {} };
  if (!isDay(s.from)) s.from = "";
  if (!isDay(s.to)) s.to = "";
  if (s.last !== "all" && !parseLast(s.last)) s.last = "";
  if (s.from || s.to) s.last = "";
  else s.last ||= defaultLast;
  if (!(intervals as readonly string[]).includes(s.interval)) s.interval = "";
  const known = new Set(["last", "from", "to", "interval", "mirrors", "human"]);
  for (const d of dimensions) {
    known.add(d.param).add(d.field);
    const text = q.get(d.param) ?? q.get(d.field);
    if (text !== null) s.filters[d.param] = text;
  }
  for (const [name, value] of q) if (!known.has(name)) s.rest[name] ??= value;
  if (!moreSplits.some((d) => d.param === s.rest.split)) delete s.rest.split;
  return s;
}

/** The address's query, defaults left out and names sorted; charts' addresses read it too. */
export function writeState(s: State, rest: Record<string, string> = s.rest): string {
  const q = new URLSearchParams();
  if (s.last && s.last !== defaultLast) q.set("last", s.last);
  if (s.from) q.set("from", s.from);
  if (s.to) q.set("to", s.to);
  if (s.interval) q.set("interval", s.interval);
  if (!s.mirrors) q.set("mirrors", "false");
  if (s.human) q.set("human", "true");
  for (const [name, text] of Object.entries(s.filters)) q.set(name, text);
  for (const [name, text] of Object.entries(rest)) q.set(name, text);
  q.sort();
  const text = q.toString();
  return text ? `?${text}` : "";
}

/** About how many days the range has, 0 for all time. */
export function days(s: State, today: string): number {
  const last = parseLast(s.last);
  if (last) return last.n * unitDays[last.unit];
  if (!s.from) return 0;
  return Math.floor((Date.parse(s.to || today) - Date.parse(s.from)) / 86400e3) + 1;
}

export function every(s: State, today = new Date().toISOString().slice(0, 10)): Interval {
  if (s.interval) return s.interval.toUpperCase() as Interval;
  const n = days(s, today);
  if (n > 0 && n <= 92) return "DAY" as Interval;
  return (n > 0 && n <= 732 ? "WEEK" : "MONTH") as Interval;
}

export function dateRange(s: State): DateRange | null {
  if (s.last === "all") return null;
  const last = parseLast(s.last);
  if (last) return { last: last.n, unit: unitNames[last.unit] as Interval };
  return { ...(s.from && { from: s.from }), ...(s.to && { to: s.to }) };
}

export function filterOf(s: State): DownloadsFilter {
  const f: Record<string, unknown> = {};
  for (const d of dimensions) {
    const text = s.filters[d.param];
    if (text !== undefined) f[d.field] = condition(d.field, text);
  }
  if (!s.mirrors) f.mirrors = false;
  if (s.human) f.human = true;
  return f as unknown as DownloadsFilter;
}

export const isSpecifier = (text: string) => /[<>~*]/.test(text) || text.startsWith("==") || text.startsWith("!=");

function condition(field: string, text: string) {
  if (field === "version" && isSpecifier(text)) return { specifier: text };
  if (text.startsWith("!")) return { notIn: text.slice(1).split(",") };
  const values = text.split(",");
  return values.length > 1 ? { in: values } : { eq: text };
}

/** The filters after a click on a value: it alone, with Shift beside those chosen, with Alt all but it. */
export function choose(s: State, param: Param, value: string, keys: { shiftKey?: boolean; altKey?: boolean }): State {
  const now = s.filters[param];
  const plain = now !== undefined && !now.startsWith("!") && !(param === "version" && isSpecifier(now));
  let text = value;
  if (keys.altKey) {
    const others = now?.startsWith("!") ? now.slice(1).split(",") : [];
    text = `!${[...new Set([...others, value])].join(",")}`;
  } else if (keys.shiftKey && plain) {
    const values = now.split(",");
    text = values.includes(value) ? values.filter((v) => v !== value).join(",") : [...values, value].join(",");
    if (values.length === 1 && values[0] === value) return without(s, param);
  } else if (now === value) {
    return without(s, param);
  }
  return { ...s, filters: { ...s.filters, [param]: text } };
}

export function without(s: State, param: Param): State {
  const { [param]: _, ...filters } = s.filters;
  return { ...s, filters };
}

/** The dimension that a project's page splits by beside those that it always shows: the address's, or one that it filters. */
export const moreOf = (s: State) => moreSplits.find((d) => d.param === s.rest.split) ?? moreSplits.find((d) => s.filters[d.param] !== undefined);

/** The range in words. */
export function said(s: State, day: (text: string) => string): string {
  if (s.last === "all") return "all time";
  const last = parseLast(s.last);
  if (last) return last.n === 1 ? `last ${unitNames[last.unit].toLowerCase()}` : `last ${last.n} ${unitNames[last.unit].toLowerCase()}s`;
  if (s.from && s.to) return `${day(s.from)} to ${day(s.to)}`;
  return s.from ? `since ${day(s.from)}` : `until ${day(s.to)}`;
}

/** Days that an interval spans at most, to tell whether the range cuts it off. */
export function nextBucket(date: string, interval: string): string {
  const d = new Date(`${date}T00:00:00Z`);
  if (interval === "DAY") d.setUTCDate(d.getUTCDate() + 1);
  else if (interval === "WEEK") d.setUTCDate(d.getUTCDate() + 7);
  else d.setUTCMonth(d.getUTCMonth() + { MONTH: 1, QUARTER: 3, YEAR: 12 }[interval]!);
  return d.toISOString().slice(0, 10);
}
