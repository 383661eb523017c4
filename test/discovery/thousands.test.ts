import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { clock } from "../../runtime/life/clock.ts";
import { createEnding } from "../../runtime/life/ending.ts";
import type { Json } from "../../runtime/life/json.ts";
import type { Life } from "../../runtime/life/life.ts";
import { Repeat } from "../../runtime/life/repeat.ts";
import { createLog } from "../../runtime/log/log.ts";
import { createManagedService, type ManagedService } from "../../runtime/upstream/attempts/managed-service.ts";
import { createRandom } from "../../runtime/upstream/balance/two-choices.ts";
import { Finder, type Looks } from "../../runtime/upstream/discovery/finder.ts";
import { type FoundSet, grouped, readingSet } from "../../runtime/upstream/discovery/found-set.ts";
import { listedInText } from "../../runtime/upstream/discovery/list.ts";
import { type Listed, Member, MemberReader } from "../../runtime/upstream/discovery/member.ts";
import { checkEndpoints, type HealthOfAll } from "../../runtime/upstream/health/prober.ts";
import { Program } from "../harness/program.ts";
import { buildForTest } from "../harness/running-gateway.ts";

const count = 10_000;
const addressOf = (network: number, index: number): string => `127.${network}.${index >> 8}.${index & 255}`;

function topic<Value extends Json>() {
  const published: Value[] = [];
  const listeners: ((value: Value) => void)[] = [];
  return {
    published,
    get value() {
      return published.at(-1);
    },
    publish(value: Value) {
      published.push(value);
      for (const listener of listeners) listener(value);
    },
    subscribe: (listener: (value: Value) => void) => void listeners.push(listener),
  };
}

function tenureOf(latest: () => unknown): Life {
  const ending = createEnding();
  onTestFinished(() => ending.abort());
  const log = createLog();
  const every: Life["every"] = (milliseconds, work) => new Repeat({ milliseconds, work, signal: ending.signal, log });
  // Nothing else of it is used here.
  return { every, log, latest, signal: ending.signal } as unknown as Life;
}

function atOnce<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

const serviceOf = (endpoints: readonly string[], config: object = {}): ManagedService =>
  createManagedService({
    name: "orders",
    endpoints: endpoints.map((url) => ({ url, weight: 1 })),
    loadBalancer: createRandom(),
    watchers: [],
    timeout: { connect: 2_000, response: 30_000 },
    connections: { max: 1_024, pending: 4_096, idle: 60_000, streams: 100 },
    required: false,
    ...config,
  });

it("a long list is read in slices; the newest of those that come meanwhile is read next, and what is wrong with one is told", async () => {
  const [set, looks] = [topic<FoundSet>(), topic<Looks>()];
  const source = { __made: true as const, description: "many", follow: () => ({ soon() {} }) };
  const finder = new Finder({
    source,
    terms: { scheme: "http", path: "" },
    shrink: 0.5,
    confirm: 0,
    set,
    looks,
    tenure: tenureOf(() => {}),
  });
  // Time goes by with each look at it, so that it is known when a slice is over.
  let now = 0;
  vi.spyOn(clock, "monotonic").mockImplementation(() => (now += 0.15));
  onTestFinished(() => void vi.restoreAllMocks());
  let read = 0;
  const list = (network: number): Listed[] =>
    Array.from({ length: count }, (_, index) => ({
      get address() {
        read++;
        return `${addressOf(network, index)}:8080`;
      },
    }));
  const sizes: number[] = [];
  let before = 0;
  let isOver = false;
  const turn = (): void => {
    if (read > before) sizes.push(read - before);
    before = read;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  for (const network of [1, 2, 3]) finder.found(list(network));
  expect(set.published).toEqual([]);
  await vi.waitFor(
    () => expect(set.value === undefined ? [] : set.value.groups[0]!.authorities.split(" ")[0]).toBe("127.3.0.0:8080"),
    {
      timeout: 20_000,
    },
  );
  isOver = true;
  // The second one was never read.
  expect([read, set.published.map(({ count: found }) => found)]).toEqual([2 * count, [count, count]]);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1_024);
  finder.found(Array.from({ length: 1_000 }, () => ({ address: "nowhere" })));
  await vi.waitFor(() => expect(looks.value!.failure).toContain("none of 1000 entries can be used"), { timeout: 20_000 });
  expect(() => finder.found(Array.from({ length: 20_001 }, () => ({ address: "127.0.0.1:80" })))).toThrow("20000 at most");
});

