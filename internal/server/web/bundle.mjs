// The script of other people's pages, as it is released and as it would be now.
import { build, transform } from "esbuild";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The browsers that bundles are for. */
export const target = ["chrome109", "firefox115", "safari16.4"];

/** Style sheets as texts, for documents that adopt them. */
const texts = {
  name: "texts",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\?text$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path.slice(0, -"?text".length)), namespace: "text" }));
    onLoad({ filter: /.*/, namespace: "text" }, async ({ path }) => ({ contents: (await transform(await readFile(path, "utf8"), { loader: "css", minify: true, target })).code, loader: "text" }));
  },
};

/** The component's document: its text, and the hash that it is asked by. */
export function documentOf(operations) {
  const [id, text] = Object.entries(operations).find(([, text]) => text.includes("query EmbedChart("));
  return { hash: id.replace("sha256:", ""), text };
}

/** How what holds the component is bundled. */
export const embedding = (operations) => ({ define: { __EMBED_CHART__: JSON.stringify(documentOf(operations)) }, format: "iife", splitting: false, plugins: [texts] });

/** The component's script. */
export async function script(here, operations) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: ["./src/embed/embed.ts"],
    bundle: true,
    minify: true,
    write: false,
    legalComments: "none",
    target,
    logLevel: "warning",
    ...embedding(operations),
    banner: { js: "/* <clickql-chart>, Apache-2.0; parts of d3-shape and d3-path, ISC, Mike Bostock */" },
  });
  return outputFiles[0].text;
}
