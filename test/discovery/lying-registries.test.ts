import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { StartUrl } from "../../runtime/identity/start-url.ts";
import { createConsulSource } from "../../runtime/upstream/discovery/consul/consul-source.ts";
import { entriesIn } from "../../runtime/upstream/discovery/entry-text.ts";
import { createEtcdSource } from "../../runtime/upstream/discovery/etcd/etcd-source.ts";
import { Applications } from "../../runtime/upstream/discovery/eureka/applications.ts";
import { createEurekaSource } from "../../runtime/upstream/discovery/eureka/eureka-source.ts";
import { createFileSource } from "../../runtime/upstream/discovery/file-source.ts";
import { createHttpSource } from "../../runtime/upstream/discovery/http-source.ts";
import { createKubernetesSource } from "../../runtime/upstream/discovery/kubernetes/kubernetes-source.ts";
import { MemberReader } from "../../runtime/upstream/discovery/member.ts";
import { RedisEntries } from "../../runtime/upstream/discovery/redis/redis-entries.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { following } from "./support/following.ts";

// A registry that lies, or is broken, must take neither memory nor time without end: what it says is given up, with the bound.

const waiting = { timeout: 20_000, interval: 20 };

async function answering(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const never = new AbortController().signal;

describe("Redis", () => {
  /** Entries of a server of which `reply` says what it answers, and how often it was asked. */
  function entriesOf(reply: (name: string, asked: number) => unknown) {
    const state = { asked: 0 };
    const call = async (_route: string, name: string): Promise<unknown> => reply(name, ++state.asked);
    const entries = new RedisEntries({
      caller: { call },
      before: "registry:{orders}:",
      route: "shop:gw:{orders}",
      twice: () => {},
    });
    return { entries, state };
  }

  it("a cursor that never ends is given up, and says what to do about it", async () => {
    const { entries, state } = entriesOf(() => ["7", []]);
    await expect(entries.readAll(never)).rejects.toThrow(
      "after 10000 calls of SCAN there are still keys to look at for registry:{orders}:*: give the registry a Redis database",
    );
    expect(state.asked).toBe(10_000);
  });

  it("so are ever new keys", async () => {
    const keys = (asked: number): string[] => Array.from({ length: 1_000 }, (_, index) => `registry:{orders}:${asked}-${index}`);
    const { entries, state } = entriesOf((_, asked) => ["7", keys(asked)]);
    await expect(entries.readAll(never)).rejects.toThrow("there are more than 50000 keys registry:{orders}:*");
    expect(state.asked).toBe(51);
  });

  it("a server that is late once is asked once, however many instances have changed: its breaker stays closed", async () => {
    const { entries, state } = entriesOf(() => ({ failed: "the store did not answer in time" }));
    const ids = Array.from({ length: 500 }, (_, index) => String(index));
    await expect(entries.read(ids, never)).rejects.toThrow("did not answer in time");
    expect(state.asked).toBe(1);
  });
});

it("an entry that is longer than any is not read, and the reason is told", () => {
  const long = JSON.stringify({ address: "10.0.0.7:8080", metadata: { note: "x".repeat(5_000) } });
  const [entry] = entriesIn(long);
  expect(() => new MemberReader({ scheme: "http", path: "" }).read(entry!)).toThrow("it is longer than 4096 characters");
});

describe("etcd", () => {
  const header = { cluster_id: "1", member_id: "2", revision: "9", raft_term: "2" };
  const base64 = (text: string): string => Buffer.from(text).toString("base64");

  it("a watch that tells of ever new keys is given up", async () => {
    const url = await answering((request, response) => {
      if (request.url === "/v3/kv/range") return void response.end(JSON.stringify({ header, count: "0" }));
      let next = 0;
      const more = (): void => {
        if (response.destroyed) return;
        const events = Array.from({ length: 10_000 }, () => ({ kv: { key: base64(`a/${next++}`), value: base64(`10.0.0.7:${next % 60_000}`), mod_revision: "10" } })); // biome-ignore format: one line
        response.write(`${JSON.stringify({ result: { header, events } })}\n`, () => setImmediate(more));
      };
      more();
    });
    const { told } = following(createEtcdSource({ addresses: [url], prefix: "a/" }));
    await vi.waitFor(() => expect(told.failures.join()).toContain("etcd has more than 50000 keys below the prefix"), waiting);
  });

  it("a range without an end is given up, where each page has new keys", async () => {
    let page = 0;
    const url = await answering((_, response) => {
      const kvs = Array.from({ length: 10_000 }, (_one, index) => ({ key: base64(`a/${String(page * 10_000 + index).padStart(9, "0")}`), value: base64("10.0.0.7:1"), mod_revision: "5" })); // biome-ignore format: one line
      page++;
      response.end(JSON.stringify({ header, kvs, more: true, count: "2" }));
    });
    const { told } = following(createEtcdSource({ addresses: [url], prefix: "a/" }));
    await vi.waitFor(() => expect(told.failures.join()).toContain("etcd has more than 50000 keys below the prefix"), waiting);
    expect(told.times).toBe(0);
  });
});

describe("Kubernetes", () => {
  const follow = (address: string) => following(createKubernetesSource({ address: address as StartUrl, namespace: "shop", services: ["orders"] })); // biome-ignore format: one line
  const slice = (name: string, endpoints: number) => ({
    metadata: { name, resourceVersion: "7", labels: {} },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080 }],
    endpoints: Array.from({ length: endpoints }, (_, index) => ({ addresses: [`10.0.${index >> 8}.${index & 255}`] })),
  });
  const list = (items: readonly object[], next: string): string =>
    JSON.stringify({ metadata: { resourceVersion: "7", continue: next }, items });

  it("a list that goes on with the same page is given up at once", async () => {
    let asked = 0;
    const address = await answering((_, response) => {
      asked++;
      response.end(list([], "again"));
    });
    const { told } = follow(address);
    await vi.waitFor(
      () => expect(told.failures.join()).toContain("goes on with the page of its list that it has just given"),
      waiting,
    );
    expect([asked <= 4, told.times]).toEqual([true, 0]);
  });

  it("a list of pages without end is given up, also where they are empty", async () => {
    let asked = 0;
    const address = await answering((_, response) => void response.end(list([], String(++asked))));
    const { told } = follow(address);
    await vi.waitFor(() => expect(told.failures.join()).toContain("more than 1000 pages of EndpointSlices"), waiting);
  });

  it("a list of more endpoints than are believed is given up, and a watch that tells of more", async () => {
    let [isWatched, asked] = [false, 0];
    const address = await answering((request, response) => {
      if (!request.url!.includes("watch=1")) return void response.end(isWatched ? list([], "") : list([slice(`a-${asked}`, 1_000)], String(++asked))); // biome-ignore format: one line
      let next = 0;
      const more = (): void => {
        if (response.destroyed) return;
        response.write(`${JSON.stringify({ type: "ADDED", object: slice(`b-${next++}`, 1_000) })}\n`, () => setImmediate(more));
      };
      more();
    });
    const tooMany = "the API server lists more than 20000 EndpointSlices, or 50000 endpoints: look at `service` and `namespace`";
    const listed = follow(address);
    await vi.waitFor(() => expect(listed.told.failures.join()).toContain(tooMany), waiting);
    expect(asked).toBeLessThanOrEqual(2 * 51);
    listed.stop();
    isWatched = true;
    const watched = follow(address);
    await vi.waitFor(() => expect(watched.told.failures.join()).toContain(tooMany), waiting);
  });
});

