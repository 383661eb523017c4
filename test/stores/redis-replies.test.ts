import { describe, expect, it, onTestFinished } from "vitest";
import { programs, RedisServer, until } from "./support/redis-server.ts";
import { limits, outcome, startedStore, startValue } from "./support/redis-store.ts";
import { ReplyingServer } from "./support/replying-server.ts";

/** The beginnings of what servers write: `createSharedObjects` in server.c and `getAclErrorMessage` in acl.c of Redis 7.2. */
const rows: readonly (readonly [reply: string, why: RegExp, then: "stays" | "reconnects", counts: "a failure" | "no failure"])[] =
  [
    [
      "NOPERM User gateway has no permissions to run the 'evalsha' command",
      /does not permit the command to this user\. Allow EVAL, EVALSHA/,
      "stays",
      "a failure",
    ],
    [
      "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
      /takes no writes, as it cannot save its data to disk\. See its log/,
      "stays",
      "a failure",
    ],
    ["LOADING Redis is loading the dataset in memory", /is still loading its data/, "stays", "a failure"],
    [
      "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
      /is busy with a script of somebody else/,
      "stays",
      "a failure",
    ],
    ["OOM command not allowed when used memory > 'maxmemory'.", /is full: it has reached `maxmemory`/, "stays", "a failure"],
    ["NOREPLICAS Not enough good replicas to write.", /too few replicas are connected/, "stays", "a failure"],
    ["NOAUTH Authentication required.", /demands a password\. Set `password`/, "stays", "a failure"],
    [
      "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
      /is a replica that has lost its primary/,
      "reconnects",
      "a failure",
    ],
    ["READONLY You can't write against a read only replica.", /is a replica that takes no writes/, "reconnects", "a failure"],
    ["CLUSTERDOWN Hash slot not served", /is a cluster that is down/, "reconnects", "a failure"],
    [
      "WRONGTYPE Operation against a key holding the wrong kind of value",
      /holds something else under a key of the gateway\. Give each program a `keyPrefix`/,
      "stays",
      "no failure",
    ],
    ["ERR something new", /answered with an error/, "stays", "no failure"],
  ];

describe.each(rows)("a server that says: %s", (reply, why, then, counts) => {
  it(`is answered for as stated, ${then === "stays" ? "keeps its connection" : "gets a new connection"}, is sent nothing twice`, async () => {
    const server = await ReplyingServer.start();
    onTestFinished(() => server.close());
    const { store, log } = await startedStore(server.url, { breaker: { misses: 1, open: 10 } });
    const counters = store.counters(limits.bucket(10));
    expect(await outcome(counters)).toBe("passed");
    expect([server.calls("evalsha"), server.connections]).toEqual([1, 1]);

    server.error = reply;
    expect(await counters.take("caller", 1)).toMatchObject({ failed: expect.stringMatching(why) });
    expect([server.calls("evalsha"), server.calls("eval")]).toEqual([2, 0]);
    expect(log.lines.filter((line) => why.test(line))).toHaveLength(1);
    expect(store.state()).toMatchObject({ failures: { reply: 1, deadline: 0, connection: 0 } });
    if (counts === "a failure") {
      // Its breaker is open: calls of the gateway's own find out when that is over.
      expect(counters.take("caller", 1)).toMatchObject({ failed: expect.stringContaining("not asked for a while") });
      await until("it is tried", async () => {
        await counters.take("caller", 1);
        return server.calls("set") > 0;
      });
    }
    expect(server.calls("evalsha")).toBe(2);

    server.error = undefined;
    await until("it is asked again", async () => (await outcome(counters)) === "passed");
    if (then === "stays") expect(server.connections).toBe(1);
    else expect(server.connections).toBeGreaterThan(1);
    expect(server.calls("eval")).toBe(0);
  });
});

