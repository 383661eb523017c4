import { type AddressInfo, connect, createServer } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { metricsOf } from "../faults/gateway.ts";
import { bundle, ChildGateway } from "./support/child-gateway.ts";
import { exchange, get, RawClient } from "./support/raw-client.ts";
import { ok, type RawUpstream, rawUpstream } from "./support/raw-upstream.ts";

let main: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  main = await bundle("child-main.ts");
});
afterAll(() => main.remove());

const started: ChildGateway[] = [];
const upstreams: RawUpstream[] = [];
afterEach(async () => {
  await Promise.all([
    ...started.splice(0).map((child) => child.stop()),
    ...upstreams.splice(0).map((upstream) => upstream.close()),
  ]);
});

function start(args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): ChildGateway {
  const child = new ChildGateway(main.file, args, {
    TEST_KEY: "hunter2",
    TEST_UPSTREAM: "http://127.0.0.1:9",
    TEST_PORT: "0",
    ...environment,
  });
  started.push(child);
  return child;
}

async function upstreamOf(...args: Parameters<typeof rawUpstream>): Promise<RawUpstream> {
  const upstream = await rawUpstream(...args);
  upstreams.push(upstream);
  return upstream;
}

/** Resolves when nobody accepts connections on the port any more. */
async function refused(port: number): Promise<void> {
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (!isOpen) return;
  }
}

test("missing values end the start with one message that lists them", async () => {
  const child = start([], { TEST_KEY: "", TEST_UPSTREAM: "" });
  expect((await child.exited).code).toBe(78);
  expect(child.stderr).toContain("gateway.yaml:44  environment variable TEST_KEY is empty");
  expect(child.stderr).toContain("gateway.yaml:45  environment variable TEST_UPSTREAM is empty");
  expect(child.stderr).not.toMatch(/^\s+at /m);
});

test.each([
  ["a setting that is no URL", { TEST_UPSTREAM: "orders" }, [], /gateway.yaml:45 .*`orders`, which is no URL of an endpoint/, 78],
  ["a setting that is no port", { TEST_PORT: "80a" }, [], /`80a` is used as a port, which is no port/, 78],
  ["an unknown option", {}, ["--wokers=2"], /`--wokers=2` is no option/, 78],
])("%s ends the start with a message and no stack", async (_name, environment, args, message, code) => {
  const child = start(args, environment);
  expect((await child.exited).code).toBe(code);
  expect(child.stderr).toMatch(message);
  expect(child.stderr).not.toMatch(/^\s+at /m);
});

test("--help works without any environment", async () => {
  const child = start(["--help"], { TEST_KEY: "", TEST_UPSTREAM: "" });
  expect((await child.exited).code).toBe(0);
  expect(child.stdout).toContain("--workers");
});

test.each([[[]], [["--workers", "2"]]])("a port in use ends the start with one line (%j)", async (args) => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const { port } = holder.address() as AddressInfo;
  try {
    const child = start(args, { TEST_PORT: String(port) });
    expect((await child.exited).code).toBe(69);
    expect(child.stderr.trim().split("\n")).toEqual([
      expect.stringMatching(new RegExp(`listener public: 127\\.0\\.0\\.1, port ${port} is in use`)),
    ]);
  } finally {
    await new Promise((resolve) => holder.close(resolve));
  }
});

test.each([
  ["SIGTERM" as const, []],
  ["SIGINT" as const, []],
  ["SIGTERM" as const, ["--workers", "2"]],
])("%s %j finishes what is in flight and exits 0", async (signal, args) => {
  const upstream = await upstreamOf(() => {});
  const child = start(args, { TEST_UPSTREAM: upstream.url });
  const { port, adminPort } = await child.ports();
  const idle = new RawClient(port);
  await idle.write(get("/pid")).answer();
  const client = new RawClient(port).write(get("/slow"));
  await expect.poll(() => upstream.sockets.length).toBe(1);
  child.signal(signal);
  await refused(port);
  expect((await exchange(adminPort, get("/readyz"))).status).toBe(503);
  upstream.sockets[0]!.write(ok("late"));
  const answer = await client.answer();
  expect([answer.body, answer.field("connection")]).toEqual(["late", "close"]);
  await idle.rest();
  expect(await child.exited).toEqual({ code: 0, signal: null });
});

test("what is not finished at the deadline is ended", async () => {
  const upstream = await upstreamOf(() => {});
  const child = start(["--drain-timeout", "0"], { TEST_UPSTREAM: upstream.url });
  const { port } = await child.ports();
  const client = new RawClient(port).write(get("/slow"));
  await expect.poll(() => upstream.sockets.length).toBe(1);
  child.signal("SIGTERM");
  expect(await client.rest()).toBe("");
  expect((await child.exited).code).toBe(0);
});

