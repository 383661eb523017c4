import type { Gateway } from "../gateway/gateway.ts";
import { logging } from "../log/level.ts";
import { say } from "../log/log.ts";
import type { CommandLine } from "./command-line.ts";
import { listen } from "./listen.ts";
import { Shutdown } from "./shutdown.ts";
import { failStart } from "./start-failure.ts";
import { startLine } from "./start-line.ts";
import { adminInPrimary, changedLogLevel } from "./worker-messages.ts";
import { WorkerPool, WorkerStartError } from "./worker-pool.ts";

/** Several workers: this process starts them, answers on the admin listener and serves no traffic itself. */
export async function runPrimary(
  gateway: Gateway,
  { workers, drainTimeout, shutdownDelay, workerTimeout }: CommandLine,
): Promise<void> {
  let { build } = gateway;
  const metrics = gateway.metrics?.sums();
  const { public: open, admin } = gateway.listeners;
  open.socket?.keepShut();
  const ticketKeys = open.entrance?.ticketKeys;
  const environment: Record<string, string> = { [adminInPrimary]: "1" };
  const pool = new WorkerPool({
    workers,
    drainTimeout,
    workerTimeout,
    metrics,
    environment,
    group: gateway.living && gateway.parts.createGroup!(gateway.living, workers),
    ticketKeys: ticketKeys && (() => ticketKeys.texts),
    onRestart: (reason, delay) => say("warning", `a worker ended (${reason}); a new one starts in ${delay} ms`),
  });
  // A signal may come before the listeners are open: as process 1 of a container nobody else would act on it.
  const shutdown = new Shutdown({
    name: gateway.name,
    isQuiet: false,
    delay: shutdownDelay,
    drainTimeout,
    leave: () => pool.expectEnd(),
    requests: () => undefined,
    close: () => pool.stop(),
  });
  const end = (signal: string): void => void shutdown.begin(signal).then(() => process.exit(0), failStart);
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  ticketKeys?.rotate((keys) => pool.tell({ gatewright: "ticketKeys", keys }));
  const adminServer =
    admin === undefined
      ? undefined
      : gateway.parts.createAdminServer!({
          listener: admin,
          routes: gateway.adminRoutes ?? [],
          services: gateway.services,
          operations: gateway.operations,
          metrics: undefined,
          group: { workers: gateway.parts.createWorkers!(pool), sums: metrics, lives: gateway.living !== undefined },
          isDraining: () => shutdown.hasBegun,
          status: () => ({ gateway: gateway.name, build, workers: pool.size }),
          setLogLevel: (level) => {
            logging.level = level;
            environment[changedLogLevel] = level;
            pool.tell({ gatewright: "logLevel", level });
          },
        });
  const adminPort = adminServer === undefined ? undefined : await listen(adminServer, "admin", admin!);
  const reload = async (): Promise<void> => {
    say("info", `${gateway.name} reloads (SIGHUP)`);
    try {
      ({ build } = await pool.replace());
      say(
        "info",
        `${gateway.name}: ${pool.size} new workers serve${build === undefined ? "" : ` (digest ${build.digest.slice(0, 12)})`}, the old ones drain`,
      );
    } catch (error) {
      say(
        "error",
        `the new workers did not start, the old ones serve on: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  };
  process.on("SIGHUP", () => void reload());
  try {
    const ready = await pool.start();
    build = ready.build;
    say("info", startLine(gateway, ready.port, adminPort, workers));
  } catch (error) {
    if (shutdown.hasBegun) return;
    // The worker said why.
    if (error instanceof WorkerStartError) process.exit(error.exitCode);
    throw error;
  }
}
