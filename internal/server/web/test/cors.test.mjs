// Components in the pages of a site that may not read the gateway's answers: it does
// not let that site, or something before it takes its CORS headers away.
import assert from "node:assert/strict";
import { createServer, request as ask } from "node:http";
import { after, before, test } from "node:test";
import { browser, gateway } from "./gateway.mjs";
import { host } from "./host.mjs";

let b;
before(async () => {
  b = await browser();
});
after(() => b?.close());

/** A server before a gateway, which takes away what lets other sites read. */
async function withoutHeaders() {
  const g = await gateway();
  const server = createServer((from, to) => {
    const asked = ask(g.base + from.url, { method: from.method, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode, Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !name.startsWith("access-control-"))));
      answer.pipe(to);
    });
    from.pipe(asked);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await g.stop();
  };
  return { base: `http://127.0.0.1:${server.address().port}`, stop };
}

const embeds = (g) => `<script src="${g}/embed.js" defer></script>
  <clickql-chart id="bare" project="requests" last="90d" height="240"></clickql-chart>
  <clickql-chart id="pictured" project="flask" last="90d"><a href="${g}/project/flask"><img src="${g}/chart/flask.svg?last=90d" alt="Downloads of flask" width="800" height="400"></a></clickql-chart>
  <iframe id="frame" src="${g}/embed/requests?last=90d" title="requests" width="100%" height="440" frameborder="0"></iframe>`;

for (const [what, start] of [["does not let the site", () => gateway("--cors-origin", "https://blog.example")], ["has lost its headers", withoutHeaders]])
  test(`where the gateway ${what}, a component says calmly that there is no chart, pictures and frames are there`, async () => {
    const g = await start();
    const site = await host(g.base, { "/": embeds });
    const page = await b.newPage({ viewport: { width: 1000, height: 1400 } });
    const faults = [];
    page.on("pageerror", (e) => faults.push(e.message));
    await page.clock.install();
    await page.addInitScript(() => {
      window.events = [];
      window.violations = [];
      addEventListener("securitypolicyviolation", (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI}`));
      addEventListener("clickql-error", (e) => window.events.push([e.target.id, e.detail.code]));
    });
    await page.goto(site.base, { waitUntil: "load" });
    await page.locator("#bare .words", { hasText: "Chart not available now." }).waitFor();
    assert.equal(await page.locator("#bare .words a").getAttribute("href"), `${g.base}/project/requests?last=90d`);
    assert.ok(Math.abs((await page.locator("#bare").boundingBox()).height - 240) <= 2, "it keeps its place");
    await page.waitForFunction(() => window.events.length === 2);
    assert.deepEqual((await page.evaluate(() => window.events)).sort(), [["bare", "UNAVAILABLE"], ["pictured", "UNAVAILABLE"]]);
    assert.equal(await page.locator("#pictured img").evaluate((i) => i.decode().then(() => i.naturalWidth)), 800);
    assert.deepEqual([await page.locator("#pictured img").isVisible(), await page.locator("#pictured .words").isVisible()], [true, false]);
    await page.frameLocator("#frame").locator("svg.time").waitFor();
    await page.clock.runFor(29_000);
    assert.equal(await page.evaluate(() => window.events.length), 2, "it does not ask again at once");
    await page.clock.runFor(2_000);
    await page.waitForFunction(() => window.events.length === 4);
    assert.deepEqual([faults, await page.evaluate(() => window.violations)], [[], []]);
    await page.close();
    await site.stop();
    await g.stop();
  });