test("an exception that nothing catches ends no request that is in flight: the process drains and exits with 70", async () => {
  const upstream = await upstreamOf(() => {});
  const child = start([], { TEST_UPSTREAM: upstream.url });
  const { port } = await child.ports();
  const client = new RawClient(port).write(get("/slow"));
  await expect.poll(() => upstream.sockets.length).toBe(1);
  const cause = new RawClient(port).write(get("/throw"));
  await child.untilPrinted(/nothing in the gateway caught.*nobody catches this/);
  await refused(port);
  upstream.sockets[0]!.write(ok("late"));
  const answer = await client.answer();
  expect([answer.body, answer.field("connection")]).toEqual(["late", "close"]);
  cause.close();
  expect(await child.exited).toEqual({ code: 70, signal: null });
});

test("a worker that dies is started again, and metrics of all are added up", async () => {
  const child = start(["--workers", "2"]);
  const { port, adminPort } = await child.ports();
  const pids = new Set<string>();
  for (let round = 0; round < 4; round++) pids.add((await exchange(port, get("/pid"))).body);
  expect(pids.size).toBe(2);
  expect(await metricsOf(adminPort)).toContain("requests_total 4\n");
  const crash = new RawClient(port).write(get("/crash"));
  expect(await crash.rest()).toBe("");
  await child.untilPrinted(/a worker ended \(exit code 9\)/);
  await expect
    .poll(
      async () => {
        const now = new Set<string>();
        for (let round = 0; round < 4; round++) now.add((await exchange(port, get("/pid"))).body);
        return [...now].filter((pid) => !pids.has(pid)).length;
      },
      { timeout: 20_000 },
    )
    .toBe(1);
});

test("SIGHUP replaces the workers and loses no request", async () => {
  const child = start(["--workers", "2"]);
  const { port } = await child.ports();
  const before = new Set<string>();
  for (let round = 0; round < 4; round++) before.add((await exchange(port, get("/pid"))).body);
  const keepAlive = new RawClient(port);
  child.signal("SIGHUP");
  // Requests all the while, on new connections and on a kept one, until only new workers answer.
  let client = keepAlive;
  for (let streak = 0; streak < 20; ) {
    const fresh = (await exchange(port, get("/pid"))).body;
    const kept = await client.write(get("/pid")).answer();
    expect([kept.status, Number(fresh) > 0]).toEqual([200, true]);
    if (kept.field("connection") === "close") {
      await client.rest();
      client = new RawClient(port);
    }
    streak = before.has(fresh) || before.has(kept.body) ? 0 : streak + 1;
  }
  client.close();
  child.signal("SIGTERM");
  expect((await child.exited).code).toBe(0);
});

test("SIGHUP to a single process without a terminal is refused with the reason, and it serves on", async () => {
  const child = start();
  const { port } = await child.ports();
  child.signal("SIGHUP");
  await child.untilPrinted(/serves on as it is: SIGHUP replaces workers, and this is a single process/);
  expect((await exchange(port, get("/pid"))).status).toBe(200);
});

test.each([[[]], [["--workers", "2"]]])("start and stop are each a line on standard error (%j)", async (args) => {
  const child = start(args);
  await child.ports();
  child.signal("SIGTERM");
  await child.exited;
  const lines = child.stderr.trim().split("\n");
  expect(lines).toEqual([
    expect.stringMatching(/^gatewright: \S+ listens on /),
    expect.stringMatching(/^gatewright: \S+ stops \(SIGTERM\): (0 )?requests in flight may take 30 s$/),
    expect.stringMatching(/^gatewright: \S+ has stopped$/),
  ]);
});

test("--log-level warning leaves these lines out", async () => {
  const child = start(["--log-level=error"]);
  child.signal("SIGTERM");
  await child.exited;
  expect(child.stderr).toBe("");
});

test.each([[[]], [["--workers", "2"]]])("--shutdown-delay: /readyz says no while requests are still taken (%j)", async (args) => {
  const child = start(["--shutdown-delay", "600", ...args]);
  const { port, adminPort } = await child.ports();
  child.signal("SIGTERM");
  await expect.poll(async () => (await exchange(adminPort, get("/readyz"))).status).toBe(503);
  const answer = await exchange(port, get("/pid"));
  expect(answer.status).toBe(200);
  expect(JSON.parse((await exchange(adminPort, get("/status"))).body)).toMatchObject({ status: "draining" });
  // Who cannot wait asks again.
  child.signal("SIGTERM");
  expect(await child.exited).toEqual({ code: 0, signal: null });
});

test("an unknown level stops the start", async () => {
  const child = start(["--log-level", "debug"]);
  expect((await child.exited).code).toBe(78);
  expect(child.stderr).toContain("`--log-level` needs one of error, warning, info, not `debug`.");
});
