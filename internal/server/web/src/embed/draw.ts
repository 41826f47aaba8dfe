// The chart as SVG elements, and its cursor. The scales are those of the site's
// charts.
import { fit } from "../site/chart/kernel";
import { areaOf, barsOf, endLabels, holesOf, inkOf, isAbsent, isPartial, type Layout, layoutOf, type Line, moved, nearest, seriesAt, type Spec, strokeOf, summary, unfinished } from "../site/chart/layout";
import { bucket, exact, share } from "../site/format";
import { html, svg } from "./dom";

let ids = 0; // of hatchings: each chart's own, below its own root

/** Draws into a box, in place of what was there. */
export function draw(box: HTMLElement, spec: Spec, width: number, height: number): void {
  const l = layoutOf(spec, width, height - legendHeight(spec, width));
  const hatch = `hatch-${ids++}`;
  const legend = spec.lines.length > 1 && !l.labelled && !l.edge && legendOf(spec);
  const root = svg(
    "svg",
    { class: `time ${spec.shape}`, width, height: l.height, viewBox: `0 0 ${width} ${l.height}`, role: "img", "aria-label": summary(spec, l.wholes), tabindex: 0, part: "chart" },
    svg("defs", {}, svg("pattern", { id: hatch, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, svg("rect", { class: "hatch", width: 2, height: 6 }))),
    axes(l),
    svg("g", { class: "marks-of" }, ...seriesMarks(spec, l, `url(#${hatch})`)),
    svg("g", { class: "gaps" }, ...holesOf(spec, l).map((g) => svg("rect", { ...g, y: l.y0, height: l.y1 - l.y0, fill: `url(#${hatch})` }))),
    ...[...endLabels(spec, l)].map(([key, y]) => endOf(spec.lines.find((s) => s.key === key)!, l, y)),
  );
  const spoken = html("span", { class: "hidden", "aria-live": "polite" });
  box.replaceChildren(...(legend ? [legend] : []), root, spoken);
  new Cursor(box, root, spoken, spec, l);
}

/** About the height of a legend, which takes its room from the chart. */
function legendHeight(spec: Spec, width: number): number {
  if (spec.lines.length < 2 || (width >= 420 && spec.shape !== "bar")) return 0;
  let lines = 1;
  let x = 0;
  for (const s of spec.lines) {
    const w = 30 + s.label.length * 7;
    if (x > 0 && x + w > width) (lines++, (x = 0));
    x += w;
  }
  return 6 + 21 * lines;
}

const axes = (l: Layout) =>
  svg(
    "g",
    { class: "axis" },
    ...l.ticks.flatMap((t) => [
      svg("line", { class: t === 0 ? "base" : "grid", x1: l.x0, x2: l.x1, y1: l.y(t), y2: l.y(t) }),
      svg("text", { x: l.x0 - 8, y: l.y(t), dy: ".34em", "text-anchor": "end" }, l.text(t)),
    ]),
    ...l.dateTicks.map((t) => svg("text", { class: t.major ? "year" : undefined, x: t.x, y: l.height - 8, "text-anchor": t.anchor }, t.text)),
  );

function seriesMarks(spec: Spec, l: Layout, hatch: string): SVGElement[] {
  const { lines, shape } = spec;
  const marks = lines.map((s, k) => {
    const ink = inkOf(s.ink);
    const stroke = strokeOf(spec, k, l);
    const path = (d: string, more = "") => svg("path", { class: `stroke ${ink}${lines.length > 6 ? " thin" : ""}${more}`, d });
    const parts: SVGElement[] = [];
    if (shape === "bar") for (const { partial, i: _, ...b } of barsOf(spec, k, l)) parts.push(svg("rect", { class: `${partial ? "hollow" : "fill"} ${ink}`, ...b }), ...(partial ? [svg("rect", { class: "over", ...b, fill: hatch })] : []));
    else if (shape === "share" || (shape === "area" && lines.length > 1)) parts.push(svg("path", { class: `fill band ${ink}`, d: areaOf(k, l) }));
    else {
      if (shape === "area") parts.push(svg("path", { class: `fill tint ${ink}`, d: areaOf(k, l) }));
      parts.push(path(stroke.solid), ...(stroke.dashed ? [path(stroke.dashed, " dashed")] : []));
      for (const i of stroke.dots) parts.push(svg("circle", { class: `${isPartial(spec, i) ? "hollow" : "fill"} ${ink}`, cx: l.x(i), cy: l.y(l.tops[k][i]!), r: 3.5 }));
    }
    return svg("g", { "data-key": s.key }, ...parts);
  });
  if (shape === "area" && lines.length > 1) marks.push(svg("g", {}, svg("path", { class: "over", d: areaOf(lines.length - 1, l, unfinished(spec, l), true), fill: hatch })));
  return shape === "line" ? marks.reverse() : marks;
}

const endOf = (s: Line, l: Layout, y: number) =>
  svg("g", { class: "end", "data-key": s.key }, svg("circle", { class: `fill ${inkOf(s.ink)}`, cx: l.x1 + 8, cy: y, r: 3.5 }), svg("text", { x: l.x1 + 15, y, dy: ".34em" }, fit(s.label, 12, l.width - l.x1 - 16)));

const legendOf = (spec: Spec) => html("ul", { class: "legend", part: "legend" }, ...spec.lines.map((s) => html("li", {}, html("i", { class: `dot ${inkOf(s.ink)}` }), s.label)));

/** A line over the intervals, moved by mouse, touch and keys, with what stands there. */
class Cursor {
  private at?: number;
  private held?: string;
  private mark?: SVGElement;
  private tip = html("div", { class: "tip", part: "tip", hidden: true });
  private speaking?: ReturnType<typeof setTimeout>;

  constructor(
    box: HTMLElement,
    private root: SVGSVGElement,
    private spoken: HTMLElement,
    private spec: Spec,
    private l: Layout,
  ) {
    box.append(this.tip);
    const leave = () => this.go(undefined, undefined);
    const move = (e: PointerEvent) => {
      const r = root.getBoundingClientRect();
      const i = nearest(l, ((e.clientX - r.left) / r.width) * l.width);
      this.go(i, seriesAt(spec, l, i, ((e.clientY - r.top) / r.height) * l.height));
    };
    root.addEventListener("pointermove", move);
    root.addEventListener("pointerdown", move);
    root.addEventListener("pointerleave", (e) => e.pointerType !== "touch" && leave());
    root.addEventListener("blur", leave);
    root.addEventListener("keydown", (e) => this.press(e));
  }

  private press(e: KeyboardEvent) {
    if (e.altKey || e.ctrlKey || e.metaKey) return;
    const { lines } = this.spec;
    const to = moved(e.key, e.shiftKey, this.at, this.l.n);
    if (to !== undefined) this.go(to, this.held);
    else if ((e.key === "ArrowUp" || e.key === "ArrowDown") && lines.length > 1) {
      const k = lines.findIndex((s) => s.key === this.held);
      this.go(this.at ?? this.l.n - 1, lines[(k + (e.key === "ArrowUp" ? -1 : 1) + lines.length) % lines.length].key);
    } else if (e.key === "Escape" && this.at !== undefined) this.go(undefined, undefined);
    else return;
    e.preventDefault();
  }

  private go(at: number | undefined, held: string | undefined) {
    if (at === this.at && held === this.held) return;
    this.at = at;
    this.held = held;
    this.mark?.remove();
    for (const g of this.root.querySelectorAll("[data-key]")) g.classList.toggle("away", held !== undefined && g.getAttribute("data-key") !== held);
    clearTimeout(this.speaking);
    this.tip.hidden = at === undefined;
    if (at === undefined) {
      this.spoken.textContent = "";
      return;
    }
    this.draw(at);
    this.speaking = setTimeout(() => (this.spoken.textContent = this.words(at)), 200);
  }

  private draw(i: number) {
    const { spec, l } = this;
    this.mark = svg("g", { class: "cursor", "pointer-events": "none" }, svg("line", { x1: l.x(i), x2: l.x(i), y1: l.y0, y2: l.y1 }));
    if (spec.shape === "line" || (spec.shape === "area" && spec.lines.length === 1))
      spec.lines.forEach((s, k) => {
        if (l.tops[k][i] !== null && !isAbsent(spec, i) && (!this.held || this.held === s.key)) this.mark!.append(svg("circle", { class: `fill ring ${inkOf(s.ink)}`, cx: l.x(i), cy: l.y(l.tops[k][i]!), r: 4 }));
      });
    this.root.append(this.mark);
    const order = spec.lines.map((s) => s).reverse();
    if (spec.shape === "line") order.sort((a, b) => (b.totals[i] ?? -1) - (a.totals[i] ?? -1));
    this.tip.replaceChildren(
      html("b", {}, bucket(spec.dates[i], spec.interval)),
      isPartial(spec, i) ? html("i", {}, " incomplete") : "",
      isAbsent(spec, i)
        ? html("p", {}, "Not loaded: no number is known.")
        : html("table", {}, ...order.map((s) => html("tr", { class: s.key === this.held ? "held" : undefined }, html("th", { scope: "row" }, html("i", { class: `dot ${inkOf(s.ink)}` }), s.label), html("td", {}, this.value(s, i))))),
    );
    const own = this.tip.offsetWidth;
    const x = l.x(i);
    this.tip.style.left = `${x + 14 + own <= l.width ? x + 14 : Math.max(x - 14 - own, 0)}px`;
    const legend = this.root.previousElementSibling as HTMLElement | null;
    this.tip.style.top = `${(legend?.offsetHeight ?? 0) + l.y0}px`;
  }

  private value(s: Line, i: number): string {
    const v = s.totals[i];
    if (v == null) return "–";
    if (this.spec.shape === "share") return `${this.l.wholes[i] ? share(v / this.l.wholes[i]) : "0 %"} (${exact(v)})`;
    return this.spec.format ? this.spec.format(v) : exact(v);
  }

  private words(i: number): string {
    const { spec } = this;
    const what = isAbsent(spec, i) ? "not loaded" : spec.lines.map((s) => `${s.label} ${this.value(s, i)}`).join(", ");
    return `${bucket(spec.dates[i], spec.interval)}: ${what}${isPartial(spec, i) ? ", incomplete" : ""}`;
  }
}
