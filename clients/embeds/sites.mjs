// Makes pages of other sites with the tools of the field, each by the recipe that
// docs/EMBED.md gives for it: what stands there is what is built here.
import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const docs = await readFile(join(here, "../../docs/EMBED.md"), "utf8");

/** The pieces of code of a language that the docs have under a heading such as "React", for a gateway. */
export function recipes(heading, language, gateway) {
  const [, section = ""] = docs.split(`**${heading}.**`);
  const found = [...section.split(/^\*\*|^## /m)[0].matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(([, code]) => code.replaceAll("https://your.host", gateway));
  if (found.length === 0) throw new Error(`docs/EMBED.md has no ${language} under ${heading}`);
  return found;
}

/** The first of them. */
export const recipe = (heading, language, gateway) => recipes(heading, language, gateway)[0];

/** Writes files below a folder. */
async function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

/** Runs a tool to its end. */
function run(bin, args, cwd) {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, OBSERVABLE_TELEMETRY_DISABLE: "true" } });
    let said = "";
    child.stdout.on("data", (text) => (said += text));
    child.stderr.on("data", (text) => (said += text));
    child.on("exit", (status) => (status === 0 ? done(said) : failed(new Error(`${bin}: ${said}`))));
  });
}

const html = (script) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page of another site</title></head><body><div id="app"></div><script type="module" src="${script}"></script></body></html>`;

/** A tool's page, made below a folder; what comes out is in the folder that is given back. */
export const sites = {
  async react(gateway, folder) {
    const { build } = await import("vite");
    await write(folder, {
      "index.html": html("/main.jsx"),
      "Downloads.jsx": recipe("React", "jsx", gateway),
      "main.jsx": `import { createRoot } from "react-dom/client";
import { Downloads } from "./Downloads.jsx";
createRoot(document.getElementById("app")).render(<Downloads project="requests" onLoad={(e) => (window.heard = e.detail.asOf)} />);`,
    });
    await build({ root: folder, logLevel: "warn", resolve: { alias: alias("react", "react-dom") }, build: { outDir: "out", modulePreload: false } });
    return join(folder, "out");
  },

  async vue(gateway, folder) {
    const { build } = await import("vite");
    const { default: vue } = await import("@vitejs/plugin-vue");
    await write(folder, {
      "index.html": html("/main.js"),
      "Downloads.vue": recipe("Vue", "vue", gateway),
      "main.js": `import { createApp } from "vue";
import Downloads from "./Downloads.vue";
createApp(Downloads, { names: ["requests", "flask"], onLoad: (detail) => (window.heard = detail.asOf) }).mount("#app");`,
    });
    const options = new Function("vue", `return ${recipe("Vue", "js", gateway)}`);
    await build({ root: folder, configFile: false, logLevel: "warn", plugins: options(vue), resolve: { alias: alias("vue") }, build: { outDir: "out", modulePreload: false } });
    return join(folder, "out");
  },

  async eleventy(gateway, folder) {
    const { Eleventy } = await import("@11ty/eleventy");
    await write(folder, {
      "_includes/layout.html": `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>${recipe("Static sites", "html", gateway)}</head><body>{{ content }}</body></html>`,
      "index.md": `---\nlayout: layout.html\ntitle: A page of another site\n---\n# Downloads\n\n${recipe("Static sites", "md", gateway)}\n`,
    });
    const before = process.cwd();
    process.chdir(folder); // Eleventy takes paths from there
    try {
      const site = new Eleventy(".", "out", { quietMode: true });
      await site.write();
    } finally {
      process.chdir(before);
    }
    return join(folder, "out");
  },

  async observable(gateway, folder) {
    const { dirname: bin } = { dirname: dirname(createRequire(import.meta.url).resolve("@observablehq/framework/package.json")) };
    await write(folder, {
      "src/index.md": `# Downloads\n\n\`\`\`js\n${recipe("Observable", "js", gateway)}\`\`\`\n\n${recipe("Observable", "html", gateway)}\n`,
      "observablehq.config.js": `export default { root: "src", output: "out", title: "A page of another site", search: false, globalStylesheets: [] };`,
    });
    await run(join(bin, "dist/bin/observable.js"), ["build"], folder);
    return join(folder, "out");
  },

  /** What IPython writes into a notebook, and nbconvert into a page, for the recipe's calls. */
  async notebook(gateway, folder) {
    const args = (call) => new RegExp(`^${call}\\((?:url=)?"([^"]+)", (.*)\\)$`, "m").exec(recipes("Notebooks", "python", gateway).join("\n"));
    const [, frame, size] = args("IFrame");
    const [, picture, width] = args("Image");
    const given = (text, name) => new RegExp(`\\b${name}="?([^",]+)`).exec(text)[1];
    await write(folder, {
      "out/index.html": `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page of another site</title></head><body>
        <iframe
            width="${given(size, "width")}"
            height="${given(size, "height")}"
            src="${frame}"
            frameborder="0"
            allowfullscreen

        ></iframe>
<img src="${picture}" width="${given(width, "width")}"/></body></html>`,
    });
    return join(folder, "out");
  },
};

/** Packages of this folder, for pages that lie elsewhere. */
const alias = (...names) => Object.fromEntries(names.map((name) => [name, join(here, "node_modules", name)]));
