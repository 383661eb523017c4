import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Counters, isFailed } from "../../runtime/stores/store.ts";
import { programs, RedisServer, until } from "./support/redis-server.ts";
import { limits, outcome, startedStore } from "./support/redis-store.ts";

const left = async (counters: Counters, key = "caller"): Promise<number> => {
  const standing = await counters.look(key);
  if (isFailed(standing)) throw new Error(standing.failed);
  return standing.left;
};

describe.each(programs)("a store in %s", (program) => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start({ program });
  });
  afterAll(() => server.end());
  beforeEach(async () => void (await server.ask("flushall")));

  const countersOf = async (limit: ReturnType<(typeof limits)["bucket"]>): Promise<Counters> =>
    (await startedStore(server.url)).store.counters(limit);

  describe.each(Object.entries(limits))("a limit by %s", (_name, limit) => {
    it("counts exactly over several instances that ask at the same time", async () => {
      const instances = await Promise.all(Array.from({ length: 4 }, () => countersOf(limit(100))));
      const outcomes = await Promise.all(Array.from({ length: 400 }, (_, index) => outcome(instances[index % 4]!)));
      expect(outcomes.filter((one) => one === "passed")).toHaveLength(100);
      expect(outcomes.filter((one) => one === "refused")).toHaveLength(300);
    });

    it("says what is left, when it will be more, and when the same would pass", async () => {
      const counters = await countersOf(limit(10));
      expect(await counters.take("caller", 4)).toMatchObject({ passed: true, left: 6, retryIn: 0 });
      expect(await counters.take("caller", 7)).toMatchObject({ passed: false, left: 6 });
      const refused = await counters.take("caller", 8);
      if (isFailed(refused)) throw new Error(refused.failed);
      expect(refused.retryIn).toBeGreaterThan(0);
      expect(refused.moreIn).toBeGreaterThan(0);
      expect(await counters.take("caller", 11)).toMatchObject({ passed: false, retryIn: Number.POSITIVE_INFINITY });
      expect(await left(counters)).toBe(6);
    });

    it("settles what was known only afterwards: beyond the limit, or given back", async () => {
      const counters = await countersOf(limit(1000));
      const more = await counters.take("more", 100);
      const less = await counters.take("less", 100);
      if (isFailed(more) || isFailed(less)) throw new Error("the store failed");
      counters.settle("more", 100, more.at, 1200);
      counters.settle("less", 100, less.at, 30);
      expect(await left(counters, "more")).toBe(0);
      expect(await outcome(counters, "more", 0)).toBe("refused");
      expect(await left(counters, "less")).toBe(970);
    });

    it("passes a cost of nothing while anything is left", async () => {
      const counters = await countersOf(limit(1));
      expect([await outcome(counters, "caller", 0), await outcome(counters), await outcome(counters, "caller", 0)]).toEqual([
        "passed",
        "passed",
        "refused",
      ]);
    });

    it("gives every key a life span, also one that was found without (redis#4548, zuul-ratelimit#162)", async () => {
      const counters = await countersOf(limit(5));
      await counters.take("caller", 1);
      const [key] = (await server.ask("keys", "*")) as string[];
      expect(key).toMatch(/^shop:gw:\{[\w-]{12}:[\w-]{22}\}:\w1$/);
      expect(await server.ask("pttl", key!)).toBeGreaterThan(0);
      await server.ask("persist", key!);
      expect(await server.ask("pttl", key!)).toBe(-1);
      await counters.look("caller");
      expect(await server.ask("pttl", key!)).toBeGreaterThan(0);
    });

    it("forgets a caller that is reset", async () => {
      const counters = await countersOf(limit(1));
      expect([await outcome(counters), await outcome(counters)]).toEqual(["passed", "refused"]);
      expect(await counters.reset("caller")).toBe(true);
      expect(await outcome(counters)).toBe("passed");
    });

    it("asks nobody again about a caller that is over", async () => {
      const counters = await countersOf(limit(1));
      await outcome(counters);
      await outcome(counters);
      const before = await server.calls("evalsha");
      for (let time = 0; time < 100; time++) expect(await outcome(counters)).toBe("refused");
      expect(await server.calls("evalsha")).toBe(before);
    });

    it("sends a script as a whole where the server has forgotten it, once each, and counts exactly (ioredis#1497, redis-py#4206)", async () => {
      const counters = await countersOf(limit(500));
      await server.ask("config", "resetstat");
      const asked: Promise<string>[] = [];
      for (let round = 0; round < 10; round++) {
        for (let connection = 0; connection < 64; connection++) asked.push(outcome(counters));
        await server.ask("script", "flush");
      }
      const outcomes = await Promise.all(asked);
      expect(outcomes.filter((one) => one === "passed")).toHaveLength(500);
      expect(outcomes.filter((one) => one === "refused")).toHaveLength(140);
      const unknown = await server.calls("evalsha", "failed_calls");
      expect(unknown).toBeGreaterThan(0);
      expect(await server.calls("eval")).toBe(unknown);
    });

    it("starts again with a server that has lost everything", async () => {
      const own = await RedisServer.start({ program });
      const { store } = await startedStore(own.url, { timeout: 20_000 });
      const counters = store.counters(limit(2));
      expect(await outcome(counters)).toBe("passed");
      await own.stop();
      await own.begin();
      await until("the store answers again", async () => (await outcome(counters)) === "passed");
      await own.end();
    });
  });

  it("keeps values for their life span, sets, and passes messages on", async () => {
    const one = (await startedStore(server.url)).store;
    const other = (await startedStore(server.url)).store;
    expect(await one.values("sessions").set("a", "1", 60_000)).toBe(true);
    expect(await other.values("sessions").get("a")).toBe("1");
    expect(await other.values("others").get("a")).toBeNull();
    expect(await one.values("sessions").add("a", "2", 60_000)).toBe(false);
    expect(await other.values("sessions").get("a")).toBe("1");
    expect(await one.values("sessions").add("b", "1", 60_000)).toBe(true);
    expect(await other.values("sessions").add("b", "1", 60_000)).toBe(false);
    expect(await one.values("sessions").delete("a")).toBe(true);
    expect(await other.values("sessions").get("a")).toBeNull();
    expect(await one.sets("revoked").add("day", "token", 60_000)).toBe(true);
    expect([await other.sets("revoked").has("day", "token"), await other.sets("revoked").has("day", "other")]).toEqual([
      true,
      false,
    ]);
    expect(await other.sets("revoked").remove("day", "token")).toBe(true);
    expect(await one.sets("revoked").has("day", "token")).toBe(false);
    const heard: unknown[] = [];
    other.messages("purge").subscribe(
      (message) => heard.push(message),
      () => {},
    );
    await until("a message arrives", () => {
      one.messages("purge").publish({ key: "x" });
      return heard.length > 0;
    });
    expect(heard[0]).toEqual({ key: "x" });
  });
});

it("tells what cannot be reached, and where it stands", async () => {
  await expect(startedStore("redis://127.0.0.1:1")).rejects.toThrow(
    /stores\.default \(gateway\.yaml:7\) cannot be reached \(connect ECONNREFUSED 127\.0\.0\.1:1\)\. Start the server, or correct where the store is\.$/,
  );
});
