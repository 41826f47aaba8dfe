// The playground in Chromium: a query and a subscription, typed and run.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, gateway } from "./gateway.mjs";

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

/** The playground with an operation typed into its editor, ready to be run. */
async function typed(operation) {
  const page = await b.newPage({ viewport: { width: 1360, height: 900 } });
  const faults = [];
  page.on("pageerror", (e) => faults.push(e.message));
  await page.goto(`${g.base}/playground`, { waitUntil: "networkidle" });
  await page.locator(".graphiql-query-editor .view-lines").click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(operation);
  const answer = page.locator(".result-window .view-lines");
  /** The answer, once it holds the text; the editor writes blanks as no-break spaces. */
  const says = async (text) => {
    await answer.filter({ hasText: text }).waitFor();
    return (await answer.textContent()).replaceAll("\u00a0", " ");
  };
  // By the keyboard: what the editor suggests comes when it likes, and lies over the button.
  const run = () => page.locator(".graphiql-execute-button").press("Enter");
  return { page, faults, says, run };
}

test("a query that is typed is answered", async () => {
  const { page, faults, says, run } = await typed('{ project(name: "requests") { downloads { total');
  await run();
  await says(String(await g.sql("SELECT count() FROM pypi WHERE project = 'requests'")));
  assert.deepEqual(faults, []);
  await page.close();
});

test("a subscription that is typed gets an event when rows arrive, and ends when it is stopped", async () => {
  const { page, faults, says, run } = await typed("subscription { datasetChanged { changed dataset { totalDownloads");
  const opened = page.waitForResponse((r) => r.request().headers().accept === "text/event-stream");
  await run();
  const stream = await opened;
  assert.match(stream.headers()["content-type"], /^text\/event-stream/);
  const day = "(SELECT min(date) FROM pypi)";
  await g.sql(`INSERT INTO pypi (date, project, version, type, installer) SELECT ${day}, 'requests', '1.0', 'sdist', 'pip'`);
  await says(String(await g.sql("SELECT count() FROM pypi")));
  const ended = page.waitForEvent("requestfailed", (r) => r === stream.request()); // by the reader
  await run();
  await ended;
  assert.deepEqual(faults, []);
  await page.close();
});
