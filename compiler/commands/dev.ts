import cluster from "node:cluster";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createGroup } from "../../runtime/life/group/worker-group.ts";
import { TicketKeys } from "../../runtime/listener/ticket-keys.ts";
import { WorkerPool, WorkerStartError } from "../../runtime/process/worker-pool.ts";
import { CompilerCache, compileGateway } from "../index.ts";
import type { GatewayIr } from "../ir/gateway.ts";
import type { ListenerIr } from "../ir/listener.ts";
import { createDevelopmentLinker, DevelopmentFolder, developmentEntry } from "../phases/6-bundle/index.ts";
import { count } from "../text/words.ts";
import { DotEnv } from "./dotenv.ts";
import { gatewayEntry } from "./entry.ts";
import { report } from "./report.ts";
import { routeChanges } from "./route-changes.ts";
import { projectSchemas } from "./schema/project-schemas.ts";
import { writeSchemas } from "./schema/write-schemas.ts";
import { UsageError } from "./usage-error.ts";
import { stopSignal, watchInputs } from "./watch.ts";
import { workFolder } from "./work-folder.ts";

/** More changes than this are counted, not listed. */
const mostListed = 12;

/** Milliseconds that requests in flight get when a new gateway takes over. */
const drainTimeout = 10_000;

/** What keeps the gateway from starting is often in the environment. */
const notStarted =
  "not started; waiting for a change of a file. Variables that it needs can be written into .env beside gateway.yaml";

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
  const dotEnv = new DotEnv(join(dirname(entry), ".env"));
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
    // One process alone holds for itself what several would ask of their primary, and this one has none of the gateway.
    group: workers === 1 ? undefined : createGroup([], workers),
    onRestart: (reason, delay) => say(`a worker ended (${reason}); a new one starts in ${delay} ms`),
  });
  // Workers get our execArgv, but not our arguments.
  cluster.setupPrimary({ execArgv: [...process.execArgv, "--enable-source-maps"] });
  // At once: nobody waits for what a browser keeps open.
  stop.addEventListener("abort", () => pool.kill());
  let latest: { readonly ir: GatewayIr; readonly isServed: boolean } | undefined;
  try {
    await watchInputs(async (disk) => {
      const started = performance.now();
      const built = await compileGateway(entry, { cache, disk });
      const isOtherEnvironment = await dotEnv.read(disk);
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
      const isSame = pool.size > 0 && !isOther && !isOtherEnvironment && latest?.isServed === true;
      say(`built in ${milliseconds} ms: ${count(ir.operations.length, "operation")}${isSame ? ", nothing changed" : ""}`);
      if (latest !== undefined) sayChanges(latest.ir, ir);
      latest = { ir, isServed: isSame || (!stop.aborted && (await serve(pool, ir, stop))) };
    }, stop);
  } finally {
    await pool.stop();
    await linker.dispose();
  }
  return 0;
}

/** Starts the gateway, or lets the new one take over. What keeps a worker from starting, the worker has said itself. */
async function serve(pool: WorkerPool, { listeners }: GatewayIr, stop: AbortSignal): Promise<boolean> {
  const isRunning = pool.size > 0;
  try {
    const { port, adminPort } = isRunning ? await pool.replace() : await pool.start();
    const admin = listeners.admin === undefined || adminPort === undefined ? "" : `, admin on ${url(listeners.admin, adminPort)}`;
    say(isRunning ? "the new gateway has taken over" : `serving on ${url(listeners.public, port)}${admin}`);
    return true;
  } catch (error) {
    if (!(error instanceof WorkerStartError)) throw error;
    if (!stop.aborted) say(isRunning ? "the new gateway did not start; the one before goes on" : notStarted);
    return false;
  }
}

/** What can be put into a browser. */
function url({ host, socket, isSecure }: ListenerIr, port: number): string {
  const scheme = isSecure === true ? "https" : "http";
  if (socket !== undefined) return `${scheme} at ${socket}`;
  const name = host === undefined || host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `${scheme}://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

function sayChanges(before: GatewayIr, after: GatewayIr): void {
  const { added, removed } = routeChanges(before, after);
  const lines = [...added.map((route) => `  + ${route}`), ...removed.map((route) => `  - ${route}`)];
  for (const line of lines.slice(0, mostListed)) process.stdout.write(`${line}\n`);
  if (lines.length > mostListed) process.stdout.write(`  … and ${lines.length - mostListed} more\n`);
}

const say = (text: string): void => void process.stdout.write(`gatewright: ${text}\n`);
