// Embeds in a page of another site, under a strict policy, in Chromium.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { script } from "../bundle.mjs";
import { operations } from "../operations.mjs";
import { browser, gateway } from "./gateway.mjs";
import { host } from "./host.mjs";

const here = new URL("..", import.meta.url).pathname;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const versions = JSON.parse(await readFile(`${here}embed/versions.json`, "utf8"));
const newest = versions.at(-1);

const tag = (g) => `<script src="${g}/embed.v${newest.version}.js" integrity="${newest.integrity}" crossorigin="anonymous" defer></script>`;
const inside = (g, names, query = "") => `<a href="${g}/project/${names}"><img src="${g}/chart/${names}.svg${query}" alt="Downloads of ${names}" width="800" height="400"></a>`;
const pages = {
  "/": (g) => `${tag(g)}
    <clickql-chart id="one" project="requests" last="90d">${inside(g, "requests", "?last=90d")}</clickql-chart>
    <clickql-chart id="two" project="Requests" last="90d" theme="dark"></clickql-chart>
    <clickql-chart id="share" project="requests" by="python" shape="share" last="1y" height="320"></clickql-chart>
    <clickql-chart id="log" project="requests,urllib3,flask" scale="log" last="2y" interval="month"></clickql-chart>
    <clickql-chart id="bars" project="requests" by="system" shape="bar" interval="month" last="1y" country="DE,FR" mirrors="false"></clickql-chart>
    <clickql-chart id="indexed" project="requests,flask" transform="indexed" interval="month"></clickql-chart>
    <clickql-chart id="all" by="file-type" last="6m"></clickql-chart>
    <clickql-chart id="map" project="requests" shape="map"></clickql-chart>
    <clickql-chart id="unknown" project="no-such-project-at-all" height="200"></clickql-chart>
    <clickql-chart id="wrong" project="requests" by="colour" height="200"></clickql-chart>
    <iframe id="frame" src="${g}/embed/requests?by=python" title="requests" width="100%" height="300" frameborder="0"></iframe>
    <iframe id="dark" src="${g}/embed/requests,flask?theme=dark&shape=line" title="requests and flask" width="380" height="300" frameborder="0"></iframe>
    <iframe id="fixed" src="${g}/embed/requests?shape=map" data-clickql="off" title="map" width="600" height="400" frameborder="0"></iframe>`,
  "/alone": (g) => `${tag(g)}<clickql-chart project="numpy" last="90d" height="260"></clickql-chart>`,
  "/pictured": (g) => `${tag(g)}<clickql-chart project="flask" last="90d">${inside(g, "flask")}</clickql-chart>`,
  "/far": (g) => `${tag(g)}<p id="top">top</p><svg width="10" height="6000"></svg><clickql-chart project="pandas" last="90d"></clickql-chart>`,
  "/isolated": (g) => `${tag(g)}<clickql-chart project="flask" last="30d"></clickql-chart><img id="picture" src="${g}/chart/flask.svg" alt="Downloads of flask">
    <iframe id="frame" src="${g}/embed/flask" title="flask" width="600" height="400"></iframe>`,
  "/module": (g) => `<script type="module" src="${g}/embed.js"></script><clickql-chart project="flask" last="30d"></clickql-chart>`,
  "/async": (g) => `<script async src="${g}/embed.js"></script><clickql-chart project="flask" last="30d"></clickql-chart>`,
};

let g;
let b;
let h;
before(async () => {
  g = await gateway();
  b = await browser();
  h = await host(g.base, pages);
});
after(async () => {
  await b?.close();
  await h?.stop();
  await g?.stop();
});

