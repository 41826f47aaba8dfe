// Runs the tests of this folder one after the other, or another program, on one set
// of sample data: that of $CLICKQL_DATA, or one that is made for it and removed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const kept = process.env.CLICKQL_DATA;
const data = kept || mkdtempSync(join(tmpdir(), "clickql-site-"));
const program = process.argv.length > 2 ? process.argv.slice(2) : ["--test", "--test-concurrency=1", "test/"];
const { status } = spawnSync(process.execPath, program, { stdio: "inherit", env: { ...process.env, CLICKQL_DATA: data } });
if (!kept) rmSync(data, { recursive: true, force: true });
process.exitCode = status ?? 1;
