import { createNearSpaces } from "../../../runtime/caching/shared/near-space.ts";
import { createSharedSpaces } from "../../../runtime/caching/shared/shared-space.ts";
import type { CacheConfig } from "../../../runtime/policies/cache/config.ts";
import { createMemoryStore } from "../../../runtime/stores/memory/memory-store.ts";
import type { RedisStoreConfig } from "../../../runtime/stores/redis/config.ts";
import { createRedisEntries } from "../../../runtime/stores/redis/redis-entries.ts";
import { departureOf } from "../../../runtime/upstream/cached/departure.ts";
import type { RedisServer } from "../../stores/support/redis-server.ts";
import { startedStore } from "../../stores/support/redis-store.ts";
import { cachedBefore, HeldService } from "./support.ts";

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
  const { store } = await startedStore(server.url, change);
  const entries = createRedisEntries();
  const memory = createMemoryStore({ name: "default", maxBytes: 10_000_000 });
  const answers = checkAfter === undefined ? createSharedSpaces({ entries }) : createNearSpaces({ entries, memory, checkAfter });
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
