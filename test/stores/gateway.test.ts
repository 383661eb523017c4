import { describe, expect, it, onTestFinished } from "vitest";
import { built, startWorkers, workersOf } from "../faults/gateway.ts";
import { sendRequest } from "../harness/http-client.ts";
import { startGateway } from "../harness/running-gateway.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { RedisServer, until } from "./support/redis-server.ts";
import { ReplyingServer } from "./support/replying-server.ts";

const gateway = (policy: string, stores = "", more = ""): string => `gateway: limited
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}" }
${stores}
routes:
  all: { match: { path: "/**" }, policies: { public: limits, respond: { status: 200, body: "ok" }, rateLimit: ${policy} } }
${more}`;

const statuses = async (port: number, count: number, path = "/a"): Promise<number[]> => {
  const all = Array.from({ length: count }, () => sendRequest(port, { method: "GET", target: path, headers: [], body: "" }));
  return (await Promise.all(all)).map(({ status }) => status);
};
const count = (all: readonly number[], status: number): number => all.filter((one) => one === status).length;

const valueOf = (headers: readonly (readonly [string, string])[], field: string): string =>
  headers.find(([name]) => name.toLowerCase() === field)?.[1] ?? "";

describe("a gateway of several processes", () => {
  it.each([
    [10, "10/d"],
    [300, "300/d"],
  ])("lets %i pass, whichever process is asked", async (limit, written) => {
    const out = await built({ "gateway.yaml": gateway(`{ limit: ${written}, algorithm: fixedWindow }`) });
    const { port } = await startWorkers(out, "http://127.0.0.1:1");
    const all: number[] = [];
    for (let round = 0; round < 20; round++) all.push(...(await statuses(port, 20)));
    expect(count(all, 200)).toBeLessThanOrEqual(limit);
    expect(count(all, 200)).toBeGreaterThan(limit * 0.7);
    expect(count(all, 200) + count(all, 429)).toBe(400);
  });

  it("keeps its counts when workers are killed, and when they are taken over by new ones (haproxy#1497)", async () => {
    const out = await built({
      "gateway.yaml": gateway("{ limit: 10/d, algorithm: fixedWindow }", "", "policies: { metrics: {} }"),
    });
    const { port, program, admin } = await startWorkers(out, "http://127.0.0.1:1");
    const before = await statuses(port, 30);
    expect(count(before, 200)).toBe(10);
    for (const signal of ["SIGHUP", "SIGKILL"] as const) {
      const old = await workersOf(admin);
      process.kill(signal === "SIGHUP" ? program.pid : old[0]!, signal);
      const gone = signal === "SIGHUP" ? old : old.slice(0, 1);
      await until("there are others", async () => {
        const now = await workersOf(admin).catch(() => []);
        return now.length === 2 && !now.some((one) => gone.includes(one));
      });
      expect(count(await statuses(port, 20), 429)).toBe(20);
    }
  });
});

it("tells an operator where a caller stands, and resets it for one with a credential", async () => {
  const text = gateway("{ limit: 2/d, name: daily }").replace(
    'port: "${env:ADMIN_PORT}" }',
    'port: "${env:ADMIN_PORT}", credentials: { operator: { key: { env: ADMIN_KEY } } } }',
  );
  const out = await built({ "gateway.yaml": text });
  const key = "key-of-an-operator-0001";
  const running = await startGateway(out, { ...sampleEnvironment([]), ADMIN_KEY: key });
  onTestFinished(() => running.stop());
  const admin = async (
    method: string,
    target: string,
    headers: readonly (readonly [string, string])[] = [],
  ): Promise<unknown[]> => {
    const { status, body } = await sendRequest(running.adminPort!, { method, target, headers, body: "" });
    return [status, status === 200 ? (JSON.parse(body) as unknown) : undefined];
  };
  expect(await statuses(running.port, 3)).toEqual(expect.arrayContaining([200, 200, 429]));
  const [, limits] = (await admin("GET", "/stores/default/limits")) as [number, string[]];
  expect(limits).toEqual([expect.stringMatching(/daily/)]);
  const counter = `/stores/default/counters?limit=${encodeURIComponent(limits[0]!)}&key=127.0.0.1`;
  expect(await admin("GET", counter)).toEqual([200, { left: 0, moreIn: 43_200 }]);
  expect((await admin("DELETE", counter))[0]).toBe(401);
  expect(await admin("DELETE", counter, [["Authorization", `Bearer ${key}`]])).toEqual([200, { reset: true }]);
  expect(await statuses(running.port, 1)).toEqual([200]);
});