it("a list of which nothing is of use takes nothing from the one that comes while it is read", async () => {
  const [set, looks] = [topic<FoundSet>(), topic<Looks>()];
  const source = { __made: true as const, description: "many", follow: () => ({ soon() {} }) };
  const terms = { scheme: "http" as const, path: "" };
  const finder = new Finder({ source, terms, shrink: 0.5, confirm: 0, set, looks, tenure: tenureOf(() => {}) });
  finder.found(Array.from({ length: 5_000 }, () => ({ address: "nowhere" })));
  finder.found([{ address: "127.0.0.1:8080" }]);
  await vi.waitFor(() => expect(set.published.map(({ count: found }) => found)).toEqual([1]), { timeout: 20_000 });
  expect([finder.failures, looks.value!.failures]).toEqual([1, 0]);
});

it("of entries that are read ahead nothing else is kept, and those that are of no use are reported with the others", () => {
  const [set, looks] = [topic<FoundSet>(), topic<Looks>()];
  const source = { __made: true as const, description: "ahead", follow: () => ({ soon() {} }) };
  const terms = { scheme: "http" as const, path: "" };
  const finder = new Finder({ source, terms, shrink: 0.5, confirm: 0, set, looks, tenure: tenureOf(() => {}) });
  const useless: Listed = { address: "nowhere" };
  const entries = [finder.read({ address: "127.0.0.1:8080", weight: 3 }), finder.read(useless)];
  expect(entries).toEqual([new Member("127.0.0.1:8080", undefined, { weight: 3 }), useless]);
  finder.found(entries);
  expect(set.published).toEqual([{ count: 1, groups: [{ place: { weight: 3 }, authorities: "127.0.0.1:8080" }] }]);
  expect(() => finder.found([entries[1]!])).toThrow("none of 1 entries can be used: `nowhere`: its address has no port");
});

it("a place that is listed twice is one endpoint, and the same one in whatever order a registry lists them", () => {
  const [set, looks] = [topic<FoundSet>(), topic<Looks>()];
  const source = { __made: true as const, description: "twice", follow: () => ({ soon() {} }) };
  const terms = { scheme: "http" as const, path: "" };
  const finder = new Finder({ source, terms, shrink: 0.5, confirm: 0, set, looks, tenure: tenureOf(() => {}) });
  vi.spyOn(clock, "monotonic").mockImplementation(() => Date.now() + 1_000 * set.published.length);
  onTestFinished(() => void vi.restoreAllMocks());
  const address = "127.0.0.1:8080";
  const listed: readonly Listed[] = [{ address, id: "before" }, { address, id: "after", weight: 3 }, { address }];
  finder.found(listed);
  finder.found(listed.toReversed());
  finder.found([listed[1]!, listed[2]!, listed[0]!]);
  expect(set.published.map((one) => one.count)).toEqual([1]);
});

it("a group of thousands is read in slices as well as a list of them", async () => {
  const targets = Array.from({ length: 2_000 }, (_, index) => `${addressOf(1, index)}:8080`);
  const text = JSON.stringify([targets[0], { targets, labels: { zone: "a" } }, { address: targets[1] }]);
  let read = 0;
  let most = 0;
  let before = 0;
  const turn = (): void => {
    most = Math.max(most, read - before);
    before = read;
  };
  const turns = setInterval(turn, 0);
  onTestFinished(() => clearInterval(turns));
  const kept = await listedInText(text, (listed) => {
    read++;
    // No machine reads more of them in a millisecond.
    for (const until = performance.now() + 0.01; performance.now() < until; );
    return listed;
  });
  turn();
  expect((kept as readonly Listed[]).map(({ address }) => address)).toEqual([targets[0], ...targets, targets[1]]);
  expect(most).toBeLessThan(400);
});

it("processes tell each other of them by groups, from which each endpoint comes back as it was", () => {
  const reader = new MemberReader({ scheme: "http", path: "", metadata: ["version"] });
  const members = Array.from({ length: count }, (_, index) =>
    reader.read({
      address: `10.0.${index >> 8}.${index & 255}:8080`,
      weight: 1 + (index % 2),
      ...(index % 3 === 0 ? { id: `pod ${index}` } : {}),
      ...(index % 5 === 0 ? { zone: "eu-1", metadata: { version: `v${index % 2}` } } : {}),
      ...(index % 7 === 0 ? { priority: 1 } : {}),
    }),
  );
  const found = atOnce(grouped(members));
  const sent = JSON.parse(JSON.stringify(found)) as FoundSet;
  const inOrder = (some: Iterable<Member>): Member[] =>
    [...some].sort((one, other) => (one.authority < other.authority ? -1 : 1));
  expect(inOrder(atOnce(readingSet(sent)).values())).toEqual(inOrder(members));
  expect(JSON.stringify(found).length).toBeLessThan(members.length * 28);
  expect(sent.count).toBe(count);
});

