import { expect, vi } from "vitest";
import { createNearSpaces } from "../../../runtime/caching/shared/near-space.ts";
import { createSharedSpaces } from "../../../runtime/caching/shared/shared-space.ts";
import type { CacheConfig } from "../../../runtime/policies/cache/config.ts";
import { createMemoryStore } from "../../../runtime/stores/memory/memory-store.ts";
import type { RedisStoreConfig } from "../../../runtime/stores/redis/config.ts";
import { createRedisEntries } from "../../../runtime/stores/redis/redis-entries.ts";
import { departureOf } from "../../../runtime/upstream/cached/departure.ts";
import { get, type RawAnswer } from "../../runtime/support/raw-client.ts";
import type { RedisServer } from "../../stores/support/redis-server.ts";
import { started, storeOf } from "../../stores/support/redis-store.ts";
import { ask, cachedBefore, HeldService } from "./support.ts";

export const kept = "Cache-Control: max-age=60\r\n";

export interface Setup {
  readonly cache?: Partial<CacheConfig>;
  readonly store?: Partial<RedisStoreConfig>;
  /** Copies in memory, checked after so many milliseconds. */
  readonly checkAfter?: number;
}

/** As a gateway is built whose answers are in Redis. */
export async function inRedis(
  server: RedisServer,
  { cache, store: change, checkAfter }: Setup = {},
): Promise<Partial<CacheConfig>> {
  const store = storeOf(server.url, change);
  const entries = createRedisEntries();
  const memory = createMemoryStore({ name: "default", maxBytes: 10_000_000 });
  const answers = checkAfter === undefined ? createSharedSpaces({ entries }) : createNearSpaces({ entries, memory, checkAfter });
  // As in a gateway: all is made before anything starts.
  answers.open(store);
  await started(store);
  return { store, answers, departure: departureOf, ...cache };
}

/** Instances of a gateway, and the service that they share. */
export async function instances(count: number, server: RedisServer, setup: Setup = {}) {
  await server.ask("flushall");
  const held = new HeldService();
  const url = await held.start();
  const ports: number[] = [];
  for (let index = 0; index < count; index++) ports.push((await cachedBefore(url, await inRedis(server, setup))).port);
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