describe.each([
  ["CLUSTERDOWN The cluster is down", /is a cluster that is down/],
  ["LOADING Redis is loading the dataset in memory", /is still loading its data/],
])("a cluster that says: %s", (reply, why) => {
  it("is sent nothing twice, and is asked anew who has which keys", async () => {
    const server = await ReplyingServer.start({ isCluster: true });
    onTestFinished(() => server.close());
    const { store } = await startedStore(
      { kind: "cluster", urls: [startValue(server.url)] },
      { breaker: { misses: 1, open: 10 } },
    );
    const counters = store.counters(limits.bucket(10));
    expect(await outcome(counters)).toBe("passed");
    const before = server.calls("cluster");
    server.error = reply;
    expect(await counters.take("caller", 1)).toMatchObject({ failed: expect.stringMatching(why) });
    expect([server.calls("evalsha"), server.calls("eval")]).toEqual([2, 0]);
    await until("it is asked who has which keys", () => server.calls("cluster") > before);
    server.error = undefined;
    await until("it is asked again", async () => (await outcome(counters)) === "passed");
  });
});

// A server that redirects, or asks for patience, did nothing: asking again is not doing it twice.
describe.each<[string, (server: ReplyingServer) => string, RegExp]>([
  ["TRYAGAIN", () => "TRYAGAIN Multiple keys request during rehashing of slot", /is moving the key to another server/],
  ["MOVED", ({ port }) => `MOVED 3999 127.0.0.1:${port}`, /sent the key from server to server/],
  ["ASK", ({ port }) => `ASK 3999 127.0.0.1:${port}`, /sent the key from server to server/],
])("a cluster that says %s without end", (_, reply, why) => {
  it("is asked a few times, and answered for as stated", async () => {
    const server = await ReplyingServer.start({ isCluster: true });
    onTestFinished(() => server.close());
    const { store } = await startedStore(
      { kind: "cluster", urls: [startValue(server.url)] },
      { breaker: { misses: 1, open: 10 } },
    );
    const counters = store.counters(limits.bucket(10));
    expect(await outcome(counters)).toBe("passed");
    server.error = reply(server);
    expect(await counters.take("caller", 1)).toMatchObject({ failed: expect.stringMatching(why) });
    expect(server.calls("evalsha")).toBeGreaterThan(2);
    expect(server.calls("evalsha")).toBeLessThan(10);
    server.error = undefined;
    await until("it is asked again", async () => (await outcome(counters)) === "passed");
  });
});

// What a script meets comes back in the words of the server, and those are what replies are told apart by.
describe.each(programs)("a real %s", (program) => {
  async function started(): Promise<RedisServer> {
    const server = await RedisServer.start({ program });
    onTestFinished(() => server.end());
    return server;
  }

  it("that is busy with a script of somebody else is not waited for, and is asked again when that has ended", async () => {
    const server = await started();
    const { store } = await startedStore(server.url, { breaker: { misses: 1, open: 10 } });
    const counters = store.counters(limits.bucket(10));
    expect(await outcome(counters)).toBe("passed");
    await server.ask("config", "set", "busy-reply-threshold", "1");
    const other = server.ask("eval", "while true do end", "0").catch(() => {});
    await until("it says so", async () => {
      const answer = await counters.take("another", 1);
      return "failed" in answer && answer.failed.includes("is busy with a script of somebody else");
    });
    await server.askAside("script", "kill");
    await other;
    await until("it is asked again", async () => (await outcome(counters)) === "passed");
  });

  it("that holds a list under the key of a caller fails for that one, and for no others", async () => {
    const server = await started();
    const { store } = await startedStore(server.url, { breaker: { misses: 1, open: 60_000 } });
    const counters = store.counters(limits.bucket(10));
    expect(await outcome(counters)).toBe("passed");
    const [key] = (await server.ask("keys", "*")) as string[];
    await server.ask("del", key!);
    await server.ask("rpush", key!, "of somebody else");
    expect(await counters.take("caller", 1)).toMatchObject({ failed: expect.stringContaining("holds something else") });
    expect(await outcome(counters, "other")).toBe("passed");
    expect(await server.ask("lrange", key!, "0", "-1")).toEqual(["of somebody else"]);
  });
});
