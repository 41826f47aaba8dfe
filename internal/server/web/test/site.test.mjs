// Every page in Chromium, on a real gateway: what it shows against the raw
// table, what it can be used with, and what it must not do.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { browser, gateway } from "./gateway.mjs";
import { each, gone, numbers, open as pageAt, pages, violations, whole } from "./pages.mjs";

let g;
let b;
before(async () => {
  g = await gateway();
  b = await browser();
});
after(async () => {
  await b?.close();
  await g?.stop();
});

const open = (path, options) => pageAt(b, g, path, options);

for (const [name, path] of Object.entries(pages)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${name}, ${colorScheme}: nothing of axe, of the policy, of another site, of the console`, async () => {
      const { page, faults, elsewhere, asked, close } = await open(path, { colorScheme, reducedMotion: "reduce" });
      if (!["frame", "component"].includes(name)) assert.equal(asked.length, 0, "the page comes with its answer"); // a live preview asks
      for (const chart of await page.locator("svg.time, .map svg").all()) {
        await chart.scrollIntoViewIfNeeded();
        await chart.hover();
      }
      assert.deepEqual(await violations(page, name), []);
      assert.deepEqual(await page.evaluate(() => window.violations), []);
      assert.deepEqual([faults, elsewhere], [[], []]);
      await close();
    });
  }
  test(`${name}: fits 390 px, 640 px and 3840 px`, async () => {
    for (const width of [390, 640, 3840]) {
      const { page, close } = await open(path, { viewport: { width, height: 844 } });
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      await close();
    }
  });
  test(`${name}: stays where it is while it comes to life`, async () => {
    const { page, close } = await open(path);
    const shifts = await page.evaluate(() => window.shifts);
    assert.ok(shifts.reduce((sum, [value]) => sum + value, 0) < 0.01, JSON.stringify(shifts));
    await close();
  });
}

test("at 390 px a row's name is whole where another is alike, and menus stand at the end of their heads", async () => {
  const { page, close } = await open("/project/requests", { viewport: { width: 390, height: 844 } });
  const cut = await each(page.locator(".told tbody th"), (names) => names.filter((n) => n.scrollWidth > n.clientWidth).map((n) => n.textContent));
  assert.deepEqual(cut, []);
  const away = await each(page.locator(".widget > header .menu"), (menus) =>
    menus.map((m) => [m.closest("section").id, m.closest("header").getBoundingClientRect(), m.getBoundingClientRect()]).filter(([, head, menu]) => head.right - menu.right > 1 || menu.top - head.top > 8).map(([id]) => id),
  );
  assert.deepEqual(away, []);
  await close();
});

test("without a script a page has its numbers, pictures and links", async () => {
  const { page, close } = await open("/project/requests", { javaScriptEnabled: false });
  assert.ok((await page.locator("#series table tbody tr").count()) > 50);
  assert.ok((await page.locator(".picture svg").count()) >= 3);
  assert.ok((await page.locator('a[href^="/project/"]').count()) > 0);
  await page.fill('input[name="q"]', "numpy");
  await page.press('input[name="q"]', "Enter");
  await page.waitForURL("**/project/numpy");
  await close();
});

test("a project's page loads at most 250 kB of script", async () => {
  const { page, close } = await open("/project/requests");
  const size = await page.evaluate(() => performance.getEntriesByType("resource").filter((e) => e.name.endsWith(".js")).reduce((sum, e) => sum + e.encodedBodySize, 0));
  console.log(`script of a project's page: ${size} bytes compressed`);
  assert.ok(size > 20_000 && size <= 250_000, String(size));
  await close();
});

test("each widget shows what the raw table holds", async () => {
  const { page, close } = await open("/project/requests?last=90d&installer=pip");
  const where = "FROM pypi WHERE project = 'requests' AND installer = 'pip' AND date > (SELECT max(date) FROM pypi) - 90";
  const series = (await numbers(page, "series")).rows;
  assert.equal(series.length, 90);
  assert.equal(series.reduce((sum, [, n]) => sum + whole(n), 0), await g.sql(`SELECT count() ${where}`));
  for (const [id, column] of Object.entries({ system: "system", file_type: "type", libc: "concat(libc.lib, ' ', libc.version)" })) {
    const rows = await each(page.locator(`#${id} tbody tr`), (rows) => rows.map((r) => [r.querySelector("th").textContent, r.querySelector("td[title]").title]));
    for (const [value, total] of rows) {
      if (value === "Other" || value === "Unknown") continue;
      assert.equal(whole(total), await g.sql(`SELECT count() ${where} AND ${column} = '${value}'`), `${id} ${value}`);
    }
  }
  for (const [id, column] of Object.entries({ version: "version", python: "python_minor" })) {
    const { head, rows } = await numbers(page, id);
    for (const [i, value] of head.entries()) {
      if (i === 0 || value === "Other" || value === "Unknown") continue;
      assert.equal(rows.reduce((sum, row) => sum + whole(row[i]), 0), await g.sql(`SELECT count() ${where} AND ${column} = '${value}'`), `${id} ${value}`);
    }
  }
  const countries = (await numbers(page, "country")).rows;
  assert.equal(countries.reduce((sum, [, n]) => sum + whole(n), 0), await g.sql(`SELECT count() ${where}`), "countries add up");
  await close();
});

