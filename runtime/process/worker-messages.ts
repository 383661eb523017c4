import type { BuildInfo } from "../gateway/build-info.ts";
import type { WorkerItem } from "../gateway/metrics.ts";
import { type LogLevel, logLevels } from "../log/level.ts";

/** What a primary tells the gateways it started. */
export type ToWorker =
  /** Stop accepting, finish what is in flight, exit. */
  | { readonly gatewright: "drain" }
  /** Something that the admin listener is asked, by its topic. */
  | { readonly gatewright: "ask"; readonly id: number; readonly topic: string; readonly body: unknown }
  /** Of session tickets, as text, from now on; the newest first. They are in no environment, which others can read. */
  | { readonly gatewright: "ticketKeys"; readonly keys: readonly string[] }
  /** What is logged from now on. */
  | { readonly gatewright: "logLevel"; readonly level: LogLevel }
  /** Send this part of the clients elsewhere: the next answers to them are the last on their connections. */
  | { readonly gatewright: "shed"; readonly part: number };

/** What a started gateway tells its primary. */
export type FromWorker =
  /** It speaks TLS, and wants the keys of its session tickets; the answer comes ahead of the sockets that it asks for next. */
  | { readonly gatewright: "starting" }
  | {
      readonly gatewright: "ready";
      readonly port: number;
      readonly adminPort: number | undefined;
      /** Of the file that the worker runs, which may be newer than that of its primary. */
      readonly build?: BuildInfo | undefined;
    }
  /** It takes no connection any more. */
  | { readonly gatewright: "draining" }
  /**
   * Once a second, with the part of it that the event loop was busy (0 to 1). A worker under a debugger may stand still and
   * is not watched.
   */
  | { readonly gatewright: "alive"; readonly busy: number; readonly isDebugged: boolean }
  /** In reply to `ask`; without a body where there is nothing to say. `isPart`: more follows. */
  | { readonly gatewright: "answer"; readonly id: number; readonly body?: unknown; readonly isPart?: true }
  /** When nothing is served any more: what it has counted. */
  | { readonly gatewright: "metrics"; readonly items: readonly WorkerItem[] };

/** Milliseconds between signs of life. */
export const beat = 1_000;

/** Set for workers whose primary answers on the admin listener. */
export const adminInPrimary = "GATEWRIGHT_ADMIN_IN_PRIMARY";

/** Set for workers: the least number that none of those has that run. Another one has it after it. */
export const workerVariable = "GATEWRIGHT_WORKER";

/** Set for workers that start after the level was changed through the admin API. */
export const changedLogLevel = "GATEWRIGHT_LOG_LEVEL";

export const levelFromPrimary = (): LogLevel | undefined =>
  process.env[adminInPrimary] === undefined ? undefined : logLevels.find((level) => level === process.env[changedLogLevel]);

export function isMessage<Message extends ToWorker | FromWorker>(message: unknown): message is Message {
  return typeof message === "object" && message !== null && "gatewright" in message;
}
