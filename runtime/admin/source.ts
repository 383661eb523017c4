import type { BuildInfo } from "../gateway/build-info.ts";
import type { ListenerConfig } from "../gateway/listener.ts";
import type { Exposition, WorkerSums } from "../gateway/metrics.ts";
import type { Operation } from "../gateway/operation.ts";
import type { ThingReport } from "../life/thing-report.ts";
import type { LogLevel } from "../log/level.ts";
import type { Service } from "../upstream/service.ts";
import type { AdminRoute } from "./route.ts";
import { metricsOfWorkers, thingsOfWorkers, type Workers } from "./workers.ts";

/** What the admin listener asks of the process it runs in. */
export interface AdminSource {
  readonly listener: ListenerConfig;
  /** Contributed by what the gateway has. */
  readonly routes: readonly AdminRoute[];
  readonly services: readonly Service[];
  readonly operations: readonly Operation[];
  /** Metrics of this process, in the format that an `Accept` field asks for; undefined: the gateway keeps none. */
  readonly metrics: ((accept: string) => Promise<Exposition>) | undefined;
  /** Where other processes serve: they are asked for what this one would say otherwise. */
  readonly group?: AskedGroup;
  isDraining(): boolean;
  /** What serves at the moment. */
  status(): GatewayStatus;
  /** Of this process and all others of the group, those that start later among them. */
  setLogLevel(level: LogLevel): void;
  /** Living things of this process. Absent: there are none. */
  things?(): readonly ThingReport[];
}

export interface AskedGroup {
  readonly workers: Workers;
  /** Where their metrics are added up; undefined: the gateway keeps none. */
  readonly sums: WorkerSums | undefined;
  /** Whether anything lives in them. */
  readonly lives: boolean;
}

export interface GatewayStatus {
  readonly gateway: string;
  readonly build: BuildInfo | undefined;
  readonly workers: number;
}

/** Living things, wherever they live. */
export function thingsOf({ group, things }: AdminSource): readonly ThingReport[] | Promise<readonly ThingReport[]> {
  if (group === undefined) return things?.() ?? [];
  return group.lives ? thingsOfWorkers(group.workers) : [];
}

/** Metrics of all that serve; undefined: the gateway keeps none. */
export function metricsOf({ group, metrics }: AdminSource): ((accept: string) => Promise<Exposition>) | undefined {
  if (group === undefined) return metrics;
  const { workers, sums } = group;
  if (sums === undefined) return undefined;
  const asking = once(() => metricsOfWorkers(workers, sums));
  return async (accept) => {
    await asking();
    return sums.expose(accept);
  };
}

/** Who asks while others wait gets what they get: two reports of one worker would be mixed up. */
function once(ask: () => Promise<void>): () => Promise<void> {
  let asked: Promise<void> | undefined;
  const begin = async (): Promise<void> => {
    try {
      await ask();
    } finally {
      asked = undefined;
    }
  };
  return () => (asked ??= begin());
}
