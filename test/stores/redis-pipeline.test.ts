import { Command as LibraryCommand } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { CallerKeys } from "../../runtime/stores/redis/caller-keys.ts";
import { encoded } from "../../runtime/stores/redis/command.ts";
import { RedisServer, until } from "./support/redis-server.ts";
import { limits, outcome, startedStore } from "./support/redis-store.ts";
import { ReplyingServer } from "./support/replying-server.ts";

const callers = Array.from({ length: 50 }, (_, index) => `caller ${index}`);

describe("calls of a store in Redis", () => {
  it("that are made in one turn go out with one write, and each gets its own reply", async () => {
    const server = await ReplyingServer.start();
    onTestFinished(() => server.close());
    const { store } = await startedStore(server.url);
    const counters = store.counters(limits.bucket(10));
    expect(await outcome(counters)).toBe("passed");
    const before = server.reads;
    expect(new Set(await Promise.all(callers.map((caller) => outcome(counters, caller))))).toEqual(new Set(["passed"]));
    expect(server.calls("evalsha")).toBe(1 + callers.length);
    // 15 KB: one write, which a kernel may hand out in few parts.
    expect(server.reads - before).toBeLessThan(5);
  });

  it("are answered in their order, whatever they ask", async () => {
    const server = await RedisServer.start();
    onTestFinished(() => server.end());
    const { store } = await startedStore(server.url);
    const values = store.values("texts");
    const texts = ["plain", "", "ünïcödé ☕ 🗝", "a\r\nb", "$3\r\nfoo\r\n", "x".repeat(100_000)];
    const counters = store.counters(limits.bucket(3));
    const answers = await Promise.all(
      texts.flatMap((text, index) => [
        values.set(`key ${index}`, text, 60_000),
        outcome(counters, "one caller"),
        values.get(`key ${index}`),
        values.get("none"),
      ]),
    );
    expect(answers).toEqual(texts.flatMap((text, index) => [true, index < 3 ? "passed" : "refused", text, null]));
  });

  it("that were made before the store is closed are done", async () => {
    const server = await RedisServer.start();
    onTestFinished(() => server.end());
    const { store, stop } = await startedStore(server.url);
    const counters = store.counters(limits.bucket(10));
    expect(await counters.take("caller", 8)).toMatchObject({ passed: true, left: 2 });
    counters.settle("caller", 8, 0, 9);
    await stop();
    const other = await startedStore(server.url);
    await until("it is counted", async () => {
      const standing = await other.store.counters(limits.bucket(10)).look("caller");
      return "left" in standing && standing.left === 1;
    });
  });

  it("whose connection breaks fail, and nothing that comes later is taken for their reply", async () => {
    const server = await RedisServer.start();
    onTestFinished(() => server.end());
    const { store } = await startedStore(server.url, { breaker: { misses: 1000, open: 10 } });
    const counters = store.counters(limits.bucket(1));
    const values = store.values("texts");
    expect(await values.set("key", "text", 60_000)).toBe(true);
    const lost = [counters.take("caller", 1), values.get("key")];
    await server.askAside("client", "kill", "type", "normal", "skipme", "yes");
    await Promise.all(lost);
    await until("there is a connection again", async () => (await values.get("key")) === "text");
    const answers = await Promise.all([outcome(counters, "other"), values.get("key"), outcome(counters, "other")]);
    expect(answers).toEqual(["passed", "text", "refused"]);
  });
});

describe("a command", () => {
  // The client library is the peer: what it would write itself.
  it.each([
    ["get", "gw:{a}:v1"],
    ["set", "gw:{ü}:v1", "☕ 🗝", "px", "1000"],
    ["eval", "return {1, '\r\n'}", "0"],
    ["set", "", ""],
  ])("is encoded as the client library does it: %s %s", (name, ...args) => {
    const theirs = new LibraryCommand(name, args).toWritable({} as never);
    expect(encoded([name, ...args])).toBe(String(theirs));
  });
});

describe("the keys of callers", () => {
  it("are the same however many others came in between", () => {
    const keys = new CallerKeys("shop:gw:", "a limit", "b1");
    const first = keys.of("caller");
    for (let index = 0; index < 20_000; index++) keys.of(`other ${index}`);
    expect(keys.of("caller")).toEqual(first);
    expect(first.name).toMatch(/^shop:gw:\{[\w-]{12}:[\w-]{22}\}:b1$/);
    expect(keys.of("another").name).not.toBe(first.name);
  });
});
