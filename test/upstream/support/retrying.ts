import { createServer, type RequestListener, type Server } from "node:http";
import { onTestFinished } from "vitest";
import type { RetryRules } from "../../../runtime/upstream/attempts/retry-rules.ts";
import {
  createRetryingService,
  type RetryingService,
  type RetryingServiceConfig,
} from "../../../runtime/upstream/attempts/retrying-service.ts";
import { createEndpointLoads } from "../../../runtime/upstream/balance/endpoint-load.ts";
import { createRoundRobin } from "../../../runtime/upstream/balance/round-robin.ts";
import { freePort } from "../../harness/free-port.ts";
import { keptFor } from "../../harness/kept-connections.ts";

/** A service of node:http for the length of a test. */
export interface Origin {
  readonly url: string;
  readonly server: Server;
  /** Requests, and connections, that came. */
  readonly seen: { requests: number; connections: number };
  /** Nothing listens there any more, and every connection is gone. */
  kill(): void;
  /** It listens again where it did. */
  revive(): Promise<void>;
}

export async function origin(listener: RequestListener): Promise<Origin> {
  const seen = { requests: 0, connections: 0 };
  const server = createServer({ keepAliveTimeout: keptFor }, (request, response) => {
    seen.requests++;
    listener(request, response);
  });
  server.on("connection", () => seen.connections++);
  const port = await freePort();
  const revive = (): Promise<void> => new Promise((resolve) => server.listen(port, "127.0.0.1", 2_048, resolve));
  await revive();
  const kill = (): void => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(kill);
  return { url: `http://127.0.0.1:${port}`, server, seen, kill, revive };
}

/** The defaults of the schema. */
export const defaultRetry: RetryingServiceConfig["retry"] = {
  attempts: 3,
  on: ["unsent", "reset", "timeoutHead", 500, 502, 503, 504],
  backoff: { base: 25, max: 250 },
  perTry: 0,
  budget: { ratio: 0.2, min: 10 },
  bodyBytes: 65_536,
};

export interface RetryingChange extends Partial<Omit<RetryingServiceConfig, "retry">> {
  readonly retry?: Partial<RetryingServiceConfig["retry"]>;
}

export function retryingConfig(urls: readonly string[], { retry, ...change }: RetryingChange = {}): RetryingServiceConfig {
  return {
    name: "orders",
    endpoints: urls.map((url) => ({ url, weight: 1 })),
    timeout: { connect: 2_000, response: 30_000 },
    connections: { max: 1_024, pending: 4_096, idle: 4_000, streams: 100 },
    required: false,
    loadBalancer: createRoundRobin(),
    watchers: [createEndpointLoads()],
    ...change,
    retry: { ...defaultRetry, ...retry },
  };
}

export function retrying(urls: readonly string[], change: RetryingChange = {}): RetryingService {
  const service = createRetryingService(retryingConfig(urls, change));
  onTestFinished(() => service.close());
  return service;
}

/** Back-off that takes no time, for tests that are about something else. */
export const atOnce: Pick<RetryRules, "backoff"> = { backoff: { base: 0, max: 0 } };
