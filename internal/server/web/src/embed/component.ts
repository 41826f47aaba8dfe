// <clickql-chart project="numpy,pandas" by="python" last="1y">: a chart of PyPI
// downloads in anybody's page. What the author put inside, a link with a picture, is
// shown until the chart is drawn, and again while it cannot be.
import chart from "../site/chart/chart.css?text";
import palette from "../site/chart/palette.css?text";
import { count, day } from "../site/format";
import { writeState } from "../site/state";
import { type Answer, ask, Away } from "./ask";
import own from "./component.css?text";
import { html } from "./dom";
import { draw } from "./draw";
import { type Model, modelOf } from "./model";
import { asked, attributes, type Options, optionsOf } from "./options";

/** The address that this script came from: of a script element, a module or an import. */
const home = new URL((document.currentScript as HTMLScriptElement | null)?.src || /https?:\/\/[^\s()]+?\/(?=(embed|assets\/frame)[^\s()/]*\.js)/.exec(new Error().stack ?? "")?.[0] || location.href).origin;

/** Colours by role, each of which a page may set: --clickql-accent for --accent. */
const themed = palette.replace(/--(\w+):\s*(#\w+)/g, "--$1:var(--clickql-$1,$2)");

let sheet: CSSStyleSheet | undefined;
/** The style sheet of all charts. It is adopted, which no policy forbids, and not an element. */
function styles(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(themed + chart + own);
  }
  return sheet;
}

/** Seconds until a gateway that was away is asked again; the last one stays. */
const waits = [30, 120, 600];
const defaultHeight = 400;
const footPadding = 12; // above and below, as the sheet has it
/** How high an element is with its margins; nothing while it is hidden. */
const outer = (e: HTMLElement) => (e.hidden ? 0 : e.offsetHeight + Number.parseFloat(getComputedStyle(e).marginTop) + Number.parseFloat(getComputedStyle(e).marginBottom));
const unavailable = "Chart not available now.";
const transient = new Set(["UNAVAILABLE", "OVERLOADED", "TIMEOUT", "RATE_LIMITED"]);

export class ClickqlChart extends HTMLElement {
  static observedAttributes = attributes;

  #root = html("div", { class: "root waiting", part: "root" });
  #head = html("div", { part: "head" });
  #picture = html("div", { class: "picture", part: "picture" }, html("slot"));
  #chart = html("div", { class: "chart", part: "plot", hidden: true });
  #words = html("p", { class: "words", part: "message", hidden: true });
  #note = html("p", { class: "note", part: "note", role: "status", hidden: true });
  #foot = html("div", { class: "foot", part: "foot", hidden: true });
  #near?: IntersectionObserver;
  #size?: ResizeObserver;
  #timer?: ReturnType<typeof setTimeout>;
  #failures = 0;
  #turn = 0;
  #seen = false;
  #shown?: { model: Model; answer: Answer; options: Options };
  #width = 0;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [styles()];
    this.#root.append(this.#head, this.#picture, this.#chart, this.#words, this.#note, this.#foot);
    shadow.append(this.#root);
  }

  connectedCallback() {
    this.#reserve();
    this.#size = new ResizeObserver(() => this.#paint());
    this.#size.observe(this);
    this.#near = new IntersectionObserver(
      (entries) => {
        if (!entries.some((e) => e.isIntersecting)) return;
        this.#near?.disconnect();
        this.#seen = true;
        void this.#load();
      },
      { rootMargin: "200px" },
    );
    this.#near.observe(this);
    this.addEventListener("error", this.#lost, true); // of the pictures inside, which does not bubble
    addEventListener("online", this.#back);
    document.addEventListener("visibilitychange", this.#back);
  }

  disconnectedCallback() {
    this.#near?.disconnect();
    this.#size?.disconnect();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#turn++;
    this.#seen = false;
    this.removeEventListener("error", this.#lost, true);
    removeEventListener("online", this.#back);
    document.removeEventListener("visibilitychange", this.#back);
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null) {
    if (before === after || !this.isConnected) return;
    if (name === "height") this.#reserve();
    if (!this.#seen) return;
    if (asked.includes(name)) void this.#load();
    else this.#paint(true);
  }

  /** Asks again, whatever was asked before. */
  refresh(): Promise<void> {
    this.#failures = 0;
    this.#seen = true;
    return this.#load(true);
  }

  /** The gateway's address. */
  get #base(): string {
    const src = this.getAttribute("src");
    try {
      return src ? new URL(src, document.baseURI).href.replace(/\/+$/, "") : home;
    } catch {
      return home;
    }
  }

  get #height(): number {
    const px = Number(this.getAttribute("height") ?? defaultHeight);
    return Number.isFinite(px) ? Math.min(Math.max(px, 120), 1200) : defaultHeight;
  }

  #reserve() {
    this.#root.style.minHeight = `${this.#height}px`;
  }

  async #load(fresh = false): Promise<void> {
    const turn = ++this.#turn;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const options = optionsOf((name) => this.getAttribute(name));
    if (options.problem) return this.#fail("BAD_USER_INPUT", options.problem);
    this.setAttribute("aria-busy", "true");
    try {
      const answer = await ask(this.#base, this.getAttribute("api-key"), options.variables, fresh);
      if (turn !== this.#turn) return;
      const error = answer.errors?.[0];
      const code = error?.extensions?.code ?? "INTERNAL";
      if (error && transient.has(code)) throw new Away(error.message);
      if (error || !answer.data) return this.#fail(code, error?.message ?? "the gateway did not answer");
      this.#show(answer, options);
    } catch (e) {
      if (turn !== this.#turn) return;
      if (!(e instanceof Away)) {
        this.#fail("INTERNAL", "the chart could not be drawn");
        throw e;
      }
      this.#away(e);
    } finally {
      if (turn === this.#turn) this.removeAttribute("aria-busy");
    }
  }

  #show(answer: Answer, options: Options) {
    const model = modelOf(answer, options, this.getAttribute("heading"));
    if (options.names.length > 0 && model.unknown.length === options.names.length) return this.#fail("NOT_FOUND", `no project named ${options.names.join(", ")} has downloads in the data`);
    this.#failures = 0;
    this.#shown = { model, answer, options };
    const asOf = answer.extensions?.stale?.asOf ?? answer.data!.dataset?.updatedAt ?? null;
    const old = answer.remembered || answer.extensions?.stale !== undefined;
    this.#tell(old && asOf ? `as of ${day(asOf)}` : model.notes.join("; ")); // it takes room from the chart
    this.#paint(true);
    if (answer.remembered) this.#again(0);
    this.dispatchEvent(new CustomEvent("clickql-load", { bubbles: true, composed: true, detail: { asOf, stale: old } }));
  }

  /** Draws what was answered, where the width or more has changed. */
  #paint(always = false) {
    const shown = this.#shown;
    const width = this.#root.clientWidth;
    if (!shown || width === 0 || (!always && width === this.#width)) return;
    this.#width = width;
    const { model, options } = shown;
    this.#root.className = `root${model.spec ? "" : " pictured"}`;
    this.#head.replaceChildren(...(model.spec ? this.#heading(shown) : []));
    if (!this.hasAttribute("plain")) this.#foot.replaceChildren(this.#table(model), html("a", { href: this.#page(options), target: "_blank", rel: "noopener", part: "link" }, "More on ClickQL"));
    this.#foot.hidden = this.hasAttribute("plain");
    this.#picture.hidden = model.spec !== undefined || !this.#usable;
    this.#words.hidden = !(model.spec && model.empty);
    this.#words.textContent = model.hints.join("; ") || "No downloads in this range.";
    this.#chart.hidden = false;
    if (!model.spec) this.#chart.replaceChildren(...(this.#picture.hidden ? [this.#image(options, model)] : []));
    else if (model.empty) this.#chart.hidden = true;
    else {
      const style = getComputedStyle(this.#root);
      const inner = width - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight);
      const rest = this.#head.offsetHeight + outer(this.#note) + (this.#foot.hidden ? 0 : this.#foot.querySelector("a")!.offsetHeight + footPadding); // closed
      const room = this.#height - rest - Number.parseFloat(style.paddingTop) - Number.parseFloat(style.paddingBottom) - 2;
      draw(this.#chart, model.spec, inner, Math.max(room, 100));
    }
  }

  #heading({ model, answer, options }: { model: Model; answer: Answer; options: Options }): Node[] {
    const total = answer.data?.downloads?.total;
    const figure = !options.indexed && total != null ? count(total) : "";
    return [
      html("div", { class: "head" }, html("div", { class: "title", part: "title" }, model.title), figure && html("div", { class: "figure", part: "figure" }, figure, html("small", {}, " downloads"))),
      html("p", { class: "subtitle", part: "subtitle" }, model.subtitle.join(" · ")),
    ];
  }

  #table({ table, title }: Model): HTMLElement {
    const details = html("details", { part: "table" }, html("summary", {}, "Table"));
    details.addEventListener("toggle", () => {
      if (!details.open || details.childElementCount > 1) return;
      const row = (cells: string[]) => html("tr", {}, ...cells.map((c, i) => (i === 0 ? html("th", { scope: "row" }, c) : html("td", {}, c))));
      const head = html("tr", {}, ...table.head.map((c) => html("th", { scope: "col" }, c)));
      details.append(html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${title}, table` }, html("table", {}, html("thead", {}, head), html("tbody", {}, ...table.rows.map(row)))));
    });
    return details;
  }

  /** The chart as the gateway draws it, for shapes that are not drawn here. */
  #image(o: Options, { title, subtitle }: Model): HTMLElement {
    return html("img", { src: this.#address(o, "chart", ".svg"), alt: `${title}: ${subtitle.join(", ")}`, width: 800, height: this.#height, loading: "lazy" });
  }

  #query(o: Options): string {
    const rest: Record<string, string> = {};
    for (const name of ["by", "first", "others", "shape", "scale", "transform", "theme", "height"]) {
      const value = this.getAttribute(name);
      if (value) rest[name] = value;
    }
    return writeState(o.state, rest);
  }

  #address(o: Options, kind: string, ending: string): string {
    return `${this.#base}/${kind}${o.names.length > 0 ? `/${o.names.map(encodeURIComponent).join(",")}` : ""}${ending}${this.#query(o)}`;
  }

  /** The site's page about the same. */
  #page(o: Options): string {
    const n = o.names.length;
    const path = n === 0 ? (o.variables.ranked ? "/rankings" : "/") : n === 1 ? `/project/${encodeURIComponent(o.names[0])}` : `/compare/${o.names.map(encodeURIComponent).join(",")}`;
    const compared = n > 1 ? { ...(o.indexed && { transform: "indexed" }), ...(o.log && { scale: "log" }) } : {};
    return this.#base + path + writeState(o.state, compared as Record<string, string>);
  }

  /** What the author put inside can be shown: a picture that did not load cannot. */
  get #usable(): boolean {
    const images = [...this.querySelectorAll("img")];
    return this.childElementCount > 0 && !images.some((i) => i.complete && i.naturalWidth === 0 && i.getAttribute("src"));
  }

  /** The gateway is away: the last picture stays, else the author's, else a few words. */
  #away(e: Away) {
    if (this.#shown) {
      this.#tell(`as of ${day(this.#shown.answer.data!.dataset?.updatedAt ?? new Date().toISOString())}; the gateway cannot be reached`);
      this.#paint(true);
    } else if (this.#usable) this.#tell("");
    else this.#say(unavailable);
    this.#again(e.after);
    this.#report("UNAVAILABLE", e.message);
  }

  /** The chart cannot be: asking again would not help. */
  #fail(code: string, message: string) {
    this.#shown = undefined;
    this.removeAttribute("aria-busy");
    this.#say(`${message[0].toUpperCase()}${message.slice(1)}.`.replace(/\.\.$/, "."));
    this.#report(code, message);
  }

  /** A few words in the chart's place, with the way to the site. */
  #say(text: string) {
    this.#root.className = "root";
    this.#head.replaceChildren();
    this.#foot.hidden = this.#chart.hidden = this.#picture.hidden = this.#note.hidden = true;
    const options = optionsOf((name) => this.getAttribute(name));
    this.#words.replaceChildren(html("span", {}, text), html("a", { href: this.#page(options), target: "_blank", rel: "noopener", part: "link" }, "See it on ClickQL"));
    this.#words.hidden = false;
  }

  #tell(note: string) {
    this.#note.textContent = note;
    this.#note.hidden = note === "";
  }

  #report(code: string, message: string) {
    this.dispatchEvent(new CustomEvent("clickql-error", { bubbles: true, composed: true, detail: { code, message } }));
  }

  #again(least: number) {
    const wait = Math.max(waits[Math.min(this.#failures, waits.length - 1)], least);
    this.#failures++;
    this.#timer = setTimeout(() => void this.#load(true), wait * 1000);
  }

  /** The author's picture, which stands in for a chart, is away as well. */
  #lost = () => {
    if (this.#timer !== undefined && !this.#shown && !this.#usable) this.#say(unavailable);
  };

  /** The network is back, or the page is looked at again: a gateway that was away is asked at once. */
  #back = () => {
    if (this.#timer === undefined || document.visibilityState !== "visible") return;
    void this.#load(true);
  };
}
