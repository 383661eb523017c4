import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Asked } from "../../../runtime/caching/warming/ranking.ts";
import { SharedRankings } from "../../../runtime/caching/warming/shared-rankings.ts";
import type { RecordStore } from "../../../runtime/stores/store.ts";
import { isFailed } from "../../../runtime/stores/store.ts";
import { RedisServer } from "../../stores/support/redis-server.ts";
import { started, storeOf } from "../../stores/support/redis-store.ts";

let redis: RedisServer;
let store: RecordStore;

beforeAll(async () => {
  redis = await RedisServer.start();
  return () => redis.end();
});

beforeEach(async () => {
  await redis.ask("flushall");
  const made = storeOf(redis.url);
  store = made;
  await started(made);
});

const instance = (): SharedRankings => new SharedRankings(store, "shop", 10);

/** What it is told of others; fails where the store does. */
async function told(shared: SharedRankings, own: readonly Asked[] = []): Promise<readonly Asked[]> {
  const others = await shared.exchange(own);
  if (isFailed(others)) throw new Error(others.failed);
  return others;
}

describe("what instances tell each other", () => {
  test("is added up, without what one knows itself, and outlives those that told it", async () => {
    const [one, two] = [instance(), instance()];
    expect(await told(one, [["a", 4], ["b", 1]])).toEqual([]); // biome-ignore format: one line
    expect(await told(two, [["a", 2]])).toEqual([["a", 4], ["b", 1]].map(([key, count]) => [key, expect.closeTo(count as number, 1)])); // biome-ignore format: one line
    const third = await told(instance());
    expect(third).toEqual([["a", expect.closeTo(6, 1)], ["b", expect.closeTo(1, 1)]]); // biome-ignore format: one line
    // The last word of each counts.
    await told(one, [["c", 1]]);
    expect((await told(two)).map(([key]) => key)).toEqual(["c"]);
  });

  test("has a bound: beyond 64 instances, those that were silent for longest go", async () => {
    for (let index = 0; index < 70; index++) {
      const shared = instance();
      await told(shared);
      await told(shared, [[`of ${index}`, 1]]);
    }
    // As many as there is room for, and the last one among them.
    const last = new SharedRankings(store, "shop", 100);
    const found = (await told(last)).map(([key]) => key);
    expect(found).toHaveLength(64);
    expect(found).toContain("of 69");
    for (let index = 0; index < 6; index++) expect(found).not.toContain(`of ${index}`);
  });

  test("is left out where no gateway can have written it", async () => {
    await told(instance(), [["good", 1]]);
    const records = store.records("shop:most-asked");
    for (const [
      key,
      text,
    ] of [["a", "not JSON"], ["b", "7"], ["c", '{"at":"x"}'], ["d", '{"at":1,"asked":[["x",-1],3]}']] as const) // biome-ignore format: one line
      await records.put(key, text, 60_000, 1_000);
    expect((await told(instance())).map(([key]) => key)).toEqual(["good"]);
  });

  test("while the store is out of reach, nobody is told anything, and nothing is thrown", async () => {
    const server = await RedisServer.start();
    onTestFinished(() => server.end());
    const other = storeOf(server.url, { timeout: 200 });
    await started(other);
    const shared = new SharedRankings(other, "shop", 10);
    expect(isFailed(await shared.exchange([["a", 1]]))).toBe(false);
    await server.end();
    expect(isFailed(await shared.exchange([["a", 1]]))).toBe(true);
  });
});
