import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { timers } from "../../runtime/life/timers.ts";
import { endpointsIn } from "../../runtime/upstream/discovery/etcd/endpoint-value.ts";
import { createEtcdSource, type EtcdSourceConfig } from "../../runtime/upstream/discovery/etcd/etcd-source.ts";
import { behindPrefix } from "../../runtime/upstream/discovery/etcd/key-range.ts";
import { WatchLines } from "../../runtime/upstream/discovery/etcd/watch-lines.ts";
import { EtcdServer } from "./support/etcd-server.ts";
import { following } from "./support/following.ts";
import { HoldingProxy } from "./support/holding-proxy.ts";

const waiting = { timeout: 20_000, interval: 20 };

/** Milliseconds that the long pauses of the source last here: until all keys are read again, and between two pulses. */
const pauses = { relist: 600_000, pulse: 15_000 };

beforeEach(() => {
  Object.assign(pauses, { relist: 600_000, pulse: 15_000 });
  const { after } = timers;
  vi.spyOn(timers, "after").mockImplementation((milliseconds, owner, callback) => {
    const shortened = milliseconds > 500_000 ? pauses.relist : milliseconds === 15_000 ? pauses.pulse : milliseconds;
    return after(shortened === 2_000 ? 200 : shortened, owner, callback);
  });
  onTestFinished(() => void vi.restoreAllMocks());
});

let etcd: EtcdServer;
beforeAll(async () => {
  etcd = await EtcdServer.start();
});
afterAll(() => etcd?.end());

let prefixes = 0;
/** Below it nothing is there yet. */
const newPrefix = (): string => `services/orders-${++prefixes}/`;

const follow = (prefix: string, change: Partial<EtcdSourceConfig> = {}) =>
  following(createEtcdSource({ addresses: [etcd.url], prefix, ...change }));

