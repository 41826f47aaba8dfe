// The recipes of docs/EMBED.md, made into pages by the tools that they are for, and
// opened from another origin.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { recipe, recipes, sites } from "../../../../clients/embeds/sites.mjs";
import { browser, gateway } from "./gateway.mjs";
import { folder } from "./host.mjs";

let g;
let b;
let work;
before(async () => {
  g = await gateway();
  b = await browser();
  work = await mkdtemp(join(tmpdir(), "clickql-embeds-"));
});
after(async () => {
  await b?.close();
  await g?.stop();
  await rm(work, { recursive: true, force: true });
});

/** A page of another site, which notes what went wrong in it. */
async function open(address) {
  const page = await b.newPage();
  const faults = [];
  page.on("pageerror", (e) => faults.push(e.message));
  page.on("console", (m) => m.type() === "error" && !/favicon/.test(m.location().url) && faults.push(m.text()));
  await page.addInitScript(() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI}`));
  });
  await page.goto(address, { waitUntil: "load" });
  return { page, faults };
}

const strict = () => `default-src 'none'; script-src 'self' ${g.base}; style-src 'self'; connect-src ${g.base}; img-src ${g.base}`;
const made = {
  react: { policy: strict, svg: "svg.time.share", heard: true },
  vue: { policy: strict, svg: "svg.time.line", heard: true },
  eleventy: { policy: strict, svg: "svg.time.area" },
  observable: { svg: "svg.time.area" }, // Framework writes scripts into its pages
};
for (const [tool, { policy, svg, heard }] of Object.entries(made)) {
  test(`${tool}: a page by the recipe shows the chart`, async () => {
    const root = await sites[tool](g.base, join(work, tool));
    const site = await folder(root, policy && { "Content-Security-Policy": policy() });
    const { page, faults } = await open(site.base);
    await page.locator(`clickql-chart ${svg}`).waitFor();
    await page.locator("clickql-chart summary").click();
    const rows = await page.locator("clickql-chart tbody tr").evaluateAll((rows) => rows.map((r) => [...r.children].slice(1).map((c) => (c.textContent === "–" ? 0 : Number(c.textContent.replace(/ .*/, "").replaceAll(",", ""))))));
    const range = tool === "react" ? "addMonths((SELECT max(date) FROM pypi), -12)" : "addYears((SELECT max(date) FROM pypi), -2)";
    const projects = tool === "vue" ? "'requests', 'flask'" : "'requests'";
    assert.equal(rows.flat().reduce((sum, n) => sum + n, 0), await g.sql(`SELECT count() FROM pypi WHERE project IN (${projects}) AND date > ${range}`));
    if (heard) assert.match(await page.evaluate(() => window.heard), /^\d{4}-/);
    assert.deepEqual([faults, await page.evaluate(() => window.violations)], [[], []]);
    await page.close();
    await site.stop();
  });
}

test("notebook: a frame, a picture and the numbers of the recipes", async () => {
  const site = await folder(await sites.notebook(g.base, join(work, "notebook")));
  const { page, faults } = await open(site.base);
  const frame = page.frameLocator("iframe");
  await frame.locator("svg.time.area").waitFor();
  assert.equal(await page.locator("img").evaluate((i) => i.decode().then(() => i.naturalWidth)), 1600);
  const [address] = /http[^"]*\.csv[^"]*/.exec(recipes("Notebooks", "python", g.base).join("\n"));
  const [head, ...rows] = (await (await fetch(address)).text()).trim().split("\n").map((line) => line.split(","));
  assert.deepEqual([head[0], head.at(-1)], ["date", "total"]);
  assert.equal(rows.reduce((sum, row) => sum + Number(row.at(-1)), 0), await g.sql("SELECT count() FROM pypi WHERE project = 'requests' AND date > addYears((SELECT max(date) FROM pypi), -2)"));
  assert.deepEqual([faults, await page.evaluate(() => window.violations)], [[], []]);
  await page.close();
  await site.stop();
});
