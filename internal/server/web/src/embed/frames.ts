// The side of the page around iframes of /embed: has each be as high as its
// content. Frames whose height is taken care of otherwise say data-clickql="off".

interface Height {
  clickql: 1;
  type: string;
  id?: unknown;
  px?: unknown;
}

const least = 80;
const most = 2000;

/** Whether a frame shows an embed: of any gateway, since pages may have several. */
const isEmbed = (f: HTMLIFrameElement) => f.dataset.clickql !== "off" && /^https?:\/\/[^/]+\/(?:.*\/)?embed(?:[/?#]|$)/.test(f.src);
const originOf = (f: HTMLIFrameElement) => new URL(f.src).origin;
const ids = new WeakMap<HTMLIFrameElement, string>();
let next = 0;

function greet(f: HTMLIFrameElement) {
  if (!isEmbed(f) || !f.contentWindow) return;
  if (!ids.has(f)) ids.set(f, `clickql-${next++}`);
  f.contentWindow.postMessage({ clickql: 1, type: "hello", id: ids.get(f) }, "*"); // which may not be there yet, and learns nothing
}

/** Listens to all frames of the page, also of those to come: a frame that is ready says so. */
export function watchFrames() {
  addEventListener("message", (e) => {
    const said = e.data as Height | null;
    if (said?.clickql !== 1 || (said.type !== "height" && said.type !== "ready")) return;
    const frame = [...document.querySelectorAll("iframe")].find((f) => f.contentWindow === e.source);
    if (!frame || !isEmbed(frame) || e.origin !== originOf(frame)) return;
    if (said.type === "ready") return greet(frame);
    if (said.id !== ids.get(frame) || typeof said.px !== "number" || !Number.isFinite(said.px)) return;
    frame.style.height = `${Math.min(Math.max(Math.round(said.px), least), most)}px`;
  });
  for (const frame of document.querySelectorAll("iframe")) greet(frame);
}
