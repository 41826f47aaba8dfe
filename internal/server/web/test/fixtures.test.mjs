// The browser's code against the cases that the server's is held to.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { build } from "esbuild";

const here = new URL(".", import.meta.url).pathname;

/** A module of the site, as Node runs it. */
async function load(name) {
  const { outputFiles } = await build({ entryPoints: [`${here}../src/site/${name}.ts`], bundle: true, format: "esm", write: false });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`);
}

const fixture = async (name) => JSON.parse(await readFile(`${here}../../../site/testdata/${name}.json`, "utf8"));

test("numbers and days are written as the server writes them", async () => {
  const format = await load("format");
  for (const [name, cases] of Object.entries(await fixture("format"))) {
    for (const [...args] of cases) {
      const want = args.pop();
      assert.equal(format[name](...args), want, `${name}(${args})`);
    }
  }
});

test("an address says to the script what it says to the server", async () => {
  const { dateRange, every, filterOf, moreOf, readState, writeState } = await load("state");
  for (const c of await fixture("state")) {
    const s = readState(`?${c.query}`);
    assert.equal(every(s, "2026-11-29"), c.every, c.query);
    assert.deepEqual(dateRange(s), c.range, c.query);
    assert.deepEqual(filterOf(s), c.filter, c.query);
    assert.equal(writeState(s).slice(1), c.address, c.query);
    assert.equal(moreOf(s)?.param, c.more, c.query);
  }
});

test("ticks are round, begin at zero and have room", async () => {
  const { logTicks, settle, textWidth, timeTicks, valueTicks } = await load("chart/kernel");
  for (let e = 0; e < 13; e++) {
    for (const m of [1, 1.3, 2.1, 4.9, 7, 9.99]) {
      for (const height of [120, 200, 300, 460]) {
        const max = Math.ceil(m * 10 ** e);
        const ticks = valueTicks(max, height);
        const step = ticks[1];
        assert.equal(ticks[0], 0);
        assert.ok(ticks.at(-1) >= max && ticks.at(-2) < max, `${max}: ${ticks}`);
        assert.ok([1, 2, 5].some((r) => Math.abs(step / 10 ** Math.floor(Math.log10(step) + 1e-9) - r) < 1e-6), `${max}: ${ticks}`);
        assert.ok(ticks.length <= 8);
      }
    }
  }
  assert.deepEqual(logTicks(3, 450), [2, 5, 10, 20, 50, 100, 200, 500]);
  for (const [days, interval] of [[7, "DAY"], [90, "DAY"], [365, "WEEK"], [365 * 5, "MONTH"], [365 * 12, "YEAR"]]) {
    for (const width of [240, 360, 720, 1600]) {
      const ticks = timeTicks(20000, 20000 + days, interval, width);
      for (let i = 1; i < ticks.length; i++) assert.ok(((ticks[i].at - ticks[i - 1].at) / days) * width >= 60, `${days} ${width}`);
    }
  }
  const placed = settle([{ key: "a", y: 100, weight: 3 }, { key: "b", y: 102, weight: 2 }, { key: "c", y: 103, weight: 1 }, { key: "d", y: 104, weight: 4 }], 0, 300);
  const at = [...placed.values()].sort((a, b) => a - b);
  for (let i = 1; i < at.length; i++) assert.ok(at[i] - at[i - 1] >= 13.5);
  assert.ok(placed.has("d"), "the largest keeps its label");
  assert.ok(textWidth("scikit-learn", 12) > 55);
});
