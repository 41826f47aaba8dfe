// A gateway on sample data, with the ClickHouse behind it, and a browser.
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const root = new URL("../../../../", import.meta.url).pathname;

/** The tool, to its end; what it printed. */
export const clickql = (...args) => execFileSync(join(root, "bin/clickql"), args, { encoding: "utf8" });

/** Starts bin/clickql on sample data of its own, or on that of $CLICKQL_DATA, which stays. */
export async function gateway(...flags) {
  const kept = process.env.CLICKQL_DATA;
  const data = kept || (await mkdtemp(join(tmpdir(), "clickql-site-")));
  const child = spawn(join(root, "bin/clickql"), ["serve", "--demo", "--data", data, "--addr", "127.0.0.1:0", ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const base = await new Promise((found, failed) => {
    child.stdout.on("data", (text) => {
      said += text;
      const m = /ClickQL answers at (http:\S+)/.exec(said);
      if (m) found(m[1]);
    });
    child.stderr.on("data", (text) => (said += text));
    child.on("exit", () => failed(new Error(`clickql serve ended:\n${said}`)));
  });
  const engine = JSON.parse(await readFile(join(data, "engine.json"), "utf8"));
  /** One number of the raw table. */
  const sql = async (query) => {
    const address = `http://${engine.http}/?${new URLSearchParams({ user: engine.user, password: engine.password, database: engine.database })}`;
    const response = await fetch(address, { method: "POST", body: query });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return Number(text);
  };
  const stop = async () => {
    const ended = new Promise((done) => child.on("exit", done));
    child.kill("SIGTERM");
    await ended;
    if (!kept) await rm(data, { recursive: true, force: true });
  };
  return { base, sql, stop };
}

/** The machine's Chromium: $CHROMIUM, or the first of its usual names. */
export async function browser() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
  const paths = process.env.PATH.split(delimiter).flatMap((dir) => names.map((name) => join(dir, name)));
  const executablePath = process.env.CHROMIUM || paths.find((path) => existsSync(path));
  if (!executablePath) throw new Error(`there is no Chromium in PATH: install one (apt-get install chromium), or name it in $CHROMIUM`);
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}
