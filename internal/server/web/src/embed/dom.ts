// Elements, made without markup: nothing that a strict policy or Trusted Types
// would stop.

type Attributes = Record<string, string | number | boolean | undefined>;

function fill<E extends Element>(e: E, attributes: Attributes, children: (Node | string | undefined | false)[]): E {
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined && value !== false) e.setAttribute(name, value === true ? "" : typeof value === "number" ? String(Math.round(value * 100) / 100) : value);
  e.append(...children.filter((c): c is Node | string => Boolean(c)));
  return e;
}

export const html = <K extends keyof HTMLElementTagNameMap>(name: K, attributes: Attributes = {}, ...children: (Node | string | undefined | false)[]) => fill(document.createElement(name), attributes, children);

export const svg = <K extends keyof SVGElementTagNameMap>(name: K, attributes: Attributes = {}, ...children: (Node | string | undefined | false)[]) => fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children) as SVGElementTagNameMap[K];
