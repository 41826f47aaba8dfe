// The script of an embed's page: speaks with the page around it, which may have
// the frame be as high as its content, and may choose its theme.
import "./frame.css";

interface Message {
  clickql: 1;
  type: string;
  id?: unknown;
  theme?: unknown;
}

const html = document.documentElement;
let host: { origin: string; id: unknown } | undefined;
let told = 0;

addEventListener("message", (e) => {
  const said = e.data as Message | null;
  if (e.source !== window.parent || window.parent === window || said?.clickql !== 1) return;
  if (said.type === "hello") {
    host = { origin: e.origin === "null" ? "*" : e.origin, id: said.id };
    told = 0;
    html.classList.add("sized");
    tell();
  } else if (said.type === "theme") {
    paint(said.theme);
  }
});

/** Tells the content's height, where it has changed. */
function tell() {
  const px = Math.ceil(document.querySelector("main")!.getBoundingClientRect().height);
  if (!host || px === told) return;
  told = px;
  window.parent.postMessage({ clickql: 1, type: "height", id: host.id, px }, host.origin);
}

/** Has the page be light or dark; anything else follows the visitor. */
function paint(theme: unknown) {
  const chosen = theme === "light" || theme === "dark" ? theme : undefined;
  if (chosen) html.dataset.theme = chosen;
  else delete html.dataset.theme;
  document.querySelector<HTMLMetaElement>('meta[name="color-scheme"]')!.content = chosen ?? "light dark";
}

new ResizeObserver(tell).observe(document.querySelector("main")!);
if (window.parent !== window) window.parent.postMessage({ clickql: 1, type: "ready" }, "*");