describe("a gateway with Redis", () => {
  const redis = "stores: { default: { redis: { url: { env: REDIS_URL }, timeout: 1s, breaker: { failures: 1, open: 60s } } } }";

  async function started(policy: string, url: string, args: readonly string[] = []): Promise<number> {
    const out = await built({ "gateway.yaml": gateway(policy, redis) });
    const running = await startGateway(out, { ...sampleEnvironment([]), REDIS_URL: url }, { args });
    onTestFinished(() => running.stop());
    return running.port;
  }

  async function server(): Promise<RedisServer> {
    const own = await RedisServer.start();
    onTestFinished(() => own.end());
    return own;
  }

  it("shares its limits with other instances, as it is built: minified, and without code from strings", async () => {
    const { url } = await server();
    const policy = "{ limit: 10/d, algorithm: slidingWindow, onStoreFailure: refuse }";
    const [one, other] = [await started(policy, url), await started(policy, url)];
    const all = [...(await statuses(one, 8)), ...(await statuses(other, 8))];
    expect([count(all, 200), count(all, 429)]).toEqual([10, 6]);
  });

  const three = `[
    { name: first, limit: 9/d, by: { header: X-A }, onStoreFailure: refuse },
    { name: second, limit: 1/d, by: { header: X-B }, onStoreFailure: refuse },
    { name: third, limit: 9/d, by: { header: X-C }, onStoreFailure: refuse }]`;

  const ask = async (port: number, a: string, b: string, c: string) => {
    const headers = [["X-A", a] as const, ["X-B", b] as const, ["X-C", c] as const];
    return sendRequest(port, { method: "GET", target: "/", headers, body: "" });
  };

  /** Asks as somebody else, until there is a connection. */
  const connected = (port: number) =>
    until("there is a connection", async () => (await ask(port, "0", String(Math.random()), "0")).status === 200);

  it("asks all limits of an operation with one write", async () => {
    const replying = await ReplyingServer.start();
    onTestFinished(() => replying.close());
    const port = await started(three, replying.url);
    await connected(port);
    const before = { reads: replying.reads, calls: replying.calls("evalsha") };
    expect((await ask(port, "a", "b", "c")).status).toBe(200);
    expect(replying.calls("evalsha") - before.calls).toBe(3);
    expect(replying.reads - before.reads).toBe(1);
  });

  it("gives back to the other limits what one of them refused, those in front of it and those behind it", async () => {
    const { url } = await server();
    const port = await started(three, url);
    await connected(port);
    expect((await ask(port, "a", "b", "c")).status).toBe(200);
    for (let time = 0; time < 3; time++) {
      const { status, headers } = await ask(port, "a", "b", "c");
      expect(status).toBe(429);
      // The third limit refused nothing, and was asked for nothing that counts.
      expect(valueOf(headers, "ratelimit")).toMatch(/^"first";r=8;t=\d+, "second";r=0;t=\d+$/);
    }
    let expected = 8;
    await until("all is given back", async () => {
      const { status, headers } = await ask(port, "a", `another ${expected}`, "c");
      expect(status).toBe(200);
      expected--;
      const [first, , third] = [...valueOf(headers, "ratelimit").matchAll(/r=(\d+)/g)].map(([, left]) => Number(left));
      return first === expected && third === expected;
    });
  });

  it("asks no further limit for a caller that is known to be over", async () => {
    const own = await server();
    const port = await started(three.replace("9/d", "1/d"), own.url);
    await connected(port);
    const start = await own.calls("evalsha");
    expect([(await ask(port, "a", "1", "c")).status, (await ask(port, "a", "2", "c")).status]).toEqual([200, 429]);
    // Three and three, and two are given back.
    const asked = start + 8;
    await until("all is given back", async () => (await own.calls("evalsha")) === asked);
    for (let time = 3; time < 9; time++) expect((await ask(port, "a", String(time), "c")).status).toBe(429);
    expect(await own.calls("evalsha")).toBe(asked);
  });

  it.each([
    ["refuse", [503, 503, 503, 503]],
    ["allow", [200, 200, 200, 200]],
    // What was counted alone before there was a connection counts too.
    ["local", [200, expect.toBeOneOf([200, 429]), 429, 429]],
  ] as const)("does what is said where it fails: %s", async (rule, expected) => {
    const own = await server();
    const port = await started(`{ limit: 2/d, onStoreFailure: ${rule} }`, own.url);
    await until("it is asked", async () => {
      await statuses(port, 1, "/warm");
      return (await own.calls("evalsha")) + (await own.calls("eval")) > 0;
    });
    await own.stop();
    await until("it fails", async () => rule !== "refuse" || (await statuses(port, 1))[0] === 503);
    const all: number[] = [];
    for (let time = 0; time < 4; time++) all.push(...(await statuses(port, 1)));
    expect(all).toEqual(expected);
  });
});
