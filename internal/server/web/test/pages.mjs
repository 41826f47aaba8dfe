// The pages, and how a test opens them.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const pages = {
  home: "/",
  project: "/project/requests",
  compare: "/compare/requests,urllib3,flask",
  many: "/compare/requests,urllib3,flask,numpy,pandas,pip?transform=indexed&scale=log",
  rankings: "/rankings?last=90d&country=DE",
  portfolio: "/portfolio?requirements=requests%0Anumpy%3E%3D2%0Ano-such-thing%0A-r+other.txt",
  build: "/build?project=requests&by=python",
  badge: "/build?kind=badge&project=requests&color=ffff00",
  frame: "/build?kind=frame&project=requests,flask&shape=line&country=DE",
  component: "/build?kind=component&project=requests&by=python&last=90d",
  unknown: "/project/no-such-project-at-all",
  search: "/search?q=lear",
};

/** A page of its own context, which notes what it must not do. */
export async function open(b, g, path, options = {}) {
  const context = await b.newContext({ viewport: { width: 1360, height: 900 }, permissions: ["clipboard-read", "clipboard-write"], ...options });
  const page = await context.newPage();
  const faults = [];
  const asked = [];
  const elsewhere = [];
  page.on("console", (m) => m.type() === "error" && !/status of 404/.test(m.text()) && faults.push(m.text()));
  page.on("pageerror", (e) => faults.push(e.message));
  page.on("request", (r) => {
    const u = new URL(r.url());
    if (u.origin !== g.base && u.protocol !== "data:") elsewhere.push(r.url());
    if (u.pathname === "/graphql") asked.push(r);
  });
  await page.addInitScript(() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const e of list.getEntries()) if (!e.hadRecentInput) window.shifts.push([e.value, ...e.sources.map((s) => s.node?.id || s.node?.className || s.node?.nodeName)]);
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(g.base + path, { waitUntil: "networkidle" });
  return { page, context, faults, asked, elsewhere, close: () => context.close() };
}

export const violations = async (page, what) => {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run());
  return found.violations.map((v) => `${what}: ${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
};

/** What a locator finds, once there is some: a list read before the page has drawn it would be empty, and agree with everything. */
export async function each(found, read) {
  await found.first().waitFor({ state: "attached" });
  return found.evaluateAll(read);
}
/** Rows of a widget's table of numbers, its head first. */
export async function numbers(page, id) {
  await page.locator(`#${id} details.numbers summary`).click();
  const [head, ...rows] = await each(page.locator(`#${id} details.numbers tr`), (rows) => rows.map((r) => [...r.children].map((c) => c.textContent)));
  return { head, rows };
}
export const gone = (found) => found.first().waitFor({ state: "detached" });
export const whole = (text) => Number(text.replaceAll(",", ""));
