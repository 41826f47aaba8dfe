// Measures what pages cost and how soon they react, and writes the tables of
// docs/SITE.md between their marks. Nothing of it is asserted: times are a machine's.
import { readFile, writeFile } from "node:fs/promises";
import { parse, print, visit } from "graphql";
import { operations } from "./operations.mjs";
import { browser, gateway } from "./test/gateway.mjs";
import { open, pages } from "./test/pages.mjs";

const here = new URL(".", import.meta.url).pathname;
const docs = `${here}../../../docs/SITE.md`;

/** What a page asks is in it: the operation's text with its variables. */
async function askedBy(b, g, texts, path) {
  const { page, close } = await open(b, g, path);
  const { operation, variables } = await page.evaluate(() => JSON.parse(document.getElementById("boot").textContent));
  await close();
  return { operation, variables, text: texts.find((text) => text.includes(`query ${operation}(`)) };
}

/** Fields that hold parts of a page and are none. */
const holders = new Set(["project", "portfolio", "downloads"]);

/**
 * The operations that the parts of a page would be, each alone: a fragment is a part
 * (a component's), and so is every other field with something in it; plain fields of
 * one place are one part together.
 */
function partsOf(text) {
  const document = parse(text);
  const operation = document.definitions.find((d) => d.kind === "OperationDefinition");
  const fragments = new Map(document.definitions.filter((d) => d.kind === "FragmentDefinition").map((d) => [d.name.value, d]));
  const parts = [];
  const walk = (selections, within) => {
    const plain = selections.filter((s) => s.kind === "Field" && !s.selectionSet);
    if (plain.length > 0) parts.push(within(plain));
    for (const s of selections) {
      if (plain.includes(s)) continue;
      if (s.kind === "Field" && !s.alias && holders.has(s.name.value)) walk(s.selectionSet.selections, (inner) => within([{ ...s, selectionSet: { kind: "SelectionSet", selections: inner } }]));
      else parts.push(within([s]));
    }
  };
  walk(operation.selectionSet.selections, (selections) => ({ ...operation, selectionSet: { kind: "SelectionSet", selections } }));
  return parts.map((part) => alone(part, fragments));
}

/** An operation with the fragments and the variables that it uses, and no others. */
function alone(operation, fragments) {
  const used = new Set();
  const variables = new Set();
  const look = (node) =>
    visit(node, {
      FragmentSpread: ({ name: { value } }) => {
        if (used.has(value)) return;
        used.add(value);
        look(fragments.get(value));
      },
      Variable: ({ name }) => void variables.add(name.value),
    });
  look(operation.selectionSet);
  const kept = { ...operation, variableDefinitions: operation.variableDefinitions.filter((v) => variables.has(v.variable.name.value)) };
  return print({ kind: "Document", definitions: [kept, ...[...used].map((name) => fragments.get(name))] });
}

/** What ClickHouse was asked for an operation, and read. */
async function costOf(g, query, variables) {
  const response = await fetch(`${g.base}/graphql`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ query, variables, extensions: { explain: true } }) });
  const { errors, extensions } = await response.json();
  if (errors) throw new Error(`${JSON.stringify(errors)}\n${query}`);
  const sent = extensions.explain.queries.filter((q) => q.source !== "cache");
  return { statements: sent.length, rows: sent.reduce((sum, q) => sum + q.rowsRead, 0) };
}

const named = ["home", "project", "compare", "rankings", "portfolio"];

async function costs(b) {
  const texts = Object.values(await operations(here));
  const g = await gateway("--cache-bytes", "0"); // nothing is ever in memory
  const rows = [];
  for (const name of named) {
    const { operation, variables, text } = await askedBy(b, g, texts, pages[name]);
    const whole = await costOf(g, text, variables);
    const parts = [];
    for (const part of partsOf(text)) parts.push(await costOf(g, part, variables));
    const sum = (of) => parts.reduce((n, part) => n + part[of], 0);
    rows.push([`\`${operation}\``, `\`${decodeURIComponent(pages[name].replaceAll("+", " ")).replaceAll("\n", "⏎")}\``, whole.statements, exact(whole.rows), parts.length, sum("statements"), exact(sum("rows")), (whole.rows / sum("rows")).toFixed(2)]);
  }
  await g.stop();
  return table(["operation", "page", "statements", "rows read", "parts", "statements, each alone", "rows, each alone", "ratio"], rows);
}

/** How often each is done, each time in a page that was just opened. */
const times = 3;

