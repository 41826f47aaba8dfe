// Writes the component's script as it is now to embed/embed.vN.js, which never
// changes again: other people's pages hold its hash. N is one more than the newest
// version's; node release.mjs --again writes the newest anew, which is right only
// as long as nobody has it.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { documentOf, script } from "./bundle.mjs";
import { operations } from "./operations.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, "embed");
const list = join(folder, "versions.json");
await mkdir(folder, { recursive: true });
const versions = JSON.parse(await readFile(list, "utf8").catch(() => "[]"));
if (process.argv.includes("--again")) versions.pop();
const texts = await operations(here);
const text = await script(here, texts);
const version = (versions.at(-1)?.version ?? 0) + 1;
const integrity = `sha384-${createHash("sha384").update(text).digest("base64")}`;
versions.push({ version, integrity, document: documentOf(texts).text });
await writeFile(join(folder, `embed.v${version}.js`), text);
await writeFile(list, `${JSON.stringify(versions, null, 2)}\n`);
console.log(`embed/embed.v${version}.js ${integrity}`);
