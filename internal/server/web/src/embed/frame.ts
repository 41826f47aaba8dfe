// The script of an embed's page: draws the chart anew, and speaks with the page
// around it, which may have the frame be as high as its content, and may choose its
// theme.
import "./frame.css";
import { ClickqlChart } from "./component";

interface Message {
  clickql: 1;
  type: string;
  id?: unknown;
  theme?: unknown;
}

const html = document.documentElement;
const main = document.querySelector("main")!;
const chart = document.querySelector("clickql-chart");
const fixed = chart?.hasAttribute("height");
let host: { origin: string; id: unknown } | undefined;
let told = 0;

addEventListener("message", (e) => {
  const said = e.data as Message | null;
  if (e.source !== window.parent || window.parent === window || said?.clickql !== 1) return;
  if (said.type === "hello") {
    host = { origin: e.origin === "null" ? "*" : e.origin, id: said.id };
    told = 0;
    html.classList.add("sized");
    fit();
    tell();
  } else if (said.type === "theme") {
    paint(said.theme);
  }
});

/** Tells the content's height, where it has changed. */
function tell() {
  const px = Math.ceil(document.body.getBoundingClientRect().height); // with what the gateway may say below
  if (!host || px === told) return;
  told = px;
  window.parent.postMessage({ clickql: 1, type: "height", id: host.id, px }, host.origin);
}

/** The drawings' widths and heights, and the width from which each is shown: as internal/embeds/size.go has them. */
const layouts = [[340, 280, 0], [520, 320, 430], [760, 380, 640], [1080, 440, 920]];

/** The chart's height: that of the drawing in its place, or the rest of a frame whose height is given. */
function fit() {
  if (!chart) return;
  const [width, height] = layouts.findLast(([, , from]) => innerWidth >= from)!;
  const px = host ? Math.round((height * innerWidth) / width) : innerHeight - (main.querySelector("footer")?.offsetHeight ?? 0);
  if (!fixed || !host) chart.setAttribute("height", String(Math.max(px, 120)));
}

/** Has the page be light or dark; anything else follows the visitor. */
function paint(theme: unknown) {
  const chosen = theme === "light" || theme === "dark" ? theme : undefined;
  if (chosen) html.dataset.theme = chosen;
  else delete html.dataset.theme;
  chart?.setAttribute("theme", chosen ?? "auto");
  document.querySelector<HTMLMetaElement>('meta[name="color-scheme"]')!.content = chosen ?? "light dark";
}

paint(html.dataset.theme);
const key = new URLSearchParams(location.search).get("key");
if (key) chart?.setAttribute("api-key", key);
fit();
addEventListener("resize", fit);
customElements.define("clickql-chart", ClickqlChart);
new ResizeObserver(tell).observe(document.body);
if (window.parent !== window) window.parent.postMessage({ clickql: 1, type: "ready" }, "*");
