import { onTestFinished } from "vitest";
import type { StartValue } from "../../../runtime/exchange/exchange.ts";
import { createHousehold } from "../../../runtime/life/household.ts";
import { createEvenWindows, FixedWindow } from "../../../runtime/limits/fixed-window.ts";
import { SlidingWindow } from "../../../runtime/limits/sliding-window.ts";
import { TokenBucket } from "../../../runtime/limits/token-bucket.ts";
import type { RedisStoreConfig, RedisServer as Where } from "../../../runtime/stores/redis/config.ts";
import { createRedisStore, type RedisStore } from "../../../runtime/stores/redis/redis-store.ts";
import { createFixedWindowScript } from "../../../runtime/stores/redis/scripts/fixed-window.ts";
import { createSlidingWindowScript } from "../../../runtime/stores/redis/scripts/sliding-window.ts";
import { createTokenBucketScript } from "../../../runtime/stores/redis/scripts/token-bucket.ts";
import { type Counters, type Failed, type Given, isFailed, type LimitConfig, type Taken } from "../../../runtime/stores/store.ts";
import { NotedLog } from "../../life/support/things.ts";

/** Values that are read at start are plain text by then. */
export const startValue = (text: string): StartValue => text as StartValue;

export interface StartedStore {
  readonly store: RedisStore;
  readonly log: NotedLog;
  stop(): Promise<void>;
}

/** A store of one of several instances of a gateway, before its start. */
export function storeOf(server: string | Where, change: Partial<RedisStoreConfig> = {}): RedisStore {
  const where: Where = typeof server === "string" ? { kind: "single", url: startValue(server) } : server;
  return createRedisStore({
    name: "default",
    gateway: "shop",
    from: "gateway.yaml:7",
    server: where,
    keyPrefix: "shop:",
    // Longer than any server is kept waiting by the machine; who tests failures sets another.
    timeout: 20_000,
    inFlight: 1000,
    breaker: { misses: 3, open: 1000 },
    required: true,
    ...change,
  });
}

/** A store that has started. Ends with the test. */
export async function startedStore(server: string | Where, change: Partial<RedisStoreConfig> = {}): Promise<StartedStore> {
  return started(storeOf(server, change));
}

/** `workers`: how many serve in its group, of which it is the last. */
export async function started(store: RedisStore, workers = 1): Promise<StartedStore> {
  const log = new NotedLog();
  const household = createHousehold([store], workers, log);
  onTestFinished(() => household.stop());
  await household.start();
  return { store, log, stop: () => household.stop() };
}

/** A limit by each law, that nothing is given back of while a test lasts. */
export const limits: Readonly<Record<"bucket" | "sliding" | "fixed", (limit: number, window?: number) => LimitConfig>> = {
  bucket: (limit, window = 86_400_000) => ({
    id: "bucket",
    law: new TokenBucket({ limit, window, burst: limit }),
    script: createTokenBucketScript({ limit, window, burst: limit }),
    maxKeys: 1000,
  }),
  sliding: (limit, window = 86_400_000) => ({
    id: "sliding",
    law: new SlidingWindow({ limit, window }),
    script: createSlidingWindowScript({ limit, window }),
    maxKeys: 1000,
  }),
  fixed: (limit, window = 100 * 86_400_000) => ({
    id: "fixed",
    law: new FixedWindow({ limit, windows: createEvenWindows({ window }) }),
    script: createFixedWindowScript({ limit, windows: createEvenWindows({ window }) }),
    maxKeys: 1000,
  }),
};

export const answerOf = async (given: Given<Taken>): Promise<Taken | Failed> => given;

/** `passed`, `refused` or `failed`. */
export async function outcome(counters: Counters, key = "caller", cost = 1): Promise<"passed" | "refused" | "failed"> {
  const answer = await counters.take(key, cost);
  return isFailed(answer) ? "failed" : answer.passed ? "passed" : "refused";
}
