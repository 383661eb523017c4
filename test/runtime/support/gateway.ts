import type { Exchange } from "../../../runtime/exchange/exchange.ts";
import type { Gateway } from "../../../runtime/gateway/gateway.ts";
import type { Operation } from "../../../runtime/gateway/operation.ts";
import { notFound } from "../../../runtime/http/unmatched.ts";
import { type Serving, serve } from "../../../runtime/process/serve.ts";
import { createManagedService } from "../../../runtime/upstream/attempts/managed-service.ts";
import { createRoundRobin } from "../../../runtime/upstream/balance/round-robin.ts";
import { type ForwardConfig, forward } from "../../../runtime/upstream/forward.ts";
import { createService, type Service, type ServiceConfig } from "../../../runtime/upstream/service.ts";
import { everyPart } from "../../harness/every-part.ts";

export function service(urls: readonly string[], change: Partial<ServiceConfig> = {}): Service {
  const config: ServiceConfig = {
    name: "orders",
    endpoints: urls.map((url) => ({ url, weight: 1 })),
    timeout: { connect: 2_000, response: 30_000 },
    connections: { max: 1_024, pending: 4_096, idle: 4_000, streams: 100 },
    required: false,
    ...change,
  };
  return urls.length === 1
    ? createService(config)
    : createManagedService({ ...config, loadBalancer: createRoundRobin(), watchers: [] });
}

export const plainForward: ForwardConfig = { strip: 0, prepend: "", responseTimeout: 0, idleTimeout: 300_000 };

export function operation(change: Partial<Operation> = {}): Operation {
  return {
    index: 0,
    id: "orders.v1.any",
    api: "orders",
    version: "v1",
    method: "*",
    template: "/**",
    service: "orders",
    request() {},
    preflight: null,
    upstreamRequest: null,
    response: null,
    done: null,
    ...change,
  };
}

/** Sends everything to the service, and remembers exchanges that are done. */
export function forwarding(target: Service, change: Partial<Operation> = {}, config: ForwardConfig = plainForward): Operation {
  return operation({ request: (x) => forward(x, target, config), ...change });
}

/** A hand-built gateway: every path belongs to `any` unless `match` says otherwise. */
export function gateway(any: Operation, change: Partial<Gateway> = {}, trustedProxies: readonly string[] = []): Gateway {
  return {
    name: "test",
    pseudonym: "gatewright (test 0)",
    listeners: {
      public: { host: "127.0.0.1", port: 0, trustedProxies },
      admin: { host: "127.0.0.1", port: 0, trustedProxies: [], names: ["shop.example.com"] },
    },
    services: [],
    operations: [any],
    match: () => any,
    allow: () => "",
    unmatched: operation({ index: 1, id: "unmatched", service: "", request: notFound }),
    metrics: undefined,
    parts: everyPart,
    ...change,
  };
}

/** Exchanges in the order in which their done hooks ran, and a way to wait for the next. */
export class DoneLog {
  readonly seen: Exchange[] = [];
  #waiting: (() => void)[] = [];

  readonly hook = (x: Exchange): void => {
    this.seen.push(x);
    for (const wake of this.#waiting.splice(0)) wake();
  };

  async take(): Promise<Exchange> {
    while (this.seen.length === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.seen.shift()!;
  }
}

/** Serves for the length of one test. */
export async function using(built: Gateway, body: (serving: Serving) => Promise<void>): Promise<void> {
  const serving = await serve(built, { drainTimeout: 0 });
  try {
    await body(serving);
  } finally {
    await serving.close();
  }
}
