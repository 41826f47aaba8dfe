// Bundles the pages into dist/, which the Go package beside this file embeds.
// The output depends on the lock file and the sources alone: names carry
// hashes of their content, and the compressed files no time stamps. A build
// that fails leaves the last one in place.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";
import { parse, print } from "graphql";
import { embedding, script, target } from "./bundle.mjs";
import { documents, operations } from "./operations.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const next = join(here, ".next"); // becomes dist when it is complete

/**
 * GraphiQL's style sheet holds Monaco's and, as data addresses, every font for
 * every script. Monaco's own copies are dropped, and fonts become files, so
 * that a browser asks for those few that the page's text needs.
 */
const styles = {
  name: "styles",
  setup({ onLoad, onResolve }) {
    const fonts = new Map();
    onLoad({ filter: /[/\\]monaco-editor[/\\].*\.css$/ }, () => ({ contents: "", loader: "css" }));
    onLoad({ filter: /[/\\]graphiql[/\\]dist[/\\]style\.css$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text.replace(/url\("?data:font\/(\w+);base64,([\w+/=]+)"?\)/g, (_, kind, data) => {
        const name = `font-${digest(data)}.${kind}`;
        fonts.set(name, Buffer.from(data, "base64"));
        return `url("font:${name}")`;
      });
      return { contents, loader: "css" };
    });
    onResolve({ filter: /^font:/ }, ({ path }) => ({ path: path.slice("font:".length), namespace: "font" }));
    onLoad({ filter: /.*/, namespace: "font" }, ({ path }) => ({ contents: fonts.get(path), loader: "file" }));
  },
};

await rm(next, { recursive: true, force: true });
await mkdir(next);
const workers = await bundle({
  entryPoints: {
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  },
  splitting: false, // a worker is one file, so that starting one is one request
  format: "iife",
});
const pages = await bundle({
  entryPoints: { playground: "./src/playground.jsx" },
  splitting: true,
  format: "esm",
  jsx: "automatic",
  define: {
    "process.env.NODE_ENV": '"production"',
    __WORKERS__: JSON.stringify(Object.fromEntries(Object.entries(workers.files).map(([name, { script }]) => [name.split(".")[0], script]))),
  },
});
const texts = await operations(here);
await mkdir(join(next, "assets"), { recursive: true });
const documentsFile = await documentsAsset(texts);
const define = { "process.env.NODE_ENV": '"production"', __DOCUMENTS__: JSON.stringify(documentsFile), __WORLD__: JSON.stringify(await worldAsset()) };
const site = await bundle({ entryPoints: { site: "./src/site/main.tsx" }, splitting: true, format: "esm", jsx: "automatic", define, plugins: [documents] });
const theme = await bundle({ entryPoints: { theme: "./src/site/theme.js" }, format: "iife", splitting: false });
const frame = await bundle({ ...embedding(texts), entryPoints: { frame: "./src/embed/frame.ts" } });
const licence = await licences([...workers.inputs, ...pages.inputs, ...site.inputs, ...frame.inputs]);
await page("playground", { ...pages.files.playground, licence });
await writeFile(
  join(next, "site.json"),
  JSON.stringify({ script: site.files.site.script, sheet: site.files.site.sheet, theme: theme.files.theme.script, licence, documents: documentsFile, frame: frame.files.frame, operations: byName(texts) }),
);
await compressAll(next);
await rm(dist, { recursive: true, force: true });
await rename(next, dist);
await tellRelease();

/** Says where sites of others would get another script than the newest that they can name: a test fails until it is released. */
async function tellRelease() {
  const { version } = JSON.parse(await readFile(join(here, "embed/versions.json"), "utf8")).at(-1);
  if ((await script(here, texts)) !== (await readFile(join(here, `embed/embed.v${version}.js`), "utf8"))) {
    console.log(`<clickql-chart> is no longer what embed.v${version}.js is: npm run release, in internal/server/web, makes the next version`);
  }
}

