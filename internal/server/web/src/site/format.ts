// Numbers and days as people write them: the same as the server's, held to it
// by internal/site/testdata/format.json.
const suffixes = ["", "k", "M", "B", "T", "Qa", "Qi"];

const trim = (text: string) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

/** 999, 1.24k, 12.4M: three digits. */
export function count(n: number): string {
  let v = n;
  let unit = 0;
  while (Math.abs(v) >= 999.5 && unit < suffixes.length - 1) {
    v /= 1000;
    unit++;
  }
  if (unit === 0) return String(n);
  const a = Math.abs(v);
  return trim(v.toFixed(a >= 99.95 ? 0 : a >= 9.995 ? 1 : 2)) + suffixes[unit];
}

/** 1,234,567. */
export const exact = (n: number) => n.toLocaleString("en-US");

/** 45 %, 3.2 %, <0.1 %. */
export function share(part: number): string {
  const p = part * 100;
  if (p > 0 && p < 0.1) return "<0.1 %";
  return p < 9.95 ? `${trim(p.toFixed(1))} %` : `${p.toFixed(0)} %`;
}

/** +12 %, −3.4 %, ×14; empty where there is nothing to compare with. */
export function change(c: number | null | undefined): string {
  if (c == null) return "";
  if (c >= 9) return `×${(c + 1).toFixed(0)}`;
  const a = Math.abs(c);
  const text = trim((a * 100).toFixed(a < 0.0995 ? 1 : 0));
  return text === "0" ? "±0 %" : `${c < 0 ? "−" : "+"}${text} %`;
}

/** +2.3 points: the difference of two parts. */
export function points(c: number): string {
  const text = Math.abs(c * 100).toFixed(1);
  return text === "0.0" ? "±0 points" : `${c < 0 ? "−" : "+"}${text} points`;
}

export function changeClass(c: number | null | undefined): string {
  if (c == null || Math.abs(c) < 0.0005) return "change";
  return c > 0 ? "change up" : "change down";
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** 2 Nov 2026. */
export function day(text: string): string {
  const [y, m, d] = text.slice(0, 10).split("-").map(Number);
  return y && m && d ? `${d} ${months[m - 1]} ${y}` : text;
}

export const monthName = (month: number) => months[month];

/** The interval that begins on a day: 2 Nov 2026, week of 2 Nov 2026, Nov 2026, Q4 2026, 2026. */
export function bucket(text: string, interval: string): string {
  const [y, m] = text.split("-").map(Number);
  switch (interval) {
    case "WEEK":
      return `week of ${day(text)}`;
    case "MONTH":
      return `${months[m - 1]} ${y}`;
    case "QUARTER":
      return `Q${Math.floor((m + 2) / 3)} ${y}`;
    case "YEAR":
      return String(y);
    default:
      return day(text);
  }
}
