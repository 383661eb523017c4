import cluster from "node:cluster";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { TicketKeys } from "../../runtime/listener/ticket-keys.ts";
import { WorkerPool, WorkerStartError } from "../../runtime/process/worker-pool.ts";
import { projectSchemas } from "../editor/project-schemas.ts";
import { writeSchemas } from "../editor/write-schemas.ts";
import { CompilerCache, compileGateway } from "../index.ts";
import type { GatewayIr } from "../ir/gateway.ts";
import { createDevelopmentLinker, DevelopmentFolder, developmentEntry } from "../phases/6-bundle/index.ts";
import { count } from "../text/words.ts";
import { gatewayEntry } from "./entry.ts";
import { report } from "./report.ts";
import { routeChanges } from "./route-changes.ts";
import { UsageError } from "./usage-error.ts";
import { stopSignal, watchInputs } from "./watch.ts";
import { workFolder } from "./work-folder.ts";

/** More changes than this are counted, not listed. */
const mostListed = 12;

/** Milliseconds that requests in flight get when a new gateway takes over. */
const drainTimeout = 10_000;

/** The environment of this process cannot change any more, and what keeps the gateway from starting is often there. */
const notStarted =
  "not started; waiting for a change of a file. If it needs another environment, stop and start `gatewright dev` again";

/** `gatewright dev`: builds, serves, and swaps in a new gateway on every change. A build that fails changes nothing. */
export async function dev(gateway: string | undefined, options: { readonly workers: unknown }): Promise<number> {
  const entry = gatewayEntry(gateway);
  const workers = Number(options.workers);
  if (!Number.isInteger(workers) || workers < 1)
    throw new UsageError(`\`--workers ${String(options.workers)}\` is no number of processes; write 1 or more.`);
  const work = workFolder(dirname(entry));
  const schemas = join(work, "schema");
  const stop = stopSignal();
  const linker = await createDevelopmentLinker();
  const out = new DevelopmentFolder(join(work, "dev"));
  const cache = new CompilerCache();
  const ticketKeys = new TicketKeys(Number.POSITIVE_INFINITY);
  const pool = new WorkerPool({
    exec: join(out.path, developmentEntry),
    args: [],
    workers,
    drainTimeout,
    workerTimeout: 10_000,
    ticketKeys: () => ticketKeys.texts,
    onRestart: (reason, delay) => say(`a worker ended (${reason}); a new one starts in ${delay} ms`),
  });
  // Workers get our execArgv, but not our arguments.
  cluster.setupPrimary({ execArgv: [...process.execArgv, "--enable-source-maps"] });
  // At once: Ctrl-C reaches the workers too, and one that ends must not be taken for a crash.
  stop.addEventListener("abort", () => void pool.stop());
  let latest: { readonly ir: GatewayIr; readonly isServed: boolean } | undefined;
  try {
    await watchInputs(async (disk) => {
      const started = performance.now();
      const built = await compileGateway(entry, { cache, disk });
      const isOther = built.modules !== undefined && (await out.write(await linker.link(built.modules, "../..")));
      const milliseconds = Math.round(performance.now() - started);
      report(built, "text", entry);
      // Once they are there, editors rely on them; a file that cannot be read at all has no names to offer.
      const isReadable = Object.keys(built.sources.gateway).length > 0;
      if (existsSync(schemas) && isReadable) writeSchemas(schemas, projectSchemas(built.sources, dirname(entry)));
      if (built.modules === undefined || built.ir === undefined) {
        say(pool.size > 0 ? "not built; the gateway goes on as it was" : "not built; waiting for a change");
        return;
      }
      const { ir } = built;
      const isSame = pool.size > 0 && !isOther && latest?.isServed === true;
      say(`built in ${milliseconds} ms: ${count(ir.operations.length, "operation")}${isSame ? ", nothing changed" : ""}`);
      if (latest !== undefined) sayChanges(latest.ir, ir);
      latest = { ir, isServed: isSame || (!stop.aborted && (await serve(pool, stop))) };
    }, stop);
  } finally {
    await pool.stop();
    await linker.dispose();
  }
  return 0;
}

/** Starts the gateway, or lets the new one take over. What keeps a worker from starting, the worker has said itself. */
async function serve(pool: WorkerPool, stop: AbortSignal): Promise<boolean> {
  const isRunning = pool.size > 0;
  try {
    const { port } = isRunning ? await pool.replace() : await pool.start();
    say(isRunning ? "the new gateway has taken over" : `serving on port ${port}`);
    return true;
  } catch (error) {
    if (!(error instanceof WorkerStartError)) throw error;
    if (!stop.aborted) say(isRunning ? "the new gateway did not start; the one before goes on" : notStarted);
    return false;
  }
}

function sayChanges(before: GatewayIr, after: GatewayIr): void {
  const { added, removed } = routeChanges(before, after);
  const lines = [...added.map((route) => `  + ${route}`), ...removed.map((route) => `  - ${route}`)];
  for (const line of lines.slice(0, mostListed)) process.stdout.write(`${line}\n`);
  if (lines.length > mostListed) process.stdout.write(`  … and ${lines.length - mostListed} more\n`);
}

const say = (text: string): void => void process.stdout.write(`gatewright: ${text}\n`);