test("what a widget is copied as says the same", async () => {
  const { page, close } = await open("/project/requests?last=90d&country=DE");
  const total = await g.sql("SELECT count() FROM pypi WHERE project = 'requests' AND country_code = 'DE' AND date > (SELECT max(date) FROM pypi) - 90");
  const choose = async (id, item) => {
    await page.locator(`#${id} .menu > button`).click();
    await page.getByRole("menuitem", { name: item, exact: true }).click();
    await page.locator(`#${id} .done`, { hasText: "Copied" }).waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  const query = await choose("series", "Copy as GraphQL");
  const answer = await (await fetch(`${g.base}/graphql`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ query }) })).json();
  assert.equal(answer.errors, undefined, query);
  assert.equal(answer.data.downloads.total, total);
  const curl = await choose("system", "Copy as curl");
  const ran = JSON.parse(execFileSync("/bin/sh", ["-c", curl], { encoding: "utf8" }));
  assert.equal(ran.data.downloads.by.reduce((sum, s) => sum + s.total, 0), total);
  for (const id of ["adoption", "country", "python", "version", "libc"]) {
    const text = await choose(id, "Copy as GraphQL");
    const a = await (await fetch(`${g.base}/graphql`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ query: text }) })).json();
    assert.equal(a.errors, undefined, text);
    assert.equal((a.data.downloads.by ?? a.data.downloads.byRelease).reduce((sum, s) => sum + s.total, 0), total, id);
  }
  await page.locator("#python .menu > button").click();
  const hrefs = Object.fromEntries(await each(page.locator("#python .menu a"), (all) => all.map((a) => [a.textContent, a.href])));
  await page.keyboard.press("Escape");
  const csv = (await (await fetch(hrefs.CSV)).text()).trim().split("\n").slice(1);
  assert.equal(csv.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(",") + 1)), 0), total, hrefs.CSV);
  for (const [kind, type] of [["SVG", "image/svg+xml"], ["PNG", "image/png"]]) {
    const picture = await fetch(hrefs[kind]);
    assert.equal(picture.status, 200, hrefs[kind]);
    assert.ok(picture.headers.get("Content-Type").startsWith(type));
  }
  for (const [item, pattern] of [["Copy as Markdown", /\((http[^)]*\/chart\/[^)]*)\)/], ["Copy as HTML", /src="([^"]*)"/]]) {
    const address = pattern.exec(await choose("python", item))[1].replaceAll("&#38;", "&");
    const picture = await fetch(address);
    assert.equal(picture.status, 200, address);
    assert.match(await picture.text(), /<svg/);
  }
  await close();
});

test("a widget tells how it was answered", async () => {
  const { page, close } = await open("/project/requests");
  await page.locator("#python .menu > button").click();
  assert.deepEqual(await violations(page, "menu"), []);
  await page.getByRole("menuitem", { name: "SQL, and why this table" }).click();
  await page.locator("dialog.explain pre").first().waitFor();
  assert.match(await page.locator("dialog.explain pre").first().textContent(), /SELECT[\s\S]*requests/);
  assert.deepEqual(await violations(page, "explain"), []);
  await close();
});