/** In one go. */
function atOnce<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

describe("Eureka", () => {
  it("changes that add up to more than a registry has are given up", () => {
    const applications = new Applications("ORDERS");
    const changes = (from: number) => ({
      applications: {
        apps__hashcode: `UP_${from + 20_000}_`,
        application: [{ name: "ORDERS", instance: Array.from({ length: 20_000 }, (_, index) => ({ instanceId: String(from + index), status: "UP", actionType: "ADDED" })) }], // biome-ignore format: one line
      },
    });
    for (let from = 0; from < 100_000; from += 20_000) expect(atOnce(applications.changing(changes(from)))).toBe(true);
    expect(() => atOnce(applications.changing(changes(100_000)))).toThrow("more than 100000 instances");
  });
});

/** Writes without an end, as far as it is taken. Gives how many bytes it was. */
function endless(response: ServerResponse, state: { written: number }): void {
  const chunk = `[${'"10.0.0.7:8080",'.repeat(16_384)}`;
  const more = (): void => {
    if (response.destroyed) return;
    state.written += chunk.length;
    response.write(chunk, () => setImmediate(more));
  };
  more();
}

it.each([
  ["http", 8, (url: string) => createHttpSource({ url: url as StartUrl, interval: 60_000 })],
  ["Consul", 32, (url: string) => createConsulSource({ address: url as StartUrl, service: "orders" })],
  ["Eureka", 64, (url: string) => createEurekaSource({ addresses: [url as StartUrl], app: "orders", delta: false, interval: 60_000, secure: false, preferIpAddress: true })], // biome-ignore format: one line
  ["etcd", 16, (url: string) => createEtcdSource({ addresses: [url as StartUrl], prefix: "a/" })],
  [
    "Kubernetes",
    32,
    (url: string) => createKubernetesSource({ address: url as StartUrl, namespace: "shop", services: ["orders"] }),
  ],
])("an answer of %s without an end is cut off at %i MiB", async (_, mebibytes, sourceOf) => {
  const state = { written: 0, asked: 0 };
  const url = await answering((_request, response) => {
    state.asked++;
    endless(response, state);
  });
  const { told } = following(sourceOf(url));
  const most = mebibytes * 1024 * 1024;
  await vi.waitFor(() => expect(told.failures.join()).toContain(`${most} bytes are read at most`), waiting);
  // What is under way in sockets is on top of it.
  expect(state.written / state.asked).toBeLessThan(most + 16 * 1024 * 1024);
  expect(told.times).toBe(0);
});

it("a file that is larger than any list is not read", async () => {
  const folder = temporaryFolder({ "orders.json": `["${"x".repeat(9 * 1024 * 1024)}"]` });
  const { told } = following(createFileSource({ path: join(folder, "orders.json") }));
  await vi.waitFor(() => expect(told.failures.join()).toContain("8388608"), waiting);
  expect(told.times).toBe(0);
});