/** What a person does: where, how, and how it is undone, which is answered from memory. */
const interactions = [
  { what: "range picker", path: pages.project, act: (page) => page.getByRole("button", { name: "90 d" }).click(), undo: (page) => page.getByRole("button", { name: "1 y" }).click() },
  { what: "mirrors switch", path: pages.project, act: (page) => page.getByLabel("mirrors").uncheck(), undo: (page) => page.getByLabel("mirrors").check() },
  { what: "a click on a mark", path: pages.project, act: (page) => page.locator("#system").getByRole("button", { name: "Linux" }).click(), undo: (page) => page.locator(".chip", { hasText: "Linux" }).click() },
  { what: "a click on an area of a chart", path: pages.project, act: (page) => page.locator("#python svg.time").click({ position: { x: 300, y: 150 } }), undo: (page) => page.locator(".chip").first().click() },
  { what: "typing in the search, each key", path: pages.home, act: async (page) => (await page.locator("main [role=combobox]").first().focus(), page.keyboard.type("scikit", { delay: 90 })) },
  { what: "next page of a ranking", path: "/rankings?last=90d", act: (page) => page.getByRole("link", { name: "Next 50" }).click() },
  { what: "what a comparison shows", path: pages.many, act: (page) => page.getByRole("button", { name: "Downloads", exact: true }).click(), undo: (page) => page.getByRole("button", { name: "Indexed" }).click() },
];

/** Notes how long each interaction took to the next paint, and when the page was busy. */
function observe() {
  window.felt = new Map();
  window.busy = [];
  const events = (list) => {
    for (const e of list) if (e.interactionId) window.felt.set(e.interactionId, Math.max(window.felt.get(e.interactionId) ?? 0, e.duration));
  };
  window.eventTimes = new PerformanceObserver((list) => events(list.getEntries()));
  window.eventTimes.observe({ type: "event", durationThreshold: 16, buffered: true });
  window.longTasks = new PerformanceObserver((list) => window.busy.push(...list.getEntries().map((e) => e.duration)));
  window.longTasks.observe({ type: "longtask" });
  window.told = () => (events(window.eventTimes.takeRecords()), window.busy.push(...window.longTasks.takeRecords().map((e) => e.duration)), { felt: [...window.felt.values()], busy: window.busy });
}

/** How long a page is watched after each, in ms: until the answer is there and drawn. */
const watched = 1500;

/** Does one thing in a page; how long until the next paint, and how long the page was busy at most. */
async function feel(page, act) {
  await page.evaluate(() => (window.felt.clear(), (window.busy.length = 0)));
  await act(page);
  await page.waitForTimeout(watched);
  const { felt, busy } = await page.evaluate(() => window.told());
  return { felt: felt.length > 0 ? felt : [16], busy: Math.max(0, ...busy) }; // those under 16 ms are not told
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const exact = (n) => n.toLocaleString("en-US");
const table = (head, rows) => [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

async function reactions(b) {
  const g = await gateway();
  const rows = [];
  for (const { what, path, act, undo } of interactions) {
    const done = { "": [], ", back": [] };
    for (let i = 0; i < times; i++) {
      const { page, close } = await open(b, g, path);
      await page.evaluate(observe);
      done[""].push(await feel(page, act));
      if (undo) done[", back"].push(await feel(page, undo));
      await close();
    }
    for (const [which, all] of Object.entries(done)) {
      if (all.length === 0) continue;
      const felt = all.flatMap((one) => one.felt);
      const ms = (value) => `${Math.round(value)} ms`;
      rows.push([what + which, ms(median(felt)), ms(Math.max(...felt)), ms(Math.max(...all.map((one) => one.busy)))]);
    }
  }
  await g.stop();
  return table(["interaction", "next paint, median", "next paint, worst", "longest task"], rows);
}

/** Puts a text between the marks of a name. */
function between(text, name, made) {
  const marks = new RegExp(`(<!-- measured: ${name} -->\n)[^]*?(<!-- /measured -->)`);
  if (!marks.test(text)) throw new Error(`docs/SITE.md has no place for ${name}`);
  return text.replace(marks, (_, from, to) => `${from}${made}\n${to}`);
}

const b = await browser();
try {
  let text = await readFile(docs, "utf8");
  for (const [name, measure] of Object.entries({ costs, reactions })) {
    const made = await measure(b);
    console.log(`${made}\n`);
    text = between(text, name, made);
  }
  await writeFile(docs, text);
} finally {
  await b.close();
}
