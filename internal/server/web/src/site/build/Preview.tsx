// What the builder makes, as it would be seen, and what to paste.
import { createElement, useEffect, useId, useRef, useState } from "react";
import { attributesOf, badgePath, captionOf, chartPath, type Form, framePath, snippetsOf, type Version } from "./form";

export function Preview({ form }: { form: Form }) {
  const newest = useNewest();
  const shown = { badge: BadgePreview, frame: FramePreview, component: ComponentPreview, chart: ChartPreview }[form.kind] ?? ChartPreview;
  return (
    <>
      <section className="widget" aria-labelledby="preview-title">
        <h2 id="preview-title">Preview</h2>
        {createElement(shown, { form })}
      </section>
      <Snippets snippets={snippetsOf(form, location.origin, newest)} />
    </>
  );
}

/** The newest version of the component's script. */
function useNewest(): Version | undefined {
  const [newest, setNewest] = useState<Version>();
  useEffect(() => {
    let gone = false;
    fetch("/embed.json")
      .then((r) => r.json() as Promise<{ versions: Version[] }>)
      .then(
        ({ versions }) => gone || setNewest(versions.at(-1)),
        () => {}, // the address without a version is there as well
      );
    return () => {
      gone = true;
    };
  }, []);
  return newest;
}

function BadgePreview({ form }: { form: Form }) {
  return (
    <div className="badges">
      <span className="on-light">
        <img src={badgePath(form)} alt={captionOf(form)} />
      </span>
      <span className="on-dark">
        <img src={badgePath(form)} alt="" />
      </span>
    </div>
  );
}

function ChartPreview({ form }: { form: Form }) {
  const spark = form.shape === "sparkline";
  return (
    <>
      {["light", "dark"].map((theme) => (
        <div key={theme} className={`previews on-${theme}`}>
          {(spark ? [160] : [800, 480, 240]).map((width, i) => {
            const height = spark ? 40 : Math.max(Math.round((width * (Number(form.height) || 400)) / (Number(form.width) || 800)), 120);
            return <img key={width} src={chartPath(form, { theme, width: String(width), height: String(height) })} alt={i === 0 && theme === "light" ? captionOf(form) : ""} width={width} height={height} loading="lazy" />;
          })}
        </div>
      ))}
    </>
  );
}

function FramePreview({ form }: { form: Form }) {
  return (
    <>
      {["light", "dark"].map((theme) => (
        <div key={theme} className={`live on-${theme}`}>
          <iframe key={framePath(form, { theme })} src={framePath(form, { theme })} title={`${captionOf(form)}, ${theme}`} width="100%" height={Number(form.height) + 40 || 440} frameBorder="0" data-clickql="off" />
        </div>
      ))}
    </>
  );
}

function ComponentPreview({ form }: { form: Form }) {
  useEmbedScript();
  return (
    <>
      {["light", "dark"].map((theme) => (
        <div key={theme} className={`live on-${theme}`} style={{ minHeight: (Number(form.height) || 400) + 28 }}>
          <Live attributes={[...attributesOf(form).filter(([name]) => name !== "theme"), ["theme", theme]]} />
        </div>
      ))}
    </>
  );
}

/** The component itself. An attribute that is no more is taken away, so that it need not be made anew. */
function Live({ attributes }: { attributes: [string, string][] }) {
  const chart = useRef<HTMLElement>(null);
  useEffect(() => {
    const wanted = new Map(attributes);
    for (const name of chart.current!.getAttributeNames()) if (!wanted.has(name) && name !== "aria-busy") chart.current!.removeAttribute(name);
    for (const [name, value] of wanted) if (chart.current!.getAttribute(name) !== value) chart.current!.setAttribute(name, value);
  });
  return createElement("clickql-chart", { ref: chart });
}

/** Loads the script as other people's pages do. */
function useEmbedScript() {
  useEffect(() => {
    if (document.querySelector('script[src="/embed.js"]')) return;
    const script = document.createElement("script");
    script.src = "/embed.js";
    document.head.append(script);
  }, []);
}

function Snippets({ snippets }: { snippets: [string, string][] }) {
  const id = useId();
  const [copied, setCopied] = useState("");
  return (
    <section className="widget" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Paste it</h2>
      {snippets.map(([name, text]) => (
        <div key={name} className="snippet">
          <header>
            <h3>{name}</h3>
            <button
              type="button"
              aria-label={`Copy ${name}`}
              onClick={async () => {
                await navigator.clipboard.writeText(text);
                setCopied(text);
              }}
            >
              {copied === text ? "Copied" : "Copy"}
            </button>
          </header>
          <pre tabIndex={0}>{text}</pre>
        </div>
      ))}
    </section>
  );
}