/** A page of the host, which notes what the policy forbids and what is said. */
async function open(path, { away = false, clock = false, ...options } = {}) {
  const context = await b.newContext({ viewport: { width: 1000, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  const asked = [];
  page.on("console", (m) => m.type() === "error" && !/favicon|ERR_FAILED/.test(m.text() + m.location().url) && faults.push(m.text()));
  page.on("pageerror", (e) => faults.push(e.message));
  page.on("request", (r) => new URL(r.url()).pathname === "/graphql" && asked.push(r));
  if (clock) await page.clock.install();
  await page.addInitScript(() => {
    window.violations = [];
    window.events = [];
    addEventListener("securitypolicyviolation", (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI}`));
    for (const name of ["clickql-load", "clickql-error"]) addEventListener(name, (e) => window.events.push([name, e.target.id, e.detail]));
  });
  if (away) await context.route(`${g.base}/**`, (route) => (/\/(graphql|chart)/.test(route.request().url()) ? route.abort() : route.continue()));
  await page.goto(h.base + path, { waitUntil: "load" });
  return { page, context, faults, asked, close: () => context.close() };
}

/** Scrolls over the whole page, and waits until each chart has told how it went. */
async function settled(page, ids) {
  for (const chart of await page.locator("clickql-chart, iframe").all()) await chart.scrollIntoViewIfNeeded();
  await page.waitForFunction((n) => new Set(window.events.map((e) => e[1])).size >= n, ids);
}

const whole = (text) => Number(text.replace(/ .*/, "").replaceAll(",", ""));

test("the newest version is what the sources make", async () => {
  assert.equal(await readFile(`${here}embed/embed.v${newest.version}.js`, "utf8"), await script(here, await operations(here)), "npm run release makes a new version");
});

for (const colorScheme of ["light", "dark"]) {
  test(`ten embeds in a page of another site, ${colorScheme}`, async () => {
    const { page, faults, close } = await open("/", { colorScheme, reducedMotion: "reduce" });
    await settled(page, 10);
    assert.deepEqual(await page.evaluate(() => window.violations), []);
    assert.deepEqual(faults, []);
    const events = await page.evaluate(() => window.events);
    assert.deepEqual(events.filter(([name]) => name === "clickql-error").map(([, id, { code }]) => [id, code]).sort(), [["unknown", "NOT_FOUND"], ["wrong", "BAD_USER_INPUT"]]);
    for (const id of ["one", "two", "share", "log", "bars", "indexed", "all"]) assert.equal(await page.locator(`#${id} svg.time`).count(), 1, id);
    assert.equal(await page.locator("#map img").evaluate((i) => i.complete && i.naturalWidth > 0), true);
    assert.match(await page.locator("#unknown .words").textContent(), /no-such-project-at-all/);
    assert.match(await page.locator("#wrong .words").textContent(), /By is "colour"/);
    // Sizes: as high as they say, and as wide as their place.
    for (const [id, px] of [["one", 400], ["share", 320], ["unknown", 200]]) assert.ok(Math.abs((await page.locator(`#${id}`).boundingBox()).height - px) <= 2, `${id} ${(await page.locator(`#${id}`).boundingBox()).height}`);
    const rooms = await page.locator("clickql-chart").evaluateAll((all) => all.map((c) => [c.id, c.scrollWidth - c.clientWidth, c.shadowRoot.querySelector("svg.time")?.getBoundingClientRect().right ?? 0, c.getBoundingClientRect().right]));
    for (const [id, over, right, edge] of rooms) assert.ok(over <= 0 && right <= edge, id);
    // Colours: the visitor's, but where the author chose.
    const paper = (id) => page.locator(`#${id} .root`).evaluate((e) => getComputedStyle(e).backgroundColor);
    assert.equal(await paper("one"), colorScheme === "dark" ? "rgb(24, 24, 24)" : "rgb(255, 255, 255)");
    assert.equal(await paper("two"), "rgb(24, 24, 24)");
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
    assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`), []);
    await close();
  });
}

test("at 390 px nothing of an embed reaches beyond its place", async () => {
  const { page, close } = await open("/", { viewport: { width: 390, height: 844 } });
  await settled(page, 10);
  for (const [id, right, over] of await page.locator("clickql-chart").evaluateAll((all) => all.map((c) => [c.id, c.getBoundingClientRect().right, c.shadowRoot.querySelector(".root").scrollWidth - c.clientWidth]))) assert.ok(right <= 390 && over <= 0, `${id} ${right} ${over}`);
  const texts = await page.locator("#one svg.time text").evaluateAll((all) => all.map((t) => [t.getBoundingClientRect().left, t.getBoundingClientRect().right]));
  for (const [left, right] of texts) assert.ok(left >= 0 && right <= 390);
  await close();
});

test("frames are as high as what they show, each for itself, and take a theme", async () => {
  const { page, close } = await open("/");
  for (const id of ["frame", "dark", "fixed"]) await page.locator(`#${id}`).scrollIntoViewIfNeeded();
  const content = (id) => page.frameLocator(`#${id}`).locator("main").evaluate((m) => Math.ceil(m.getBoundingClientRect().height));
  await page.waitForFunction(() => ["frame", "dark"].every((id) => document.getElementById(id).style.height));
  for (const id of ["frame", "dark"]) {
    await page.frameLocator(`#${id}`).locator("svg.time").waitFor();
    await page.waitForFunction((id) => document.getElementById(id).offsetHeight !== 300, id);
    assert.ok(Math.abs((await page.locator(`#${id}`).boundingBox()).height - (await content(id))) <= 1, id);
  }
  assert.equal((await page.locator("#fixed").boundingBox()).height, 400);
  assert.notEqual((await page.locator("#frame").boundingBox()).height, (await page.locator("#dark").boundingBox()).height);
  // A table that is opened makes the frame higher.
  const before = (await page.locator("#frame").boundingBox()).height;
  await page.frameLocator("#frame").locator("summary").click();
  await page.waitForFunction((px) => document.getElementById("frame").offsetHeight > px + 100, before);
  const paper = (id) => page.frameLocator(`#${id}`).locator("clickql-chart .root").evaluate((e) => getComputedStyle(e).backgroundColor);
  assert.deepEqual([await paper("frame"), await paper("dark")], ["rgb(255, 255, 255)", "rgb(24, 24, 24)"]);
  await page.evaluate((origin) => document.getElementById("frame").contentWindow.postMessage({ clickql: 1, type: "theme", theme: "dark" }, origin), g.base);
  await page.frameLocator("#frame").locator("html[data-theme=dark]").waitFor({ state: "attached" });
  assert.equal(await paper("frame"), "rgb(24, 24, 24)");
  // Messages of others change nothing.
  await page.evaluate(() => postMessage({ clickql: 1, type: "height", id: "clickql-0", px: 1 }, "*"));
  await page.evaluate(() => new Promise((done) => setTimeout(done, 0)));
  assert.ok((await page.locator("#frame").boundingBox()).height > 100);
  await close();
});

test("two that ask the same ask once, and an answer is asked by its hash", async () => {
  const { page, asked, close } = await open("/");
  await settled(page, 10);
  const own = asked.filter((r) => r.frame() === page.mainFrame()).map((r) => new URL(r.url()).searchParams);
  const same = own.filter((q) => JSON.parse(q.get("variables")).range?.last === 90 && !q.has("query"));
  assert.equal(same.length, 1);
  assert.ok(own.filter((q) => q.has("query")).length <= own.length / 2, "once learned, the text is not sent");
  assert.ok(asked.every((r) => r.method() === "GET"));
  await page.evaluate(() => document.getElementById("one").refresh());
  assert.equal(asked.filter((r) => r.frame() === page.mainFrame()).length, own.length + 1);
  await close();
});

test("what is far away is not asked for until it comes near", async () => {
  const { page, asked, close } = await open("/far");
  await page.waitForFunction(() => customElements.get("clickql-chart"));
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.equal(asked.length, 0);
  await page.evaluate(() => scrollTo(0, document.querySelector("clickql-chart").offsetTop - innerHeight - 150)); // 150 px below what is seen
  await settled(page, 1).catch(() => {});
  await page.locator("clickql-chart svg.time").waitFor();
  assert.ok(asked.length > 0);
  await close();
});

test("the table has what the raw table holds, and so has the cursor", async () => {
  const { page, close } = await open("/");
  await settled(page, 10);
  const table = async (id) => {
    await page.locator(`#${id} summary`).click();
    await page.locator(`#${id} tbody tr`).first().waitFor();
    return page.locator(`#${id} tbody tr`).evaluateAll((rows) => rows.map((r) => [...r.children].map((c) => c.textContent)));
  };
  const recent = "project = 'requests' AND date > (SELECT max(date) FROM pypi) - 90";
  const one = await table("one");
  assert.equal(one.length, 90);
  assert.equal(one.reduce((sum, [, n]) => sum + whole(n), 0), await g.sql(`SELECT count() FROM pypi WHERE ${recent}`));
  const bars = await table("bars");
  const sum = bars.reduce((sum, row) => sum + row.slice(1).reduce((n, text) => n + whole(text), 0), 0);
  assert.equal(sum, await g.sql("SELECT count() FROM pypi WHERE project = 'requests' AND country_code IN ('DE', 'FR') AND installer NOT IN ('Artifactory', 'bandersnatch', 'devpi', 'Nexus', 'pep381client', 'z3c.pypimirror') AND date > addYears((SELECT max(date) FROM pypi), -1)"));
  const map = await table("map");
  assert.equal(map.reduce((sum, [, n]) => sum + whole(n), 0), await g.sql("SELECT count() FROM pypi WHERE project = 'requests' AND date > addMonths((SELECT max(date) FROM pypi), -12)"));
  const chart = page.locator("#one svg.time");
  await chart.focus();
  await page.keyboard.press("Home");
  assert.equal(await page.locator("#one .tip td").textContent(), one[0][1]);
  await page.keyboard.press("Shift+ArrowRight");
  assert.equal(await page.locator("#one .tip td").textContent(), one[10][1]);
  await page.locator("#one [aria-live]", { hasText: one[10][1] }).waitFor({ state: "attached" });
  const byKeys = await page.locator("#one .tip").textContent();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#one .tip").isVisible(), false);
  const box = await chart.boundingBox();
  const base = await chart.evaluate((svg) => (({ x, width }) => ({ x, width }))(svg.querySelector(".base").getBBox()));
  await page.mouse.move(box.x + base.x + (base.width * 10) / 89, box.y + 60);
  assert.equal(await page.locator("#one .tip").textContent(), byKeys);
  const lines = page.locator("#log svg.time");
  await lines.focus();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator("#log .tip .held").count(), 1);
  await close();
});

test("a gateway that is away: a calm word, then the chart as soon as it is back", async () => {
  const { page, context, faults, close } = await open("/alone", { away: true, clock: true });
  await page.locator("clickql-chart .words", { hasText: "Chart not available now" }).waitFor();
  assert.equal(await page.locator("clickql-chart .words a").getAttribute("href"), `${g.base}/project/numpy?last=90d`);
  assert.ok(Math.abs((await page.locator("clickql-chart").boundingBox()).height - 260) <= 2);
  const asks = () => page.evaluate(() => window.events.length);
  for (const [seconds, n] of [[29, 1], [2, 2], [118, 2], [3, 3], [598, 3], [3, 4]]) {
    await page.clock.runFor(seconds * 1000);
    await page.waitForFunction((n) => window.events.length >= n, n);
    assert.equal(await asks(), n, `after ${seconds} s`);
  }
  await context.unrouteAll();
  await page.clock.runFor(601_000);
  await page.locator("clickql-chart svg.time").waitFor();
  assert.equal(await page.locator("clickql-chart .words").isVisible(), false);
  // Away again: what was drawn stays, and tells of when it is.
  await context.route(`${g.base}/graphql**`, (route) => route.abort());
  await context.clearCookies();
  await page.evaluate(() => document.querySelector("clickql-chart").refresh());
  await page.locator("clickql-chart .note", { hasText: "as of" }).waitFor();
  assert.equal(await page.locator("clickql-chart svg.time").count(), 1);
  assert.deepEqual(faults, []);
  await close();
});

test("a picture of the author's stands in for a chart that cannot be asked for", async () => {
  const { page, context, close } = await open("/pictured", { away: true });
  await page.waitForFunction(() => window.events.length > 0);
  await page.locator("clickql-chart .words", { hasText: "Chart not available now" }).waitFor(); // the picture is away as well
  await context.unrouteAll();
  await close();
  const other = await b.newContext();
  await other.route(`${g.base}/graphql**`, (route) => route.abort());
  const there = await other.newPage();
  await there.goto(`${h.base}/pictured`, { waitUntil: "load" });
  assert.equal(await there.locator("clickql-chart img").isVisible(), true);
  assert.equal(await there.locator("clickql-chart .words").isVisible(), false);
  await other.close();
});

test("a picture that turns out to be away after the chart gives its place to a calm word", async () => {
  const context = await b.newContext();
  let lose;
  const lost = new Promise((done) => (lose = done));
  await context.route(`${g.base}/graphql**`, (route) => route.abort());
  await context.route(`${g.base}/chart/**`, async (route) => (await lost, route.abort()));
  const page = await context.newPage();
  await page.addInitScript(() => addEventListener("clickql-error", () => (window.failed = true)));
  await page.goto(`${h.base}/pictured`, { waitUntil: "commit" });
  await page.waitForFunction(() => window.failed);
  assert.equal(await page.locator("clickql-chart .words").isVisible(), false);
  lose();
  await page.locator("clickql-chart .words", { hasText: "Chart not available now" }).waitFor();
  await context.close();
});

test("a page that is isolated may have all of it", async () => {
  const isolated = await host(g.base, pages, { "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin" });
  const page = await b.newPage();
  await page.goto(`${isolated.base}/isolated`, { waitUntil: "load" });
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  await page.locator("clickql-chart svg.time").waitFor();
  await page.locator("#frame").scrollIntoViewIfNeeded();
  await page.frameLocator("#frame").locator("svg.time").waitFor();
  assert.equal(await page.locator("#picture").evaluate((i) => i.decode().then(() => i.naturalWidth)), 800);
  await page.close();
  await isolated.stop();
});

test("without a script there are the link and the picture", async () => {
  const { page, close } = await open("/", { javaScriptEnabled: false });
  const image = page.locator("#one img");
  assert.equal(await image.isVisible(), true);
  assert.ok((await image.boundingBox()).width > 300);
  await page.frameLocator("#frame").locator(".pictures svg").first().waitFor({ state: "attached" });
  assert.equal(await page.frameLocator("#frame").locator(".pictures svg:visible").count(), 1);
  assert.ok((await page.frameLocator("#frame").locator("tbody tr").count()) > 40);
  await close();
});

test("the script finds its gateway, however it is loaded", async () => {
  for (const path of ["/module", "/async"]) {
    const { page, faults, close } = await open(path);
    await page.locator("clickql-chart svg.time").waitFor();
    assert.deepEqual(faults, []);
    await close();
  }
  const { page, close } = await open("/alone");
  assert.equal(await page.evaluate(async (src) => ((await import(src)), customElements.get("clickql-chart") !== undefined), `${g.base}/embed.js`), true);
  await close();
});