/** A server that answers by hand. */
async function answering(
  answer: (path: string, response: ServerResponse, request: Record<string, unknown>) => void,
): Promise<string> {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    answer(request.url!, response, JSON.parse(text) as Record<string, unknown>);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("keys below a prefix", () => {
  it("are read, then watched: written, changed and deleted ones are seen when it happens", async () => {
    const prefix = newPrefix();
    await etcd.put(`${prefix}a`, { address: "10.0.0.7:8080", id: "orders-7", weight: 3, zone: "eu-1" });
    await etcd.put(`${prefix.slice(0, -1)}-archive/x`, "10.9.9.9:80");
    const { told, addresses } = follow(prefix);
    await vi.waitFor(() => expect(told.listed).toEqual([{ address: "10.0.0.7:8080", id: "orders-7", weight: 3, zone: "eu-1" }]), waiting); // biome-ignore format: one line
    await etcd.put(`${prefix}b`, "10.0.0.8:8080");
    await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:8080", "10.0.0.8:8080"]), waiting);
    await etcd.put(`${prefix}a`, "10.0.0.9:8080");
    await etcd.delete(`${prefix}b`);
    await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.9:8080"]), waiting);
    expect(told.failures).toEqual([]);
  });

  it("with a lease are gone when it ends", async () => {
    const prefix = newPrefix();
    await etcd.put(`${prefix}a`, "10.0.0.7:8080");
    await etcd.put(`${prefix}b`, "10.0.0.8:8080", await etcd.lease(1));
    const { addresses } = follow(prefix);
    await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:8080", "10.0.0.8:8080"]), waiting);
    await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:8080"]), waiting);
  });

  it("of more than one answer are read of one revision", async () => {
    const prefix = newPrefix();
    const names = Array.from({ length: 2_500 }, (_, index) => `${prefix}${index}`);
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    for (let from = 0; from < names.length; from += 100) {
      const puts = names.slice(from, from + 100).map((key, index) => ({
        request_put: { key: base64(key), value: base64(`10.1.${Math.floor((from + index) / 250)}.${(from + index) % 250}:80`) },
      }));
      await etcd.call("/v3/kv/txn", { success: puts });
    }
    const { told } = follow(prefix);
    await vi.waitFor(() => expect(told.listed).toHaveLength(2_500), waiting);
    expect([told.fewest, told.failures]).toEqual([2_500, []]);
  });
});

describe("what goes wrong with a watch", () => {
  it("traffic row 22: compacted past its revision, all keys are read again, and no endpoint is lost meanwhile", async () => {
    const prefix = newPrefix();
    const proxy = await HoldingProxy.start(etcd.port);
    onTestFinished(() => proxy.close());
    await etcd.put(`${prefix}a`, "10.0.0.7:8080");
    await etcd.put(`${prefix}gone`, "10.0.0.66:8080");
    // What is asked for behind the range waits until etcd has forgotten that revision.
    proxy.detains = "POST /v3/watch";
    const { told, addresses } = follow(prefix, { addresses: [proxy.url] });
    await vi.waitFor(() => expect([addresses().length, proxy.isDetaining]).toEqual([2, true]), waiting);
    await etcd.put(`${prefix}b`, "10.0.0.8:8080");
    await etcd.delete(`${prefix}gone`);
    await etcd.compact();
    proxy.release();
    await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:8080", "10.0.0.8:8080"]), waiting);
    await etcd.put(`${prefix}c`, "10.0.0.9:8080");
    await vi.waitFor(() => expect(addresses()).toHaveLength(3), waiting);
    expect([told.fewest, told.failures]).toEqual([2, []]);
  });

  it("a server that says `compact_revision` is asked for the whole range at once", async () => {
    const asked: string[] = [];
    const header = { cluster_id: "1", member_id: "2", revision: "9", raft_term: "2" };
    const server = createServer((request, response) => {
      asked.push(request.url!);
      if (request.url === "/v3/kv/range") {
        const value = Buffer.from(`10.0.0.7:${asked.length}`).toString("base64");
        return void response.end(JSON.stringify({ header, kvs: [{ key: "YQ==", mod_revision: "5", value }], count: "1" }));
      }
      // As etcd 3.4 answers to a watch from a revision that was compacted.
      response.write(`${JSON.stringify({ result: { header, created: true } })}\n`);
      if (asked.length === 2)
        response.write(`${JSON.stringify({ result: { header, canceled: true, compact_revision: "8" } })}\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close().closeAllConnections());
    const { told, addresses } = follow("a/", { addresses: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] });
    await vi.waitFor(() => expect(asked).toHaveLength(4), waiting);
    expect([asked, addresses(), told.failures]).toEqual([
      ["/v3/kv/range", "/v3/watch", "/v3/kv/range", "/v3/watch"],
      ["10.0.0.7:3"],
      [],
    ]);
  });

  it("one that is compacted again and again is asked once a second", async () => {
    const asked: string[] = [];
    const header = { cluster_id: "1", member_id: "2", revision: "9", raft_term: "2" };
    const url = await answering((path, response) => {
      asked.push(path);
      if (path === "/v3/kv/range") return void response.end(JSON.stringify({ header, count: "0" }));
      response.end(`${JSON.stringify({ result: { header, canceled: true, compact_revision: "9" } })}\n`);
    });
    const begun = performance.now();
    const { told } = follow("a/", { addresses: [url] });
    await vi.waitFor(() => expect(asked.filter((path) => path === "/v3/kv/range").length).toBeGreaterThanOrEqual(3), waiting);
    expect(performance.now() - begun).toBeGreaterThan(1_500);
    expect(told.failures).toEqual([]);
  });

  it("compacted between two answers of a range, that is begun anew", async () => {
    const requests: Record<string, unknown>[] = [];
    const header = { cluster_id: "1", member_id: "2", revision: "9", raft_term: "2" };
    const pair = (port: number) => ({ key: Buffer.from(`a/${port}`).toString("base64"), value: Buffer.from(`10.0.0.7:${port}`).toString("base64"), mod_revision: "5" }); // biome-ignore format: one line
    const url = await answering((path, response, request) => {
      if (path !== "/v3/kv/range") return void response.write("\n");
      requests.push(request);
      if (requests.length === 2) {
        // As etcd 3.4 says it.
        const message = "etcdserver: mvcc: required revision has been compacted";
        return void response.writeHead(400).end(JSON.stringify({ error: message, message, code: 11 }));
      }
      const isFirst = request.revision === undefined;
      const page = isFirst ? { kvs: [pair(1)], more: true, count: "2" } : { kvs: [pair(2)], count: "2" };
      response.end(JSON.stringify({ header, ...page }));
    });
    const { told, addresses } = follow("a/", { addresses: [url] });
    await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:1", "10.0.0.7:2"]), waiting);
    expect(requests.map(({ revision }) => revision)).toEqual([undefined, "9", undefined, "9"]);
    expect(Buffer.from(String(requests[1]!.key), "base64").toString()).toBe("a/1\0");
    expect([told.fewest, told.failures]).toEqual([2, []]);
  });

  it.each([
    ["the same keys", (): object => ({ kvs: [{ key: "YS8x", mod_revision: "5", value: "MTAuMC4wLjc6MQ==" }], more: true })],
    ["no keys", (): object => ({ more: true })],
    ["keys in front of those before", (page: number): object => ({ kvs: [{ key: Buffer.from(`a/${String(9_999 - page)}`).toString("base64"), mod_revision: "5", value: "MTAuMC4wLjc6MQ==" }], more: true })], // biome-ignore format: one line
  ])("a range that never ends is given up: %s, and always more", async (_, page) => {
    const header = { cluster_id: "1", member_id: "2", revision: "9", raft_term: "2" };
    let asked = 0;
    const url = await answering((_path, response) => void response.end(JSON.stringify({ header, ...page(++asked), count: "2" })));
    const { told } = follow("a/", { addresses: [url] });
    await vi.waitFor(() => expect(told.failures.join()).toContain("etcd says that there are more keys, and lists none"));
    expect([asked <= 4, told.times]).toEqual([true, 0]);
  });

  it("a connection that was cut is made again, and what happened meanwhile is seen", async () => {
    const prefix = newPrefix();
    const proxy = await HoldingProxy.start(etcd.port);
    onTestFinished(() => proxy.close());
    await etcd.put(`${prefix}a`, "10.0.0.7:8080");
    const { addresses, told } = follow(prefix, { addresses: [proxy.url] });
    await vi.waitFor(() => expect(addresses()).toHaveLength(1), waiting);
    for (const last of [8, 9]) {
      proxy.cut();
      await etcd.put(`${prefix}${last}`, `10.0.0.${last}:8080`);
      await vi.waitFor(() => expect(addresses()).toContain(`10.0.0.${last}:8080`), waiting);
    }
    expect(told.fewest).toBe(1);
  });

  it("one that says nothing of what happens is found out, and the keys are read again", async () => {
    pauses.pulse = 100;
    const prefix = newPrefix();
    const proxy = await HoldingProxy.start(etcd.port);
    onTestFinished(() => proxy.close());
    await etcd.put(`${prefix}a`, "10.0.0.7:8080");
    await etcd.put(`${prefix}b`, "10.0.0.8:8080");
    const { addresses, told } = follow(prefix, { addresses: [proxy.url] });
    await vi.waitFor(() => expect(told.times).toBeGreaterThan(2), waiting);
    proxy.holds = "POST /v3/watch";
    await etcd.delete(`${prefix}b`);
    await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:8080"]), waiting);
    expect(told.failures.join()).toContain("does not tell of what a range shows");
  });

  it("all keys are read again from time to time, whatever the watch says", async () => {
    pauses.relist = 50;
    const prefix = newPrefix();
    await etcd.put(`${prefix}a`, "10.0.0.7:8080");
    const { told } = follow(prefix);
    await vi.waitFor(() => expect(told.times).toBeGreaterThan(3), waiting);
    expect(told.failures).toEqual([]);
  });

  it("a further look does not wait for a change", async () => {
    const prefix = newPrefix();
    await etcd.put(`${prefix}a`, "10.0.0.7:8080");
    const { told, look } = follow(prefix);
    await vi.waitFor(() => expect(told.times).toBe(1), waiting);
    look.soon();
    await vi.waitFor(() => expect(told.times).toBeGreaterThan(1), waiting);
    expect(told.failures).toEqual([]);
  });
});

describe("texts and bytes", () => {
  it.each([
    ["10.0.0.7:8080\n", [{ address: "10.0.0.7:8080" }]],
    ['"10.0.0.7:8080"', [{ address: "10.0.0.7:8080" }]],
    ['{"url":"http://a:1","weight":2}', [{ address: "http://a:1", weight: 2 }]],
    ['{"Op":0,"Addr":"10.0.0.7:8080","Metadata":{"weight":3,"zone":"eu-1"}}', [{ address: "10.0.0.7:8080", weight: 3, zone: "eu-1", metadata: { weight: 3, zone: "eu-1" } }]], // biome-ignore format: one line
    ['{"Op":0,"Addr":"10.0.0.7:8080","Metadata":null}', [{ address: "10.0.0.7:8080" }]],
    ['{"Op":1,"Addr":"10.0.0.7:8080"}', []],
    ['{"host":"a"}', [{ address: '{"host":"a"}' }]],
    ["", [{ address: "" }]],
  ])("the value %j", (text, endpoints) => {
    expect(endpointsIn(text)).toEqual(endpoints);
  });

  it("the first key behind a prefix", () => {
    expect(behindPrefix(Buffer.from("a/")).toString()).toBe("a0");
    expect(behindPrefix(Buffer.from([0x61, 0xff, 0xff]))).toEqual(Buffer.from([0x62]));
    expect(behindPrefix(Buffer.from([0xff]))).toEqual(Buffer.from([0]));
  });

  it("lines of a stream are put together wherever they are cut, and a line without an end is not kept for ever", () => {
    const text = Buffer.from('{"a":"é"}\n\n{"b":2}\n{"c":');
    for (let cut = 0; cut <= text.length; cut++) {
      const seen: unknown[] = [];
      const lines = new WatchLines((value) => seen.push(value));
      lines.add(text.subarray(0, cut));
      lines.add(text.subarray(cut));
      expect(seen).toEqual([{ a: "é" }, { b: 2 }]);
    }
    const lines = new WatchLines(() => {});
    const chunk = Buffer.alloc(4 * 1024 * 1024, "x");
    expect(() => {
      for (let count = 0; count < 5; count++) lines.add(chunk);
    }).toThrow("a line of more than");
    // Byte by byte, as servers send that wish one ill: what is kept of it is not much more than the line.
    const trickle = new WatchLines(() => {});
    const before = process.memoryUsage();
    for (let count = 0; count < 2_000_000; count++) trickle.add(chunk.subarray(count, count + 1));
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    expect((heapUsed - before.heapUsed + arrayBuffers - before.arrayBuffers) / 1_048_576).toBeLessThan(128);
  });
});
