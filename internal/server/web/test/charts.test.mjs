// What holds of every chart: it says what its table says, its texts have room at
// every width, high contrast keeps its colours, and the picture is the same as PNG.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { operations } from "../operations.mjs";
import { browser, gateway } from "./gateway.mjs";
import { open as pageAt, pages, violations } from "./pages.mjs";

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
const drawnPages = ["home", "project", "compare", "many", "portfolio"];

for (const name of drawnPages) {
  test(`${name}: what the cursor tells of each interval is in the table`, async () => {
    const { page, close } = await open(pages[name]);
    await page.locator("svg.time").first().waitFor(); // all are drawn in one frame
    const compared = await page.evaluate(async () => {
      const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const wrong = [];
      let intervals = 0;
      for (const widget of document.querySelectorAll("section.widget")) {
        const details = widget.querySelector("details.numbers");
        const charts = [...widget.querySelectorAll("svg.time")];
        if (!details || charts.length === 0) continue;
        details.querySelector("summary").click();
        while (!details.querySelector("tbody tr")) await painted();
        const [head, ...rows] = [...details.querySelectorAll("tr")].map((r) => [...r.children].map((c) => c.textContent));
        for (const [chart, i, row] of charts.flatMap((chart) => rows.map((row, i) => [chart, i, row]))) {
          if (i === 0) chart.focus();
          chart.dispatchEvent(new KeyboardEvent("keydown", { key: i === 0 ? "Home" : "ArrowRight", bubbles: true }));
          await Promise.resolve();
          const tip = chart.parentElement.querySelector(".tip");
          if (!row[0].startsWith(tip.querySelector("b").textContent)) wrong.push([widget.id, row[0], tip.textContent]);
          for (const line of tip.querySelectorAll("tr")) {
            const [label, value] = [...line.children].map((c) => c.textContent);
            if (label === "7-day mean") continue;
            const told = /\(([^)]*)\)/.exec(value)?.[1] ?? value; // of shares, the count
            if (row[head.indexOf(label)] !== told && row[head.indexOf(label)] !== value) wrong.push([widget.id, row[0], label, value, row[head.indexOf(label)]]);
          }
          intervals++;
        }
      }
      return { wrong, intervals };
    });
    assert.deepEqual(compared.wrong, []);
    assert.ok(compared.intervals > 50, `${compared.intervals} intervals`);
    await close();
  });
}

/** Texts of charts that touch one another, are too small, or leave the page. */
const crowded = () =>
  [...document.querySelectorAll("svg.time")].flatMap((svg) => {
    const texts = [...svg.querySelectorAll("text")].map((t) => ({ text: t.textContent, box: t.getBoundingClientRect(), px: Number.parseFloat(getComputedStyle(t).fontSize) }));
    const where = svg.closest("section")?.id ?? "";
    const out = texts.filter((t) => t.px < 11 || t.box.left < -0.5 || t.box.right > document.documentElement.clientWidth + 0.5).map((t) => `${where}: ${t.text} ${t.px} px, ${t.box.left} to ${t.box.right}`);
    for (const [i, a] of texts.entries())
      for (const other of texts.slice(i + 1)) {
        const over = Math.min(a.box.right, other.box.right) - Math.max(a.box.left, other.box.left);
        const under = Math.min(a.box.bottom, other.box.bottom) - Math.max(a.box.top, other.box.top);
        if (over > 1 && under > 3) out.push(`${where}: ${a.text} on ${other.text}`); // boxes are higher than letters
      }
    return out;
  });

test("texts of charts have room from 240 px to 2000 px", async () => {
  for (const path of [pages.home, pages.project, `${pages.project}?last=30d`, `${pages.project}?last=all&interval=year`, pages.many]) {
    const { page, close } = await open(path);
    for (const width of [390, 640, 900, 1360, 2000]) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      assert.deepEqual(await page.evaluate(crowded), [], `${path} at ${width} px`);
    }
    await close();
  }
  for (const query of ["requests?last=90d", "requests?by=python&shape=share", "requests,flask,numpy?shape=line", "requests?by=system&shape=bar&interval=month"]) {
    for (const width of [240, 320, 480, 720, 1200, 2000]) {
      const { page, close } = await open(`/embed/${query}`, { viewport: { width, height: 400 } });
      assert.deepEqual(await page.evaluate(`(${crowded})()`), [], `/embed/${query} at ${width} px`);
      await close();
    }
  }
});

