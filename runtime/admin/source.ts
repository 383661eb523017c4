import type { BuildInfo } from "../gateway/build-info.ts";
import type { ListenerConfig } from "../gateway/listener.ts";
import type { ThingReport } from "../life/thing-report.ts";
import type { LogLevel } from "../log/level.ts";
import type { Service } from "../upstream/service.ts";
import type { AdminAnswer, AdminRequest, AdminRoute } from "./route.ts";

/** What the admin listener asks of the process it runs in. */
export interface AdminSource {
  readonly listener: ListenerConfig;
  /** Contributed by what the gateway has. */
  readonly routes: readonly AdminRoute[];
  readonly services: readonly Service[];
  /** Metrics in Prometheus text format 0.0.4. Undefined: the gateway keeps none. */
  readonly metrics: (() => string | Promise<string>) | undefined;
  isDraining(): boolean;
  /** What serves at the moment. */
  status(): GatewayStatus;
  /** Of this process and all others of the group, those that start later among them. */
  setLogLevel(level: LogLevel): void;
  /** Answers of the processes that serve, to a route that is not answered by the holder. Absent: this one serves itself. */
  ask?(route: AdminRoute, request: AdminRequest): Promise<AdminAnswer>;
  /** Living things as the processes that serve know them: each once, as unready as the least ready. Absent: there are none. */
  things?(): readonly ThingReport[] | Promise<readonly ThingReport[]>;
}

export interface GatewayStatus {
  readonly gateway: string;
  readonly build: BuildInfo | undefined;
  readonly workers: number;
}
