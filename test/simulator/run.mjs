// Plays the scenarios and prints their table: `npm run simulate`, or `npm run simulate -- "one of 3"` for some of them;
// `npm run simulate -- roll-outs` plays releases, and prints what `test/simulator/roll-outs.md` is.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = mkdtempSync(join(tmpdir(), "gatewright-simulator-"));
const out = join(folder, "table.txt");
const root = fileURLToPath(new URL("../..", import.meta.url));
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const [name] = process.argv.slice(2);
// The simulator reads the sources as they are, which only the runner of tests can.
const file = name === "roll-outs" ? "roll-outs" : "simulator";
const args = [vitest, "run", "--config", "test/vitest.config.ts", `test/simulator/${file}.test.ts`];
const named = name === undefined || file === name ? [] : ["-t", name];
const { status, stdout, stderr } = spawnSync(process.execPath, [...args, ...named], {
  cwd: root,
  encoding: "utf8",
  env: { ...process.env, SIMULATOR_OUT: out },
});
const table = existsSync(out) ? readFileSync(out, "utf8") : "";
rmSync(folder, { recursive: true });
process.stdout.write(table === "" ? `${stdout}${stderr}` : table);
process.exitCode = status ?? 1;