test("the builder makes what is embedded, and every chart leads to it", async () => {
  const { page, close } = await open("/project/requests?last=90d&country=DE");
  assert.match(await page.locator("#python .embed").getAttribute("href"), /^\/build\?/);
  await page.locator("#python .embed").click();
  await page.waitForURL("**/build?**");
  const q = new URL(page.url()).searchParams;
  assert.deepEqual(["kind", "project", "by", "shape", "last", "country"].map((name) => q.get(name)), ["frame", "requests", "python", "share", "90d", "DE"]);
  const frame = page.frameLocator(".live.on-dark iframe");
  await frame.locator("svg.time").waitFor();
  const snippet = (name) => page.locator(".snippet", { has: page.getByRole("heading", { name, exact: true }) }).locator("pre").textContent();
  const src = /src="([^"]*)"/.exec(await snippet("HTML"))[1].replaceAll("&#38;", "&");
  const total = await g.sql("SELECT count() FROM pypi WHERE project = 'requests' AND country_code = 'DE' AND date > (SELECT max(date) FROM pypi) - 90");
  const csv = (await (await fetch(src.replace("/embed/requests", "/chart/requests.csv"))).text()).trim().split("\n").slice(1);
  assert.equal(csv.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(",") + 1)), 0), total, src);
  assert.equal((await fetch(src)).status, 200);
  const oembed = await (await fetch(await snippet("oEmbed"))).json();
  assert.ok(oembed.html.includes("/embed/requests?") && oembed.type === "rich");
  await page.getByRole("button", { name: "Component", exact: true }).click();
  await page.locator(".live.on-light clickql-chart svg.time").waitFor();
  const code = await snippet("HTML");
  const integrity = /integrity="([^"]*)"/.exec(code)[1];
  const script = await fetch(/src="([^"]*embed\.v\d+\.js)"/.exec(code)[1]);
  assert.equal(script.headers.get("Integrity"), integrity);
  assert.match(code, /<clickql-chart project="requests" last="90d" by="python" first="8" shape="share" country="DE">/);
  assert.ok(code.includes(`href="${g.base}/project/requests?last=90d&#38;country=DE"`), code);
  await page.getByLabel("Shape").selectOption("bar");
  await page.locator(".live.on-light clickql-chart svg.bar").waitFor();
  await page.getByRole("button", { name: "Badge", exact: true }).click();
  await page.locator(".badges img").first().waitFor();
  assert.equal(await page.locator(".badges img").first().evaluate((i) => i.decode().then(() => i.naturalWidth > 40)), true);
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  await close();
});

test("a click on a mark filters, a chip undoes it, the address says it, one operation each", async () => {
  const { page, asked, close } = await open("/project/requests");
  await page.locator("#system").getByRole("button", { name: "Linux" }).click();
  await page.waitForURL("**/project/requests?system=Linux");
  await page.locator(".chip", { hasText: "Linux" }).waitFor();
  await page.waitForLoadState("networkidle");
  assert.equal(new Set(asked.map((r) => new URL(r.url()).searchParams.get("variables") ?? r.postDataJSON()?.variables?.filter?.system?.eq)).size <= 2, true);
  await page.locator("#installer").getByRole("button", { name: "pip", exact: true }).click({ modifiers: ["Alt"] });
  await page.waitForURL("**installer=%21pip**");
  const there = await open(new URL(page.url()).pathname + new URL(page.url()).search);
  await page.waitForLoadState("networkidle");
  assert.equal(await there.page.locator("#series h2").textContent(), await page.locator("#series h2").textContent(), "a link opens what was seen");
  await there.close();
  await page.keyboard.press("Escape"); // undoes the last filter
  await page.waitForFunction(() => document.querySelectorAll(".chip").length === 1);
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll(".chip").length === 2);
  await page.goBack();
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll(".chip").length === 0);
  assert.equal(new URL(page.url()).search, "");
  await close();
});

test("search finds while typing, by keys alone", async () => {
  const { page, close } = await open("/");
  await page.keyboard.press("/");
  for (const [text, name] of [["scikit lear", "scikit-learn"], ["reqeusts", "requests"]]) {
    await page.keyboard.press("Control+A");
    await page.keyboard.type(text);
    await page.locator("[role=option] b", { hasText: new RegExp(`^${name}$`) }).waitFor();
  }
  assert.deepEqual(await violations(page, "search"), []);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/project/requests");
  await close();
});

test("a chart says the same by keys and by mouse, and is heard", async () => {
  const { page, close } = await open("/project/requests");
  const chart = page.locator("#python svg.time");
  await chart.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  const byKeys = await page.locator("#python .tip table").textContent();
  await page.locator("#python [aria-live]", { hasText: "week of" }).first().waitFor({ state: "attached" });
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Escape");
  await gone(page.locator("#python .tip"));
  const box = await chart.boundingBox();
  const x = await chart.evaluate((svg) => svg.querySelector(".base").getBBox().x + (svg.querySelector(".base").getBBox().width / 52) * 1);
  await page.mouse.move(box.x + x, box.y + 60);
  await page.waitForFunction((byKeys) => document.querySelector("#python .tip table")?.textContent === byKeys, byKeys);
  await close();
});

