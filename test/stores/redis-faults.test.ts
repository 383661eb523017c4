import { describe, expect, it, onTestFinished } from "vitest";
import type { MetricFamily } from "../../runtime/gateway/metrics.ts";
import { stillMonotonic } from "../harness/still-clock.ts";
import { DroppingProxy } from "./support/dropping-proxy.ts";
import { programs, RedisServer, type ServerOptions, until } from "./support/redis-server.ts";
import { limits, outcome, startedStore } from "./support/redis-store.ts";

const limit = limits.bucket(1000);

describe.each(programs)("a store in %s that fails", (program) => {
  async function ownServer(options: ServerOptions = {}): Promise<RedisServer> {
    const server = await RedisServer.start({ program, ...options });
    onTestFinished(() => server.end());
    return server;
  }

  it("is waited for as often as its breaker says, and not once more, while it is frozen (envoy/ratelimit#462, #978)", async () => {
    const server = await ownServer();
    const time = stillMonotonic();
    const { store, log } = await startedStore(server.url, { timeout: 50, breaker: { misses: 3, open: 60_000 } });
    const counters = store.counters(limit);
    expect(await outcome(counters)).toBe("passed");
    server.freeze();
    for (let index = 0; index < 3; index++) {
      const late = outcome(counters, `caller ${index}`);
      time.pass(50);
      expect(await late).toBe("failed");
    }
    for (let index = 0; index < 1000; index++) {
      // At once: nobody is asked, so nothing is waited for.
      expect(counters.take(`caller ${index}`, 1)).toEqual({ failed: expect.stringContaining("not asked for a while") });
    }
    expect(store.state()).toMatchObject({ answers: false, failures: { deadline: 3, breaker: 1000 } });
    // The first one had to send its script as well.
    expect(samplesOf(store.metrics())).toEqual({
      'gatewright_store_calls_total{store="default"}': 5,
      'gatewright_store_calls_in_flight{store="default"}': 3,
      'gatewright_store_failures_total{store="default",reason="deadline"}': 3,
      'gatewright_store_failures_total{store="default",reason="breaker"}': 1000,
      'gatewright_store_failures_total{store="default",reason="full"}': 0,
      'gatewright_store_failures_total{store="default",reason="connection"}': 0,
      'gatewright_store_failures_total{store="default",reason="reply"}': 0,
    });
    expect(store.readiness()).toEqual({ ready: false, why: "does not answer" });
    expect(log.lines.filter((line) => line.includes("not asked for a while"))).toHaveLength(1);
    server.thaw();
  });

  it("is waited for no longer than the deadline by who asks while what waits to be sent is late itself", async () => {
    const server = await ownServer();
    const time = stillMonotonic();
    const { store } = await startedStore(server.url, { timeout: 50, breaker: { misses: 100, open: 1000 } });
    const counters = store.counters(limit);
    expect(await outcome(counters)).toBe("passed");
    server.freeze();
    // Deadlines are looked at from here on.
    const first = outcome(counters, "first");
    const { late, next } = await new Promise<{ readonly late: Promise<string>; readonly next: Promise<string> }>((resolve) => {
      setTimeout(() => {
        const late = outcome(counters, "late");
        time.pass(50);
        resolve({ late, next: late.then(() => outcome(counters, "next")) });
      }, 20);
      // Behind a stall the look comes in the same turn as that call, in front of its way out.
      for (const until = performance.now() + 60; performance.now() < until; );
    });
    expect([await first, await late]).toEqual(["failed", "failed"]);
    time.pass(50);
    expect(await next).toBe("failed");
    server.thaw();
  });

  it("is tried by the gateway's own calls, and asked again once it answers", async () => {
    const server = await ownServer();
    const { store, log } = await startedStore(server.url, { timeout: 50, breaker: { misses: 2, open: 20 } });
    const counters = store.counters(limit);
    server.freeze();
    for (let index = 0; index < 2; index++) await outcome(counters, `caller ${index}`);
    const before = store.state() as { readonly failures: { readonly deadline: number } };
    expect(before.failures.deadline).toBe(2);
    server.thaw();
    await until("it is asked again", async () => (await outcome(counters)) === "passed");
    expect(log.lines.at(-1)).toContain("store answers again");
    expect(store.readiness()).toEqual({ ready: true });
  });

  it("is not sent a second time what it did not answer: the count is off by that one at most (hiredis-cluster#140)", async () => {
    const server = await ownServer();
    const proxy = await DroppingProxy.start(server.port);
    onTestFinished(() => proxy.close());
    const time = stillMonotonic();
    const { store } = await startedStore(`redis://127.0.0.1:${proxy.port}`, {
      timeout: 100,
      breaker: { misses: 100, open: 1000 },
    });
    const counters = store.counters(limit);
    expect(await outcome(counters)).toBe("passed");
    await server.ask("config", "resetstat");
    proxy.drops = true;
    for (let index = 0; index < 5; index++) {
      const late = outcome(counters);
      time.pass(100);
      expect(await late).toBe("failed");
    }
    await until("the server has done all", async () => (await server.calls("evalsha")) === 5);
    // Also where the connection is lost, and made anew.
    proxy.drops = false;
    await server.ask("client", "kill", "type", "normal", "skipme", "yes");
    await until("there is a connection again", async () => (await outcome(counters, "other")) === "passed");
    const other = await startedStore(server.url);
    expect(await other.store.counters(limit).look("caller")).toMatchObject({ left: 1000 - 1 - 5 });
  });

  it("has no more calls in flight than it may; further ones fail at once", async () => {
    const server = await ownServer();
    const { store } = await startedStore(server.url, { timeout: 100, inFlight: 10, breaker: { misses: 1000, open: 1000 } });
    const counters = store.counters(limit);
    server.freeze();
    const answers = Array.from({ length: 100 }, (_, index) => counters.take(`caller ${index}`, 1));
    expect(answers.filter((answer) => answer instanceof Promise)).toHaveLength(10);
    await Promise.all(answers);
    // What it has not answered is still in flight.
    expect(counters.take("one more", 1)).toEqual({ failed: "too many calls wait for the store" });
    server.thaw();
  });

  it.each([
    ["full", ["config", "set", "maxmemory", "1"], ["config", "set", "maxmemory", "0"], "has reached `maxmemory`"],
    [
      "without its replicas",
      ["config", "set", "min-replicas-to-write", "1"],
      ["config", "set", "min-replicas-to-write", "0"],
      "too few replicas",
    ],
  ] as const)("says what is the matter where it is %s, and goes on when it is over", async (_what, broken, healed, why) => {
    const server = await ownServer({ args: ["--maxmemory-policy", "noeviction"] });
    const { store, log } = await startedStore(server.url, { breaker: { misses: 1, open: 10 } });
    const counters = store.counters(limit);
    expect(await outcome(counters)).toBe("passed");
    await server.ask(broken[0], ...broken.slice(1));
    expect(await outcome(counters)).toBe("failed");
    expect(counters.take("caller", 1)).toEqual({ failed: expect.stringContaining("not asked for a while") });
    expect(log.lines.at(-1)).toContain(why);
    await server.ask(healed[0], ...healed.slice(1));
    await until("it is asked again", async () => (await outcome(counters)) === "passed");
  });

  it("is left where it has become a replica, and is found again once it is not (redis-py#435, ioredis#305)", async () => {
    const server = await ownServer();
    const { store, log } = await startedStore(server.url, { breaker: { misses: 1, open: 10 } });
    const counters = store.counters(limit);
    expect(await outcome(counters)).toBe("passed");
    await server.ask("replicaof", "127.0.0.1", "1");
    await until("it takes no writes", async () => (await outcome(counters, "other")) === "failed");
    await until("it says so", () => log.lines.some((line) => line.includes("is a replica")));
    await server.ask("replicaof", "no", "one");
    await until("it is asked again", async () => (await outcome(counters)) === "passed");
  });

  it("is gone and comes back on its place, and what it kept counts", async () => {
    const server = await ownServer({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
    const { store } = await startedStore(server.url, { breaker: { misses: 1, open: 10 } });
    const counters = store.counters(limits.bucket(3));
    expect([await outcome(counters), await outcome(counters)]).toEqual(["passed", "passed"]);
    await server.stop();
    await until("it fails", async () => (await outcome(counters)) === "failed");
    await server.begin();
    const outcomes: string[] = [];
    await until("it is asked again", async () => {
      const one = await outcome(counters);
      if (one !== "failed") outcomes.push(one);
      return outcomes.length === 2;
    });
    expect(outcomes).toEqual(["passed", "refused"]);
  });

  it("does not let in whoever has no password, and says so", async () => {
    const server = await ownServer();
    await server.ask("config", "set", "requirepass", "secret");
    await expect(startedStore(server.url)).rejects.toThrow(/cannot be reached \(NOAUTH/);
    await expect(startedStore(`redis://:wrong@127.0.0.1:${server.port}`)).rejects.toThrow(/cannot be reached \(WRONGPASS/);
    const { store } = await startedStore(`redis://:secret@127.0.0.1:${server.port}/3`);
    expect(await outcome(store.counters(limit))).toBe("passed");
  });
});

const samplesOf = (families: readonly MetricFamily[]) =>
  Object.fromEntries(families.flatMap(({ name, samples }) => samples.map(({ labels, value }) => [`${name}{${labels}}`, value])));
