import type { BodyBudget } from "../body/hold.ts";

/** What the public listener of this process has on its hands. */
export interface ServerLoad {
  /** Open connections of clients, and the most that there may be. */
  connections: number;
  readonly mostConnections: number;
  /** Requests that were begun and are not over, and the most that there may be. */
  requests: number;
  readonly mostRequests: number;
  /** Turned away since the start, because there were too many. */
  refusedConnections: number;
  refusedRequests: number;
  /** Requests that could not be read since the start, by what is wrong; undefined where there was none. */
  unread: Map<string, number> | undefined;
  /** Bytes of bodies in memory; undefined where none was held yet. */
  bodies: BodyBudget | undefined;
}

/** How many connections to the endpoints of a service there are, and what else is counted there. */
export interface ServiceLoad {
  readonly name: string;
  /** What is counted for the service as a whole, each since the start. */
  counts?(): readonly ServiceCount[];
  readonly endpoints: readonly { readonly url: string; readonly pool: { readonly size: number; readonly idle: number } }[];
}

export interface ServiceCount {
  /** Without the prefix that all metrics have: `upstream_retries_total`. */
  readonly name: string;
  readonly help: string;
  readonly value: number;
}
