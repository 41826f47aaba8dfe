// Embeds of a gateway that wants a key, in the pages of the site that it was given to
// and in those of another.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browser, clickql, gateway } from "./gateway.mjs";
import { host } from "./host.mjs";

let g;
let b;
let work;
let key;
let ours;
let theirs;
/** A page with each kind of embed, as the docs have them. */
const page = (g) => `<script src="${g}/embed.js" defer></script>
  <clickql-chart id="component" project="requests" last="90d" api-key="${key}"></clickql-chart>
  <img id="picture" src="${g}/chart/requests.svg?last=90d&amp;key=${key}" alt="requests" width="800" height="400">
  <iframe id="frame" src="${g}/embed/requests?last=90d&amp;key=${key}" title="requests" width="100%" height="440" frameborder="0"></iframe>
  <clickql-chart id="without" project="requests" last="30d" height="200"></clickql-chart>`;
before(async () => {
  work = await mkdtemp(join(tmpdir(), "clickql-keys-"));
  const keys = join(work, "keys.json");
  clickql("keys", "add", "--keys", keys, "--name", "first");
  g = await gateway("--keys", keys, "--anonymous-rate", "1/1h", "--anonymous-pictures", "1/1h");
  b = await browser();
  [ours, theirs] = [await host(g.base, { "/": page }), await host(g.base, { "/": page })];
  key = /cqp_\S+/.exec(clickql("keys", "add", "--keys", keys, "--name", "docs", "--publishable", "--origin", ours.base))[0];
  for (const path of ["/graphql?query={dataset{lastDay}}", "/chart/requests.svg"]) while ((await fetch(g.base + path)).status !== 429); // nothing is left for who has no key
});
after(async () => {
  await b?.close();
  await ours?.stop();
  await theirs?.stop();
  await g?.stop();
  await rm(work, { recursive: true, force: true });
});

async function open(site) {
  const page = await b.newPage({ viewport: { width: 1000, height: 1600 } });
  await page.goto(site.base, { waitUntil: "load" });
  return page;
}

test("in the pages of its site a publishable key opens every embed", async () => {
  const page = await open(ours);
  await page.locator("#component svg.time").waitFor();
  await page.frameLocator("#frame").locator("svg.time").waitFor();
  assert.equal(await page.locator("#picture").evaluate((i) => i.decode().then(() => i.naturalWidth)), 800);
  await page.locator("#without .words", { hasText: "Chart not available now" }).waitFor();
  await page.close();
});

test("in those of another it opens none, and each says so calmly", async () => {
  const page = await open(theirs);
  await page.locator("#component .words", { hasText: "Chart not available now" }).waitFor(); // why is not for other sites to read
  assert.match(await page.frameLocator("#frame").locator("body").textContent(), /this API key is not for/);
  assert.equal(await page.locator("#component svg.time").count(), 0);
  const picture = await page.evaluate((src) => fetch(src).then((r) => r.status, () => "unread"), `${g.base}/chart/requests.svg?key=${key}`);
  assert.ok([403, "unread"].includes(picture), String(picture));
  await page.close();
});
