import cluster from "node:cluster";
import { url as inspectorUrl } from "node:inspector";
import { isatty } from "node:tty";
import type { AnswerInParts } from "../admin/answers.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { logError } from "../http/log-error.ts";
import { logging } from "../log/level.ts";
import { say } from "../log/log.ts";
import { type CommandLine, parseCommandLine } from "./command-line.ts";
import { endStartGuard } from "./environment.ts";
import { exitCodes } from "./exit-codes.ts";
import { runPrimary } from "./primary.ts";
import { type Serving, serve } from "./serve.ts";
import { Shutdown } from "./shutdown.ts";
import { failStart } from "./start-failure.ts";
import { startLine } from "./start-line.ts";
import { adminInPrimary, beat, type FromWorker, isMessage, levelFromPrimary, type ToWorker } from "./worker-messages.ts";

/** The main of a bundle. Ends the process with a message where it cannot start. */
export async function run(gateway: Gateway): Promise<void> {
  const argv = process.argv.slice(2);
  // Who read there may leave; that is no reason to end.
  process.stderr.on("error", () => {});
  try {
    const commandLine = parseCommandLine(argv);
    logging.level = levelFromPrimary() ?? commandLine.logLevel;
    logging.format = commandLine.logFormat;
    if (commandLine.workers > 1 && cluster.isPrimary) await runPrimary(gateway, commandLine);
    else await runHere(gateway, commandLine);
    endStartGuard();
  } catch (error) {
    failStart(error);
  }
}

/** Serves in this process: alone, or as a worker. */
async function runHere(gateway: Gateway, { drainTimeout, shutdownDelay, workers }: CommandLine): Promise<void> {
  const admin = process.env[adminInPrimary] === undefined;
  // A signal may come before the listeners are open: as process 1 of a container nobody else would act on it.
  let asked: string | undefined;
  let exitCode = 0;
  const ask = (signal: string): void => void (asked ??= signal);
  process.on("SIGTERM", ask).on("SIGINT", ask);
  // Asked now: a terminal that was closed is none any more.
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  const ticketKeys = gateway.listeners.public.entrance?.ticketKeys;
  if (ticketKeys !== undefined) {
    if (cluster.isPrimary) ticketKeys.rotate();
    else {
      process.on("message", (message: unknown) => {
        if (isMessage<ToWorker>(message) && message.gatewright === "ticketKeys") ticketKeys.take(message.keys);
      });
      tell({ gatewright: "starting" });
    }
  }
  const serving = await serve(gateway, { drainTimeout, admin, workers });
  const shutdown = new Shutdown({
    name: gateway.name,
    isQuiet: cluster.isWorker,
    delay: shutdownDelay,
    drainTimeout,
    leave: () => serving.leave(),
    requests: () => serving.requests,
    close: () => {
      tell({ gatewright: "draining" });
      return serving.close();
    },
  });
  const ended = (): void => {
    tell({ gatewright: "metrics", items: serving.lastWords() });
    leave(exitCode);
  };
  const end = (signal: string): void => void shutdown.begin(signal).then(ended, failStart);
  const endNow = (cause: string): void => void shutdown.now(cause).then(ended, failStart);
  // No border caught it, so nobody knows what still holds here: what is in flight is finished, and a new process takes over.
  process.on("uncaughtException", (error) => {
    logError("an exception that nothing in the gateway caught", error);
    exitCode = exitCodes.internal;
    endNow("a bug");
  });
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  // A worker leaves it to its primary; a terminal sends it to both. Closed, a terminal asks with it to end.
  process.on("SIGHUP", cluster.isWorker ? () => {} : hasTerminal ? end : () => say("warning", cannotReload(gateway.name)));
  if (process.send !== undefined) {
    process.on("message", (message: unknown) => {
      if (!isMessage<ToWorker>(message)) return;
      if (message.gatewright === "drain") endNow("its primary");
      else if (message.gatewright === "logLevel") logging.level = message.level;
      else if (message.gatewright === "shed") serving.shed(message.part);
      else if (message.gatewright === "ask") void answer(serving, message);
    });
    // node:cluster ends a worker whose primary is gone.
    if (cluster.isWorker) {
      let before = performance.eventLoopUtilization();
      const sayAlive = (): void => {
        const now = performance.eventLoopUtilization();
        const busy = performance.eventLoopUtilization(now, before).utilization;
        before = now;
        tell({ gatewright: "alive", busy, isDebugged: inspectorUrl() !== undefined });
      };
      setInterval(sayAlive, beat).unref();
    }
    tell({ gatewright: "ready", port: serving.port, adminPort: serving.adminPort, build: gateway.build });
  }
  if (cluster.isPrimary) say("info", startLine(gateway, serving.port, serving.adminPort, 1));
  if (asked !== undefined) end(asked);
}

const cannotReload = (name: string): string =>
  `${name} serves on as it is: SIGHUP replaces workers, and this is a single process. Start it with \`--workers 2\` or more to have it replaced, or start it again.`;

/** A worker leaves through node:cluster, and so not before its primary has read everything that it had to tell. */
function leave(exitCode: number): void {
  const { worker } = cluster;
  if (worker === undefined || !worker.isConnected()) process.exit(exitCode);
  process.once("disconnect", () => process.exit(exitCode));
  worker.disconnect();
}

/** What cannot be answered is answered all the same: nobody has to wait for the deadline. */
async function answer({ answers }: Serving, { id, topic, body }: Extract<ToWorker, { gatewright: "ask" }>): Promise<void> {
  try {
    const answer = await answers?.(topic, body);
    if (!isInParts(answer)) return tell({ gatewright: "answer", id, body: answer });
    await answer.sendParts((part) => tell({ gatewright: "answer", id, body: part, isPart: true }));
    tell({ gatewright: "answer", id, body: [] });
  } catch (error) {
    logError(`the worker failed to answer ${topic}`, error);
    tell({ gatewright: "answer", id });
  }
}

const isInParts = (answer: unknown): answer is AnswerInParts =>
  typeof answer === "object" && answer !== null && "sendParts" in answer;

function tell(message: FromWorker): void {
  process.send?.(message, undefined, undefined, () => {});
}