/** Bundles into assets/; files tells each entry point's script and style sheet. */
async function bundle(options) {
  const result = await build({
    absWorkingDir: here,
    bundle: true,
    minify: true,
    metafile: true,
    legalComments: "none",
    target,
    outdir: join(next, "assets"),
    entryNames: "[name]-[hash]",
    chunkNames: "chunk-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".graphql": "text", ".ttf": "file", ".woff2": "file" },
    logLevel: "warning",
    plugins: [styles],
    ...options,
  });
  const files = {};
  for (const [file, { entryPoint, cssBundle }] of Object.entries(result.metafile.outputs)) {
    const name = basename(file);
    const entry = name.slice(0, name.lastIndexOf("-"));
    if (entryPoint && entry in options.entryPoints) files[entry] = { script: name, sheet: cssBundle && basename(cssBundle) };
  }
  return { files, inputs: Object.keys(result.metafile.inputs) };
}

/** Writes the site's operations by hash, each as it is sent and as people read it; gives the file's name. */
async function documentsAsset(texts) {
  const shown = (text) => {
    const document = parse(text);
    const rank = ({ kind }) => (kind === "OperationDefinition" ? 0 : 1);
    return print({ ...document, definitions: [...document.definitions].sort((a, b) => rank(a) - rank(b)) });
  };
  const content = JSON.stringify(Object.fromEntries(Object.entries(texts).map(([hash, text]) => [hash, [text, shown(text)]])));
  const name = `documents-${digest(content)}.json`;
  await writeFile(join(next, "assets", name), content);
  return name;
}

/** Writes the countries' outlines as paths by code, as coarse as a map of about 900 pixels shows; gives the file's name. */
async function worldAsset() {
  const coarse = 3;
  const paths = {};
  for (const line of (await readFile(join(here, "../../worldmap/world.txt"), "utf8")).trim().split("\n")) {
    const [code, ...outlines] = line.split("\t");
    const parts = outlines.map((outline) => {
      const n = outline.replace("@", "").trim().split(/ +/).map(Number);
      const points = [];
      for (let i = 0, x = 0, y = 0; i + 1 < n.length; i += 2) {
        x += n[i];
        y += n[i + 1];
        const last = points.at(-1);
        if (!last || Math.abs(last[0] - x) + Math.abs(last[1] - y) >= coarse) points.push([x, y]);
      }
      return points;
    });
    const land = parts.filter((points) => points.length > 2);
    const dot = ([x, y]) => `M${x - 5} ${y}a5 5 0 1 0 10 0a5 5 0 1 0-10 0`;
    paths[code] = land.length > 0 ? land.map((points) => `M${points.map((at) => at.join(" ")).join("L")}Z`).join("") : dot(parts[0][0]);
  }
  const content = JSON.stringify(paths);
  const name = `world-${digest(content)}.json`;
  await writeFile(join(next, "assets", name), content);
  return name;
}

/** The operations' texts by their names. */
function byName(texts) {
  return Object.fromEntries(Object.values(texts).map((text) => [parse(text).definitions.find((d) => d.kind === "OperationDefinition").name.value, text]));
}

/** Writes NAME.html from src/NAME.html with the bundle's file names in it. */
async function page(name, { script, sheet, licence }) {
  const html = (await readFile(join(here, "src", `${name}.html`), "utf8"))
    .replace("<!-- styles -->", `<link rel="stylesheet" href="assets/${sheet}"><link rel="license" href="assets/${licence}">`)
    .replace("<!-- scripts -->", `<script type="module" src="assets/${script}"></script>`);
  await writeFile(join(next, `${name}.html`), html);
}

/** Writes the licence of every package that the bundle took something from, as those licences ask; gives the file's name. */
async function licences(inputs) {
  const found = inputs.map((file) => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean);
  const texts = [];
  for (const folder of [...new Set(found)].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(here, folder, "package.json"), "utf8"));
    const files = (await readdir(join(here, folder))).filter((file) => /^licen[cs]e/i.test(file)).sort();
    const text = files.length > 0 ? await readFile(join(here, folder, files[0]), "utf8") : "";
    texts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  const text = texts.join(`\n${"-".repeat(72)}\n\n`);
  const name = `licences-${digest(text)}.txt`;
  await writeFile(join(next, "assets", name), text);
  return name;
}

/** Replaces each file below dir by its gzip form: the binary carries that one only. */
async function compressAll(dir) {
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const packed = gzipSync(await readFile(file), { level: constants.Z_BEST_COMPRESSION });
    packed[9] = 255; // the header's operating system: unknown, wherever it was built
    await writeFile(`${file}.gz`, packed);
    await rm(file);
  }
}

/** A short name for a content. */
function digest(content) {
  return createHash("sha256").update(content).digest("hex").slice(0, 8);
}