test("by keys alone a chart filters, and Escape takes it back", async () => {
  const { page, close } = await open("/project/requests");
  await page.locator("#python svg.time").focus();
  await page.keyboard.press("End");
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowDown"); // Other, what was not reported, the oldest
  const value = (await page.locator("#python .tip .held th").textContent()).trim();
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/project/requests?python=${value}`);
  await page.locator(".chip", { hasText: value }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.matches("#python svg.time")), true, "the focus stays");
  await page.keyboard.press("Escape"); // the cursor
  await gone(page.locator("#python .tip"));
  await page.keyboard.press("Escape");
  await gone(page.locator(".chip"));
  assert.equal(new URL(page.url()).search, "");
  await close();
});

test("keys: help, numbers, and both can be turned off", async () => {
  const { page, close } = await open("/project/requests");
  await page.keyboard.press("t");
  assert.equal(await page.locator("#series details.numbers").evaluate((d) => d.open), true);
  await page.keyboard.press("t");
  assert.equal(await page.locator("#series details.numbers").evaluate((d) => d.open), false);
  await page.locator("#python svg.time").focus();
  await page.keyboard.press("t");
  assert.equal(await page.locator("#python details.numbers").evaluate((d) => d.open), true);
  await page.keyboard.press("?");
  await page.locator("dialog.help").waitFor();
  assert.deepEqual(await violations(page, "help"), []);
  await page.getByLabel("these keys are on").uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.keyboard.press("/");
  assert.equal(await page.locator("dialog.help").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement?.matches("input") ?? false), false);
  await close();
});

test("a tap pins what a chart tells, and offers to show one value alone", async () => {
  const { page, close } = await open("/project/requests", { viewport: { width: 390, height: 844 }, hasTouch: true });
  const chart = page.locator("#python svg.time");
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height - 60);
  const only = page.locator("#python .tip.pinned button", { hasText: "Only" }).first();
  const value = (await only.textContent()).replace("Only ", "");
  await only.tap();
  await page.waitForURL(`**/project/requests?python=${value}`);
  await gone(page.locator("#python .tip"));
  await close();
});

test("any other dimension is asked for when it is chosen, and agrees with the raw table", async () => {
  const { page, asked, close } = await open("/project/requests?last=90d");
  assert.equal(asked.length, 0);
  await page.locator("#more-title").locator("xpath=ancestor::section").locator("select").selectOption({ label: "Distribution" });
  await page.locator("#distro tbody tr").first().waitFor();
  const totals = await each(page.locator("#distro tbody tr td.num[title]"), (cells) => cells.map((c) => Number(c.title.replaceAll(",", ""))));
  assert.equal(totals.reduce((sum, n) => sum + n, 0), await g.sql("SELECT count() FROM pypi WHERE project = 'requests' AND date > (SELECT max(date) FROM pypi) - 90"));
  await close();
});

test("a ranking is a file, too", async () => {
  const { page, close } = await open("/rankings?last=90d&country=DE");
  const list = (await (await fetch(new URL(await page.locator("#ranking .tools a", { hasText: "CSV" }).getAttribute("href"), g.base))).text()).trim().split("\n").slice(1);
  const rows = await each(page.locator("#ranking tbody tr"), (rows) => rows.map((r) => [r.querySelector("a").textContent, r.lastElementChild.title.replaceAll(",", "")].join()));
  assert.deepEqual(list.slice(0, rows.length).map((line) => line.replace(/^\d+,/, "")), rows);
  await close();
});

test("an error of one widget stays in that widget, and a gateway that is away is said", async () => {
  const { page, context, close } = await open("/project/requests");
  await context.route("**/graphql**", async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    if (body.data?.project) {
      body.data.project.downloads.python = null;
      body.errors = [{ message: "it took too long", path: ["project", "downloads", "python"], extensions: { code: "TIMEOUT" } }];
    }
    await route.fulfill({ response, json: body });
  });
  await page.getByRole("button", { name: "90 d" }).click();
  await page.locator("#python [role=alert]", { hasText: "it took too long" }).waitFor();
  assert.equal(await page.locator("[role=alert]").count(), 1);
  assert.ok((await page.locator("#version svg.time").count()) === 1);
  await context.unroute("**/graphql**");
  await context.route("**/graphql**", (route) => route.abort());
  await page.getByRole("button", { name: "30 d" }).click();
  await page.locator(".notice[role=alert]", { hasText: "cannot be reached" }).waitFor();
  await context.unroute("**/graphql**");
  await page.locator(".notice button").click();
  await page.waitForFunction(() => !document.querySelector("[role=alert]"));
  await close();
});
