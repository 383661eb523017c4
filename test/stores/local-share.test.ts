import { describe, expect, it, onTestFinished } from "vitest";
import { createLocalShare } from "../../runtime/stores/redis/local-share.ts";
import type { Counters } from "../../runtime/stores/store.ts";
import { freePort } from "../harness/free-port.ts";
import { RedisServer, until } from "./support/redis-server.ts";
import { limits, outcome, started, storeOf } from "./support/redis-store.ts";

const limit = { ...limits.bucket(100), local: createLocalShare() };

async function passed(counters: Counters): Promise<number> {
  const outcomes: string[] = [];
  for (let time = 0; time < 120; time++) outcomes.push(await outcome(counters));
  expect(outcomes).not.toContain("failed");
  return outcomes.filter((one) => one === "passed").length;
}

describe("a process that counts alone while the store fails (`onStoreFailure: local`)", () => {
  it("counts the share of one of four workers, also where the store could not be reached when they started", async () => {
    const store = storeOf(`redis://127.0.0.1:${await freePort()}`, { required: false });
    const counters = store.counters(limit);
    await started(store, 4);
    expect(await passed(counters)).toBe(25);
  });

  it("counts its share among all instances that were there last, by what users of the ACL are permitted", async () => {
    const server = await RedisServer.start();
    onTestFinished(() => server.end());
    const commands = "+eval +evalsha +get +set +del +time +pttl +pexpire +zadd +zrange +zremrangebyscore +info".split(" ");
    await server.ask("acl", "setuser", "gateway", "reset", "on", ">secret", "~shop:*", ...commands);
    const url = server.url.replace("//", "//gateway:secret@");
    const instances = Array.from({ length: 4 }, () => storeOf(url, { breaker: { misses: 1, open: 60_000 } }));
    const counters = instances.map((store) => store.counters(limit));
    // The last one knows of the three that were there before.
    for (const store of instances) await started(store);
    await until("all have said that they are there", async () => (await server.calls("zadd")) >= 4);
    await until("the last one has heard of it", async () => (await outcome(counters[3]!, "other")) === "passed");
    await server.stop();
    expect(await passed(counters[3]!)).toBe(25);
  });
});
