import type { MetricFamily } from "../gateway/metrics.ts";
import type { Hub } from "./hub.ts";
import type { Json } from "./json.ts";
import type { Life } from "./life.ts";

/**
 * Something of a gateway that lives longer than a request: a store with its connections, a list that is fetched again and
 * again, a certificate that is replaced. Its factory only builds, also in a primary process, which evaluates the bundle and
 * connects to nobody; whatever it does, it does from `start` on and through the `Life` that it gets there.
 *
 * The order of a process: `adopt` → `start` of all, in the order of who needs whom → listen → ready → `drain` → the requests
 * in flight end → `stop` in reverse order.
 */
export interface Living {
  /** As people know it, unique in a gateway: `stores.default`, `orders/v1/policies.yaml:7 ipFilter`. */
  readonly name: string;
  /** The gateway does not listen before `start` has succeeded, and does not start where it fails. Others start beside it. */
  readonly required: boolean;
  /** In every process that serves. */
  start?(life: Life): void | Promise<void>;
  /**
   * In one process of the group, which its primary names; when that one ends, in another. `tenure.signal` says when it is
   * over. What is done here must be harmless where two do it for a moment.
   */
  own?(tenure: Life): void | Promise<void>;
  /** In the process that outlives those that serve, or in the only one: answers what the others ask of it. */
  hold?(hub: Hub): void;
  /** Whether requests that need it can be answered as they should be; part of `/readyz`. Absent: always. */
  readiness?(): Readiness;
  /** No further request comes; those in flight go on. */
  drain?(): void;
  /** Behind the last request, or where the start failed: writes what is left, closes connections. Has a deadline. */
  stop?(): void | Promise<void>;
  /** For `/status`: what an operator wants to know of it, never a secret. */
  state?(): Json;
  metrics?(): readonly MetricFamily[];
  /** What the process that takes over goes on from: bounded, nobody waits for it. */
  handOver?(): Json;
  /** Before `start`; `state` is that of a process with the same `schema`, so that two builds do not misread each other. */
  adopt?(state: Json): void;
  /** Names the shape of what is handed over; another shape is not adopted. */
  readonly schema?: string;
}

export type Readiness =
  | { readonly ready: true }
  /** `why`, to be read after the name: `cannot reach redis-1:6379`. */
  | { readonly ready: false; readonly why: string };