test("with forced colours a chart keeps its colours, its texts take the reader's", async () => {
  const { page, close } = await open(pages.project, { forcedColors: "active" });
  const { strokes, text } = await page.evaluate(() => ({
    strokes: new Set([...document.querySelectorAll("#version .stroke")].map((e) => getComputedStyle(e).stroke)).size,
    text: getComputedStyle(document.querySelector("#version .axis text")).fill,
  }));
  assert.ok(strokes >= 4, `${strokes} colours`);
  assert.equal(text, await page.evaluate(() => ((document.body.style.color = "CanvasText"), getComputedStyle(document.body).color)));
  assert.deepEqual(await violations(page, "forced colours"), []);
  await close();
});

test("where motion is reduced nothing moves, while a page loads and while it asks", async () => {
  const { page, context, close } = await open(pages.project, { reducedMotion: "reduce" });
  let answer;
  const held = new Promise((done) => (answer = done));
  await context.route("**/graphql**", async (route) => (await held, route.continue()));
  await page.getByRole("button", { name: "90 d" }).click();
  await page.locator(".range.loading").waitFor();
  assert.deepEqual(await page.evaluate(() => document.getAnimations().filter((a) => a.effect.getTiming().duration > 1).map((a) => a.transitionProperty ?? a.animationName)), []);
  answer();
  await close();
});

test("a picture is the same as PNG and as Chromium draws its SVG", async () => {
  const { page, close } = await open("/search?q=lear");
  for (const path of ["requests", "requests?by=python&shape=share", "requests,flask?scale=log", "requests?by=system&shape=donut", "requests?shape=map&width=1000&height=500", "requests?theme=dark&by=installer&shape=bar&interval=month"]) {
    const [name, query = ""] = path.split("?");
    const differ = await page.evaluate(async (sources) => {
      const [svg, png] = await Promise.all(
        sources.map(async (src) => {
          const image = new Image();
          image.src = src;
          await image.decode();
          const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
          const paper = canvas.getContext("2d");
          paper.drawImage(image, 0, 0);
          return paper.getImageData(0, 0, canvas.width, canvas.height);
        }),
      );
      if (svg.width !== png.width || svg.height !== png.height) return `${svg.width} x ${svg.height} is not ${png.width} x ${png.height}`;
      let n = 0;
      for (let i = 0; i < svg.data.length; i += 4) if ([0, 1, 2].some((c) => Math.abs(svg.data[i + c] - png.data[i + c]) > 64)) n++;
      return n / (svg.width * svg.height);
    }, ["svg", "png"].map((ending) => `/chart/${name}.${ending}?theme=light&${query}`.replace("theme=light&theme=dark", "theme=dark")));
    assert.ok(differ <= 0.02, `${path}: ${differ}`);
  }
  await close();
});

test("a page is one operation, and asked again it costs no statement", async () => {
  const texts = Object.values(await operations(new URL("..", import.meta.url).pathname));
  for (const name of ["home", "project", "compare", "rankings", "portfolio"]) {
    const { page, close } = await open(pages[name]);
    const { operation, variables } = await page.evaluate(() => JSON.parse(document.getElementById("boot").textContent));
    await close();
    const query = texts.find((text) => text.includes(`query ${operation}(`));
    const again = await (await fetch(`${g.base}/graphql`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ query, variables, extensions: { explain: true } }) })).json();
    assert.equal(again.errors, undefined, name);
    const { queries } = again.extensions.explain;
    assert.ok(queries.length > 0, name);
    assert.deepEqual(queries.filter((q) => q.source !== "cache").map((q) => q.sql), [], name);
  }
});
