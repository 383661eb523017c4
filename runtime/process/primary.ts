import type { Gateway } from "../gateway.ts";
import type { CommandLine } from "./command-line.ts";
import { listen } from "./listen.ts";
import { failStart } from "./start-failure.ts";
import { startLine } from "./start-line.ts";
import { adminInPrimary } from "./worker-messages.ts";
import { WorkerPool, WorkerStartError } from "./worker-pool.ts";

/** Several workers: this process starts them, answers on the admin listener and serves no traffic itself. */
export async function runPrimary(gateway: Gateway, { workers, drainTimeout, workerTimeout }: CommandLine): Promise<void> {
  let isDraining = false;
  const metrics = gateway.metrics?.sums();
  const { public: open, admin } = gateway.listeners;
  open.socket?.keepShut();
  const ticketKeys = open.entrance?.ticketKeys;
  const pool = new WorkerPool({
    workers,
    drainTimeout,
    workerTimeout,
    metrics,
    environment: { [adminInPrimary]: "1" },
    ticketKeys: ticketKeys && (() => ticketKeys.texts),
    onRestart: (reason, delay) =>
      process.stderr.write(`gatewright: a worker ended (${reason}); a new one starts in ${delay} ms\n`),
  });
  // A signal may come before the listeners are open: as process 1 of a container nobody else would act on it.
  const end = (): void => {
    if (isDraining) return;
    isDraining = true;
    pool.stop().then(() => process.exit(0), failStart);
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  ticketKeys?.rotate((keys) => pool.tell({ gatewright: "ticketKeys", keys }));
  const adminServer =
    admin === undefined
      ? undefined
      : gateway.parts.createAdminServer!({
          listener: admin,
          services: gateway.services,
          metrics: metrics === undefined ? undefined : () => pool.collect().then(() => metrics.text()),
          isDraining: () => isDraining,
        });
  const adminPort = adminServer === undefined ? undefined : await listen(adminServer, "admin", admin!);
  process.on("SIGHUP", () => {
    pool.replace().catch((error: unknown) => {
      process.stderr.write(
        `gatewright: the new workers did not start, the old ones serve on: ${error instanceof Error ? error.message : String(error)}\n`,
      );
    });
  });
  try {
    const { port } = await pool.start();
    process.stderr.write(startLine(gateway, port, adminPort, workers));
  } catch (error) {
    if (isDraining) return;
    // The worker said why.
    if (error instanceof WorkerStartError) process.exit(error.exitCode);
    throw error;
  }
}
