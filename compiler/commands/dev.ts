import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildGateway } from "../index.ts";
import type { GatewayIr } from "../ir/gateway.ts";
import { createBundler } from "../phases/6-bundle/index.ts";
import { count } from "../text/words.ts";
import { gatewayEntry } from "./entry.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { report } from "./report.ts";
import { routeChanges } from "./route-changes.ts";
import { UsageError } from "./usage-error.ts";
import { stopSignal, watchInputs } from "./watch.ts";

/** More changes than this are counted, not listed. */
const mostListed = 12;

/** `gatewright dev`: builds, serves, and swaps in a new bundle on every change. A build that fails changes nothing. */
export async function dev(gateway: string | undefined, options: { readonly workers: unknown }): Promise<number> {
  const entry = gatewayEntry(gateway);
  const workers = Number(options.workers);
  if (!Number.isInteger(workers) || workers < 1) throw new UsageError(`\`--workers ${String(options.workers)}\` is no number of processes; write 1 or more.`);
  const out = outputFolder(dirname(entry));
  const stop = stopSignal();
  const bundler = await createBundler({ minify: false });
  const running = new GatewayProcess(join(out, "gateway.mjs"), workers);
  let latest: { readonly ir: GatewayIr; readonly sha256: string } | undefined;
  try {
    await watchInputs(async (disk) => {
      const started = performance.now();
      const built = await buildGateway(entry, out, { bundler, disk });
      const milliseconds = Math.round(performance.now() - started);
      report(built, "text");
      if (built.result === undefined || built.ir === undefined) {
        say(running.isRunning ? "not built; the gateway goes on as it was" : "not built; waiting for a change");
        return;
      }
      const { sha256 } = built.result.manifest.bundle;
      say(`built in ${milliseconds} ms: ${count(built.ir.operations.length, "operation")}${running.isRunning && sha256 === latest?.sha256 ? ", nothing changed" : ""}`);
      if (latest !== undefined) sayChanges(latest.ir, built.ir);
      if (running.isRunning && sha256 === latest?.sha256) return;
      latest = { ir: built.ir, sha256 };
      const outcome = await running.take();
      if (stop.aborted) return;
      say({ started: "serving", replaced: "serving the new gateway", kept: "the new gateway did not start; the one before goes on", failed: "not started; waiting for a change" }[outcome]);
    }, stop);
  } finally {
    await running.stop();
    await bundler.dispose();
  }
  return 0;
}

/** Where `dev` builds: beside `gateway.yaml`, and never part of a commit. */
function outputFolder(root: string): string {
  const folder = join(root, ".gatewright");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, ".gitignore"), "*\n");
  return join(folder, "dev");
}

function sayChanges(before: GatewayIr, after: GatewayIr): void {
  const { added, removed } = routeChanges(before, after);
  const lines = [...added.map((route) => `  + ${route}`), ...removed.map((route) => `  - ${route}`)];
  for (const line of lines.slice(0, mostListed)) process.stdout.write(`${line}\n`);
  if (lines.length > mostListed) process.stdout.write(`  … and ${lines.length - mostListed} more\n`);
}

const say = (text: string): void => void process.stdout.write(`gatewright: ${text}\n`);