it("ten thousand marks at once, as of a zone that is gone, are one choice", () => {
  let choices = 0;
  const balancer = createRandom();
  const over: typeof balancer.over = (...all) => {
    choices++;
    return balancer.over(...all);
  };
  const { set } = serviceOf(
    Array.from({ length: count }, (_, index) => `http://${addressOf(1, index)}:8080`),
    { loadBalancer: { over } },
  );
  choices = 0;
  for (const endpoint of set.all.slice(1)) set.mark(endpoint, "unhealthy", true);
  expect(choices).toBe(0);
  expect(set.picker!.pick(undefined as never)).toBe(set.all[0]);
  expect([choices, set.usable.length]).toEqual([1, 1]);
});

it("what checks find of a thousand endpoints is told together, and not once for each", async () => {
  const health = topic<HealthOfAll>();
  // Nothing listens there.
  const service = serviceOf(Array.from({ length: 1_000 }, (_, index) => `http://${addressOf(9, index)}:1`));
  checkEndpoints(
    service,
    { interval: 60_000, timeout: 5_000, healthy: 1, unhealthy: 1 },
    {},
    tenureOf(() => health),
  );
  await vi.waitFor(() => expect(Object.keys(health.value ?? {})).toHaveLength(1_000), { timeout: 20_000 });
  // At most every twentieth of a second, however long the machine takes.
  expect(health.published.length).toBeLessThan(500);
  expect(Object.values(health.value!).every(({ isHealthy }) => !isHealthy)).toBe(true);
});

it("10,000 endpoints of a running gateway change at once, and no request fails", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  // All of 127.0.0.0/8 is this machine.
  const origin = createServer((request, response) => void response.end(request.socket.localAddress));
  await new Promise<void>((resolve) => origin.listen(0, "0.0.0.0", resolve));
  const { port } = origin.address() as AddressInfo;
  const file = join(folder, "orders.json");
  const write = (network: number): void => {
    writeFileSync(
      `${file}.new`,
      JSON.stringify(Array.from({ length: count }, (_, index) => `${addressOf(network, index)}:${port}`)),
    );
    renameSync(`${file}.new`, file);
  };
  write(1);
  const entry = join(folder, "gateway.yaml");
  writeFileSync(
    entry,
    `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
routes:
  orders: { match: { path: "/orders/**" }, service: orders, policies: { public: sample } }
services:
  orders: { discover: { file: { path: orders.json } }, loadBalancer: { algorithm: consistentHash, key: request.path } }
`,
  );
  const { out, dispose } = await buildForTest(entry);
  const program = new Program(join(out, "gateway.mjs"), ["--workers", "2"], { cwd: folder });
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  onTestFinished(async () => {
    agent.destroy();
    await program.stop("SIGKILL");
    origin.close().closeAllConnections();
    dispose();
    rmSync(folder, { recursive: true });
  });
  const [, listens] = await program.until(/listens on http:\/\/127\.0\.0\.1:(\d+)/, "stderr");
  let asked = 0;
  const failed: string[] = [];
  const networks: (string | undefined)[] = [];
  const ask = (): Promise<void> =>
    new Promise((resolve) => {
      const request = get({ host: "127.0.0.1", port: Number(listens), path: `/orders/${asked++}`, agent }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => (body += text));
        response.on("end", () => {
          if (response.statusCode !== 200) failed.push(`${response.statusCode} ${body}`);
          networks.push(body.split(".")[1]);
          resolve();
        });
      });
      request.on("error", (error) => {
        failed.push(error.message);
        resolve();
      });
    });
  const allAt = async (network: string): Promise<void> => {
    // Of both workers, and of eight connections.
    for (
      let rounds = 0;
      rounds < 2_000 && !(networks.length >= 200 && networks.slice(-200).every((one) => one === network));
      rounds++
    )
      await Promise.all(Array.from({ length: 8 }, ask));
    expect(networks.slice(-200).filter((one) => one !== network)).toEqual([]);
  };
  // Until the first list is read, there is none.
  await allAt("1");
  failed.length = 0;
  write(2);
  await allAt("2");
  write(3);
  await allAt("3");
  expect(failed).toEqual([]);
  expect(asked).toBeGreaterThan(600);
});
