import { describe, expect, it, onTestFinished } from "vitest";
import { createRedisEntries } from "../../runtime/stores/redis/redis-entries.ts";
import { freePort } from "../harness/free-port.ts";
import { stillMonotonic } from "../harness/still-clock.ts";
import { entryOf, whose } from "./support/entry-of.ts";
import { RedisServer, type ServerOptions, until } from "./support/redis-server.ts";
import { limits, outcome, started, startedStore, startValue, storeOf } from "./support/redis-store.ts";
import { sentinelGroup } from "./support/sentinel-group.ts";

async function own(options: ServerOptions): Promise<RedisServer> {
  const server = await RedisServer.start(options);
  onTestFinished(() => server.end());
  return server;
}

describe("a primary that Sentinels watch", () => {
  it("is followed to its successor, with what was replicated", async () => {
    const { primary, replica, where } = await sentinelGroup();
    const { store } = await startedStore(where, { timeout: 1_000, breaker: { misses: 1, open: 20 } });
    const counters = store.counters(limits.bucket(3));
    expect([await outcome(counters), await outcome(counters)]).toEqual(["passed", "passed"]);
    await until("it is replicated", async () => ((await replica.ask("keys", "*")) as string[]).length === 1);
    await primary.stop();
    await until("it fails", async () => (await outcome(counters, "other")) === "failed");
    const outcomes: string[] = [];
    await until("the successor answers", async () => {
      const one = await outcome(counters);
      if (one !== "failed") outcomes.push(one);
      return outcomes.length === 2;
    });
    expect(outcomes).toEqual(["passed", "refused"]);
  });

  it("is left at once where it is made a replica by hand, although the connection stands (redis-py#435)", async () => {
    const { replica, where, switchOver } = await sentinelGroup();
    const { store } = await startedStore(where, { timeout: 1_000, breaker: { misses: 1, open: 20 } });
    const counters = store.counters(limits.bucket(5));
    expect(await outcome(counters)).toBe("passed");
    await switchOver();
    await until("the new primary is asked", async () => {
      await outcome(counters, "other");
      const asked = await Promise.all([replica.calls("set"), replica.calls("evalsha")]).catch(() => [0]);
      return asked.some((count) => count > 0);
    });
    await until("it answers", async () => (await outcome(counters, "third")) === "passed");
  });
});

describe("a cluster of three", () => {
  async function cluster(): Promise<RedisServer[]> {
    const nodes: RedisServer[] = [];
    for (let index = 0; index < 3; index++)
      nodes.push(await own({ port: await freePort(), args: ["--cluster-enabled", "yes", "--cluster-node-timeout", "60000"] }));
    const slots = [0, 5461, 10_923, 16_384];
    for (const [index, node] of nodes.entries())
      await node.ask("cluster", "addslotsrange", String(slots[index]), String(slots[index + 1]! - 1));
    for (const node of nodes.slice(1)) await nodes[0]!.ask("cluster", "meet", "127.0.0.1", String(node.port));
    for (const node of nodes)
      await until("the cluster stands", async () => {
        const info = String(await node.ask("cluster", "info"));
        return info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3");
      });
    return nodes;
  }

  it("counts limits by address and by subject, on whatever node they are (litellm#14968)", async () => {
    const nodes = await cluster();
    const where = { kind: "cluster", urls: [startValue(nodes[0]!.url)] } as const;
    const [one, other] = [await startedStore(where), await startedStore(where)];
    const byAddress = [one, other].map(({ store }) => store.counters({ ...limits.bucket(10), id: "by address" }));
    const bySubject = [one, other].map(({ store }) => store.counters({ ...limits.sliding(10), id: "by subject" }));
    const callers = Array.from({ length: 30 }, (_, index) => `caller ${index}`);
    const asked = callers.flatMap((caller) =>
      Array.from({ length: 12 }, (_, index) =>
        Promise.all([outcome(byAddress[index % 2]!, caller), outcome(bySubject[index % 2]!, caller)]),
      ),
    );
    const outcomes = (await Promise.all(asked)).flat();
    expect(outcomes.filter((outcome_) => outcome_ === "failed")).toEqual([]);
    expect(outcomes.filter((outcome_) => outcome_ === "passed")).toHaveLength(30 * 10 * 2);
    // All nodes take part.
    for (const node of nodes) expect(((await node.ask("keys", "*")) as string[]).length).toBeGreaterThan(0);
  });

  it("keeps entries with all that is about their base in one slot, and bytes reach every node", async () => {
    const nodes = await cluster();
    const store = storeOf({ kind: "cluster", urls: [startValue(nodes[0]!.url)] });
    const entries = createRedisEntries().open(store);
    await started(store);
    const text = String.fromCharCode(...Array.from({ length: 3_000 }, (_, index) => index % 256));
    const ask = { known: "", owner: "of-the-owner", lease: 60_000, newMark: "of-the-base!", markSpan: 60_000 };
    const entry = entryOf("v1", ask.newMark, { text });
    await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const place = entries.at(`base${index}`, "key", whose);
        expect(await place.lead("work", ask)).toMatchObject({ state: "mine", mark: ask.newMark });
        expect(await place.write(entry, "work", ask.owner)).toBe(1);
        expect(await place.read()).toMatchObject({ entry, mark: ask.newMark });
        if (index % 2 === 0) expect(await entries.drop(`base${index}`)).toBe(true);
        expect((await place.read()) === undefined).toBe(index % 2 === 0);
      }),
    );
    for (const node of nodes) expect(((await node.ask("keys", "*")) as string[]).length).toBeGreaterThan(0);
  });

  it("fails for the keys of a node that is frozen, and for no others", async () => {
    const nodes = await cluster();
    const time = stillMonotonic();
    const { store } = await startedStore(
      { kind: "cluster", urls: nodes.map(({ url }) => startValue(url)) },
      { timeout: 200, breaker: { misses: 1, open: 60_000 } },
    );
    const counters = store.counters(limits.bucket(100));
    const callers = Array.from({ length: 60 }, (_, index) => `caller ${index}`);
    const keys = async (): Promise<number> => ((await nodes[2]!.ask("keys", "*")) as string[]).length;
    const lost: string[] = [];
    for (const caller of callers) {
      const before = await keys();
      expect(await outcome(counters, caller)).toBe("passed");
      if ((await keys()) > before) lost.push(caller);
    }
    expect(lost.length).toBeGreaterThan(1);
    nodes[2]!.freeze();
    // The first call waits for it; the others wait for nothing, since time stands still.
    const late = outcome(counters, lost[0]!);
    time.pass(200);
    expect(await late).toBe("failed");
    for (const caller of callers.filter((one) => one !== lost[0]))
      expect([caller, await outcome(counters, caller)]).toEqual([caller, lost.includes(caller) ? "failed" : "passed"]);
    nodes[2]!.thaw();
    expect(store.state()).toMatchObject({ failures: { deadline: 1, breaker: lost.length - 1 } });
  });
});
