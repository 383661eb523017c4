import type { BuildInfo } from "../gateway/build-info.ts";
import type { ListenerConfig } from "../gateway/listener.ts";
import type { WorkerSums } from "../gateway/metrics.ts";
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
  /** Metrics in Prometheus text format 0.0.4, of this process; undefined: the gateway keeps none. */
  readonly metrics: (() => string) | undefined;
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
export function metricsOf({ group, metrics }: AdminSource): (() => string | Promise<string>) | undefined {
  if (group === undefined) return metrics;
  const { workers, sums } = group;
  return sums === undefined ? undefined : () => metricsOfWorkers(workers, sums);
}
