import { expect, onTestFinished, vi } from "vitest";
import type { AnswersIn } from "../../../runtime/caching/answer-store.ts";
import { createNearSpaces } from "../../../runtime/caching/shared/near-space.ts";
import { createSharedSpaces } from "../../../runtime/caching/shared/shared-space.ts";
import { createHousehold } from "../../../runtime/life/household.ts";
import type { CacheConfig } from "../../../runtime/policies/cache/config.ts";
import type { EntriesIn } from "../../../runtime/stores/entries.ts";
import type { MemcachedStoreConfig } from "../../../runtime/stores/memcached/config.ts";
import { createMemcachedEntries } from "../../../runtime/stores/memcached/memcached-entries.ts";
import { createMemcachedStore } from "../../../runtime/stores/memcached/memcached-store.ts";
import { createMemoryStore } from "../../../runtime/stores/memory/memory-store.ts";
import type { RedisStoreConfig } from "../../../runtime/stores/redis/config.ts";
import { createRedisEntries } from "../../../runtime/stores/redis/redis-entries.ts";
import { departureOf } from "../../../runtime/upstream/cached/departure.ts";
import { NotedLog } from "../../life/support/things.ts";
import { get, type RawAnswer } from "../../runtime/support/raw-client.ts";
import { ok } from "../../runtime/support/raw-upstream.ts";
import type { MemcachedServer } from "../../stores/support/memcached-server.ts";
import { type RedisServer, until } from "../../stores/support/redis-server.ts";
import { started, startValue, storeOf } from "../../stores/support/redis-store.ts";
import { ask, cachedBefore, HeldService } from "./support.ts";

export const kept = "Cache-Control: max-age=60\r\n";

export interface Setup {
  readonly cache?: Partial<CacheConfig>;
  readonly store?: Partial<RedisStoreConfig>;
  /** Copies in memory, checked after so many milliseconds. */
  readonly checkAfter?: number;
}

function answersIn(entries: EntriesIn, checkAfter: number | undefined): AnswersIn {
  const memory = createMemoryStore({ name: "default", maxBytes: 10_000_000 });
  return checkAfter === undefined ? createSharedSpaces({ entries }) : createNearSpaces({ entries, memory, checkAfter });
}

/** As a gateway is built whose answers are in Redis. */
export async function inRedis(
  server: RedisServer,
  { cache, store: change, checkAfter }: Setup = {},
): Promise<Partial<CacheConfig>> {
  const store = storeOf(server.url, change);
  const answers = answersIn(createRedisEntries(), checkAfter);
  // As in a gateway: all is made before anything starts.
  answers.open(store);
  await started(store);
  return { store, answers, departure: departureOf, ...cache };
}

/** As a gateway is built whose answers are in Memcached. */
export async function inMemcached(
  servers: readonly MemcachedServer[],
  change: Partial<MemcachedStoreConfig> = {},
  checkAfter?: number,
): Promise<Partial<CacheConfig>> {
  const store = createMemcachedStore({
    name: "pages",
    from: "gateway.yaml:7",
    servers: servers.map(({ address }) => startValue(address)),
    keyPrefix: "shop:",
    timeout: 20_000,
    inFlight: 1_000,
    breaker: { misses: 3, open: 100 },
    maxItemBytes: 1_048_576,
    ...change,
  });
  const answers = answersIn(createMemcachedEntries(), checkAfter);
  answers.open(store);
  const household = createHousehold([store], 1, new NotedLog());
  onTestFinished(() => household.stop());
  await household.start();
  await until("the servers are connected", () => store.readiness().ready);
  return { store, answers, departure: departureOf };
}

/** Instances of a gateway, and the service that they share. */
export async function instances(count: number, server: RedisServer, setup: Setup = {}) {
  await server.ask("flushall");
  return instancesOf(count, () => inRedis(server, setup));
}

export async function instancesOf(count: number, made: () => Promise<Partial<CacheConfig>>) {
  const held = new HeldService();
  const url = await held.start();
  const ports: number[] = [];
  for (let index = 0; index < count; index++) ports.push((await cachedBefore(url, await made())).port);
  return { held, ports: ports as [number, number, ...number[]] };
}

export const put = (path: string): string => `PUT ${path} HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: 0\r\n\r\n`;
export const noContent = "HTTP/1.1 204 No Content\r\n\r\n";

/** Waits until what was fetched is in the store. */
export const hit = (port: number, path: string, fields = ""): Promise<RawAnswer> =>
  vi.waitFor(async () => {
    const answer = await ask(port, get(path, fields)).answer();
    expect(answer.field("cache-status")).toMatch(/^test; hit/);
    return answer;
  });

/** Lets time pass until the service has had so many requests. */
export const passing = (held: HeldService, count: number, pass: () => void): Promise<void> =>
  vi.waitFor(
    () => {
      pass();
      expect(held.requests.length).toBe(count);
    },
    { interval: 20 },
  );

/** Asks for something that is kept or not; the service gives `body` where it is asked. */
export async function askedFor(held: HeldService, port: number, path: string, body: string): Promise<RawAnswer> {
  const before = held.requests.length;
  const answer = ask(port, get(path)).answer();
  await Promise.race([held.arrived(before + 1), answer]);
  held.requests[before]?.send(ok(body, kept));
  return answer;
}
