import type { Socket } from "node:net";
import { onTestFinished } from "vitest";
import { createMemorySpaces } from "../../../runtime/caching/memory-space.ts";
import type { Slot } from "../../../runtime/exchange/exchange.ts";
import type { Operation } from "../../../runtime/gateway/operation.ts";
import { createRequestTime, type RequestTimeConfig } from "../../../runtime/http/request-time.ts";
import type { CacheConfig } from "../../../runtime/policies/cache/config.ts";
import { createCache } from "../../../runtime/policies/cache/index.ts";
import { type Serving, serve } from "../../../runtime/process/serve.ts";
import { createMemoryStore } from "../../../runtime/stores/memory/memory-store.ts";
import { forwardCached } from "../../../runtime/upstream/cached/forward-cached.ts";
import { gateway, operation, plainForward, service } from "../../runtime/support/gateway.ts";
import { RawClient } from "../../runtime/support/raw-client.ts";
import { rawUpstream } from "../../runtime/support/raw-upstream.ts";

/** A request that waits for the test to answer it. */
export interface Held {
  readonly head: string;
  readonly socket: Socket;
  /** Sends bytes of an answer. */
  send(text: string): void;
}

/** A service whose answers the test gives. */
export class HeldService {
  readonly requests: Held[] = [];
  #wake: (() => void)[] = [];

  async start(): Promise<string> {
    const upstream = await rawUpstream((socket) => {
      let text = "";
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
        for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
          this.requests.push({ head: text.slice(0, end), socket, send: (bytes) => void socket.write(bytes, "latin1") });
          text = text.slice(end + 4);
        }
        for (const wake of this.#wake.splice(0)) wake();
      });
    });
    onTestFinished(() => upstream.close());
    return upstream.url;
  }

  /** Waits until so many requests have come, and gives the last of them. */
  async arrived(count: number): Promise<Held> {
    while (this.requests.length < count) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return this.requests[count - 1]!;
  }
}

export const cacheConfig = (change: Partial<CacheConfig> = {}): CacheConfig => ({
  store: createMemoryStore({ name: "default", maxBytes: 10_000_000 }),
  answers: createMemorySpaces(),
  targets: null,
  name: "test",
  rules: {
    isPersonal: false,
    isShared: false,
    ttl: undefined,
    negativeTtl: undefined,
    guesses: false,
    keepsCookies: false,
    stripsCookies: false,
    keepsRefusals: false,
    written: [],
  },
  key: [],
  byIdentity: false,
  query: null,
  negotiation: null,
  fields: null,
  staleWhileRevalidate: 0,
  staleIfError: 0,
  maxBytes: 1_000_000,
  clientsMayRevalidate: false,
  isAltered: false,
  purging: null,
  counts: null,
  slot: 0 as Slot,
  ...change,
});

/** A gateway with a cache in front of a service that the test is. */
export async function cached(
  change: Partial<CacheConfig> = {},
  time?: RequestTimeConfig,
): Promise<{ port: number; held: HeldService; serving: Serving }> {
  const held = new HeldService();
  return { held, ...(await cachedBefore(await held.start(), change, time)) };
}

/** One of several in front of the same service. */
export async function cachedBefore(
  url: string,
  change: Partial<CacheConfig> = {},
  time?: RequestTimeConfig,
): Promise<{ port: number; serving: Serving }> {
  const target = service([url]);
  const cache = createCache(cacheConfig(change));
  const cachedOperation: Operation = operation({
    request: (x) => forwardCached(x, target, plainForward, cache),
    upstreamRequest: (x, upstream) => cache.upstreamRequest(x, upstream),
    response: (x) => cache.response(x),
  });
  const made = gateway(cachedOperation);
  const listener = { ...made.listeners.public, ...(time === undefined ? {} : { time: createRequestTime(time) }) };
  const serving = await serve({ ...made, listeners: { ...made.listeners, public: listener } }, { drainTimeout: 0 });
  onTestFinished(() => serving.close());
  return { port: serving.port, serving };
}

/** Sends a request on a connection of its own. */
export function ask(port: number, request: string): RawClient {
  const client = new RawClient(port).write(request);
  onTestFinished(() => client.close());
  return client;
}
