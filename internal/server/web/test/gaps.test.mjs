// Days that are not loaded, and intervals that are not complete: on a gateway whose
// data lacks some days.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browser, clickql, gateway } from "./gateway.mjs";
import { host } from "./host.mjs";
import { numbers, open as pageAt, violations } from "./pages.mjs";

let g;
let b;
let h;
let data;
let lost;
before(async () => {
  data = await mkdtemp(join(tmpdir(), "clickql-gaps-"));
  const out = join(data, "exports");
  clickql("sample", "--data", data, "--out", out, "--rows", "30000", "--days", "90", "--projects", "30", "--until", "2026-11-25");
  const files = (await readdir(join(out, "file_downloads"))).sort();
  const day = (name) => /^(\d+)-/.exec(name) && new Date(Number(/^(\d+)-/.exec(name)[1]) * 1000).toISOString().slice(0, 10);
  lost = ["2026-11-04", "2026-11-16", "2026-11-17"]; // a Wednesday, a Monday and the day after
  const kept = files.filter((name) => !lost.includes(day(name)));
  assert.equal(kept.length, files.length - lost.length);
  clickql("schema", "apply", "--data", data);
  clickql("ingest", "run", "--data", data, ...kept.map((name) => join(out, "file_downloads", name)));
  process.env.CLICKQL_DATA = data;
  g = await gateway();
  b = await browser();
  h = await host(g.base, { "/": (g) => `<script src="${g}/embed.js" defer></script><clickql-chart id="days" project="requests" last="30d"></clickql-chart><clickql-chart id="bars" project="requests" last="5w" interval="week" shape="bar"></clickql-chart>` });
});
after(async () => {
  await b?.close();
  await h?.stop();
  await g?.stop();
  await rm(data, { recursive: true, force: true });
});

const told = (day) => new Date(`${day}T00:00:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

for (const colorScheme of ["light", "dark"])
  test(`days that are not loaded are gaps, and never zeros, ${colorScheme}`, async () => {
    const { page, close } = await pageAt(b, g, "/project/requests?last=30d", { colorScheme });
    assert.equal(await page.locator("#series .gaps rect").count(), 2, "two holes");
    await page.locator("#series .lost summary", { hasText: "3 days are not loaded" }).click();
    assert.equal(await page.locator("#series .lost p").textContent(), lost.join(", "));
    const { rows } = await numbers(page, "series");
    assert.equal(rows.length, 30);
    for (const day of lost) assert.deepEqual(rows.find(([at]) => at.startsWith(told(day))), [`${told(day)} (not loaded)`, "–"]);
    assert.equal(rows.reduce((sum, [, n]) => sum + (n === "–" ? 0 : Number(n.replaceAll(",", ""))), 0), await g.sql("SELECT count() FROM pypi WHERE project = 'requests' AND date > toDate('2026-11-25') - 30"));
    await page.locator("#series svg.time").focus();
    await page.keyboard.press("Home");
    for (let i = 0; i < rows.findIndex(([at]) => at.startsWith(told(lost[0]))); i++) await page.keyboard.press("ArrowRight");
    assert.match(await page.locator("#series .tip").textContent(), /Not loaded: no number is known/);
    assert.deepEqual(await violations(page, "gaps"), []);
    await close();
  });

test("an interval that lacks days is drawn as not complete, and a change over it is none", async () => {
  const { page, close } = await pageAt(b, g, "/project/requests?last=5w&interval=week");
  const { rows } = await numbers(page, "series");
  assert.deepEqual(rows.filter(([at]) => at.includes("incomplete")).map(([at]) => at.replace(" (incomplete)", "")).slice(-3), ["week of 2 Nov 2026", "week of 16 Nov 2026", "week of 23 Nov 2026"]);
  assert.equal(await page.locator("#series rect.hollow").count(), rows.filter(([at]) => at.includes("incomplete")).length);
  assert.equal(await page.locator(".figure", { hasText: "Last 30 days" }).locator(".change").count(), 0);
  await close();
});

test("without a script the same is said", async () => {
  const { page, close } = await pageAt(b, g, "/project/requests?last=30d", { javaScriptEnabled: false });
  await page.locator("#series h2", { hasText: "3 days are not loaded" }).waitFor();
  assert.equal(await page.locator("#series tbody tr", { hasText: "not loaded" }).count(), 3);
  assert.equal(await page.locator("#series tbody tr", { hasText: "not loaded" }).locator("td", { hasText: "0" }).filter({ hasNotText: "not" }).count(), 0);
  await close();
});

test("an embed says it, too", async () => {
  const page = await b.newPage();
  await page.goto(h.base, { waitUntil: "load" });
  await page.locator("#days .note", { hasText: "3 days are not loaded" }).waitFor();
  assert.equal(await page.locator("#days .gaps rect").count(), 2);
  await page.locator("#bars").scrollIntoViewIfNeeded();
  await page.locator("#bars rect.hollow").first().waitFor();
  await page.close();
});

test("a frame whose height is given holds all of it, with what is said below the chart", async () => {
  for (const height of [300, 440]) {
    const page = await b.newPage({ viewport: { width: 700, height } });
    await page.goto(`${g.base}/embed/requests?last=30d`, { waitUntil: "load" });
    await page.locator("clickql-chart .note", { hasText: "3 days are not loaded" }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollHeight), height);
    await page.close();
  }
});
