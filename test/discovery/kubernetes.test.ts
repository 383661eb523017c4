import { expect, it, onTestFinished, vi } from "vitest";
import type { Life } from "../../runtime/life/life.ts";
import { Repeat } from "../../runtime/life/repeat.ts";
import { timers } from "../../runtime/life/timers.ts";
import { createLog } from "../../runtime/log/log.ts";
import {
  createKubernetesSource,
  type KubernetesSourceConfig,
} from "../../runtime/upstream/discovery/kubernetes/kubernetes-source.ts";
import { WatchEvents } from "../../runtime/upstream/discovery/kubernetes/watch-events.ts";
import type { Listed } from "../../runtime/upstream/discovery/member.ts";
import { KubeApiServer, kubePod, kubeSlice } from "../harness/kube-api-server.ts";

const waiting = { timeout: 20_000, interval: 10 };

async function cluster(): Promise<KubeApiServer> {
  // Pauses between queries pass at once here.
  const { after } = timers;
  vi.spyOn(timers, "after").mockImplementation((milliseconds, owner, callback) =>
    after(milliseconds <= 1_000 ? 0 : milliseconds, owner, callback),
  );
  const server = new KubeApiServer();
  await server.listen();
  onTestFinished(() => {
    vi.restoreAllMocks();
    server.close();
  });
  return server;
}

function following(server: KubeApiServer, config: Partial<KubernetesSourceConfig> = {}) {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const log = createLog();
  const every: Life["every"] = (milliseconds, work) => new Repeat({ milliseconds, work, signal: ending.signal, log });
  const told = { listed: undefined as readonly Listed[] | undefined, failures: [] as string[], times: 0 };
  const source = createKubernetesSource({ address: server.origin, namespace: "shop", services: ["orders"], ...config });
  // A source uses nothing else of it.
  const look = source.follow({ every, log, signal: ending.signal } as unknown as Life, {
    found: (listed) => void Object.assign(told, { listed, times: told.times + 1 }),
    read: (listed) => listed,
    failed: (failure) => void told.failures.push(failure),
  });
  const addresses = (): unknown[] => (told.listed ?? []).map(({ address }) => address).sort();
  const listing = (...wanted: string[]) => vi.waitFor(() => expect(addresses()).toEqual(wanted), waiting);
  return { told, look, listing };
}

it("slices are listed once and watched then, and a change is seen when it happens", async () => {
  const server = await cluster();
  server.put(
    kubeSlice("orders-a", [kubePod("10.0.0.1", "1"), kubePod("10.0.0.2", "2", { zone: "eu-1" })], { labels: { team: "shop" } }),
  );
  server.put(kubeSlice("other", [kubePod("10.9.9.9", "9")], { service: "billing" }));
  const { told, listing } = following(server);
  await listing("10.0.0.1:8080", "10.0.0.2:8080");
  expect(told.listed![1]).toEqual({
    address: "10.0.0.2:8080",
    id: "2",
    zone: "eu-1",
    protocol: "",
    metadata: { team: "shop", service: "orders", node: "node-1", pod: "pod-2" },
  });
  await vi.waitFor(() => expect(server.watching).toBe(1), waiting);
  server.put(kubeSlice("orders-b", [kubePod("10.0.0.3", "3")]));
  await listing("10.0.0.1:8080", "10.0.0.2:8080", "10.0.0.3:8080");
  server.put(kubeSlice("orders-a", [kubePod("10.0.0.1", "1")]));
  await listing("10.0.0.1:8080", "10.0.0.3:8080");
  server.remove("orders-b");
  await listing("10.0.0.1:8080");
  const [list, watch] = server.asked.map(({ searchParams }) => Object.fromEntries(searchParams));
  expect(list).toEqual({ labelSelector: "kubernetes.io/service-name=orders", limit: "20" });
  expect(watch).toEqual({
    labelSelector: "kubernetes.io/service-name=orders",
    watch: "1",
    allowWatchBookmarks: "true",
    resourceVersion: "102",
    timeoutSeconds: "60",
  });
  expect([server.asked.length, told.failures]).toEqual([2, []]);
});

it("a burst of changes is told as one", async () => {
  const server = await cluster();
  server.put(kubeSlice("orders-0", [kubePod("10.0.0.1", "1")]));
  const { told, listing } = following(server);
  await listing("10.0.0.1:8080");
  await vi.waitFor(() => expect(server.watching).toBe(1), waiting);
  const before = told.times;
  server.put(
    ...Array.from({ length: 100 }, (_, index) => kubeSlice(`orders-${index}`, [kubePod(`10.0.1.${index}`, String(index))])),
  );
  await vi.waitFor(() => expect(told.listed).toHaveLength(100), waiting);
  expect(told.times - before).toBeLessThanOrEqual(10);
});

it("several services are one list, and metadata says whose an endpoint is", async () => {
  const server = await cluster();
  server.put(kubeSlice("a", [kubePod("10.0.0.1", "1")], { service: "orders-v1" }));
  server.put(kubeSlice("b", [kubePod("10.0.0.2", "2")], { service: "orders-v2" }));
  const { told, listing } = following(server, { services: ["orders-v1", "orders-v2"] });
  await listing("10.0.0.1:8080", "10.0.0.2:8080");
  expect(told.listed!.map(({ metadata }) => (metadata as { service: string }).service)).toEqual(["orders-v1", "orders-v2"]);
});

it("a list comes in pages, and traffic row 19: where one of them answers 410, it begins anew without `continue`", async () => {
  const server = await cluster();
  for (let index = 0; index < 45; index++) server.put(kubeSlice(`orders-${index}`, [kubePod(`10.0.0.${index}`, String(index))]));
  let compactions = 0;
  server.onPage = (page) => {
    // The first time only: what is listed has changed meanwhile.
    if (page === 2 && compactions++ === 0) server.compact();
  };
  const { told } = following(server);
  await vi.waitFor(() => expect(told.listed).toHaveLength(45), waiting);
  const pages = server.lists.map(({ searchParams }) => searchParams.has("continue"));
  expect(pages).toEqual([false, true, true, false, true, true]);
  expect(told.failures).toEqual([]);
});

it("a server that forgets every list in pages is asked for it as a whole", async () => {
  const server = await cluster();
  for (let index = 0; index < 45; index++) server.put(kubeSlice(`orders-${index}`, [kubePod(`10.0.0.${index}`, String(index))]));
  server.onPage = (page) => {
    if (page === 1) server.compact();
  };
  const { told } = following(server);
  await vi.waitFor(() => expect(told.listed).toHaveLength(45), waiting);
  expect(server.lists.map(({ searchParams }) => searchParams.get("limit"))).toEqual(["20", "20", "20", "20", null]);
});

it("a watch that ends goes on from the last version, which bookmarks move on", async () => {
  const server = await cluster();
  server.put(kubeSlice("orders-a", [kubePod("10.0.0.1", "1")]));
  const { told, listing } = following(server);
  await listing("10.0.0.1:8080");
  // What is known counts as seen again when the watch stands, and with each bookmark.
  await vi.waitFor(() => expect(told.times).toBe(2), waiting);
  server.bookmark();
  await vi.waitFor(() => expect(told.times).toBe(3), waiting);
  server.endWatches();
  server.put(kubeSlice("orders-b", [kubePod("10.0.0.2", "2")]));
  await listing("10.0.0.1:8080", "10.0.0.2:8080");
  expect(server.asked.map(({ searchParams }) => searchParams.get("resourceVersion"))).toEqual([null, "101", "102"]);
  expect(told.failures).toEqual([]);
});

it("where the version of the watch is forgotten (410 as an event), everything is listed anew, and nothing is lost meanwhile", async () => {
  const server = await cluster();
  server.put(kubeSlice("orders-a", [kubePod("10.0.0.1", "1")]), kubeSlice("orders-b", [kubePod("10.0.0.2", "2")]));
  const { told, listing } = following(server);
  await listing("10.0.0.1:8080", "10.0.0.2:8080");
  await vi.waitFor(() => expect(server.watching).toBe(1), waiting);
  server.endWatches();
  server.remove("orders-a");
  server.put(kubeSlice("orders-c", [kubePod("10.0.0.3", "3")]));
  server.compact();
  await listing("10.0.0.2:8080", "10.0.0.3:8080");
  expect(server.lists).toHaveLength(2);
  expect(told.failures).toEqual([]);
});

it("any other error of a watch is said, and everything is listed anew", async () => {
  const server = await cluster();
  server.put(kubeSlice("orders-a", [kubePod("10.0.0.1", "1")]));
  const { told } = following(server);
  await vi.waitFor(() => expect(server.watching).toBe(1), waiting);
  server.error(500, "InternalError");
  await vi.waitFor(
    () => expect(told.failures).toEqual(["the API server ended the watch with the error 500: InternalError"]),
    waiting,
  );
  await vi.waitFor(() => expect([server.lists.length, server.watching]).toEqual([2, 1]), waiting);
});

it("a watch that is cut in the middle of an event goes on from the last whole one", async () => {
  const server = await cluster();
  server.put(kubeSlice("orders-a", [kubePod("10.0.0.1", "1")]));
  const { listing } = following(server);
  await vi.waitFor(() => expect(server.watching).toBe(1), waiting);
  server.cutWatches();
  server.put(kubeSlice("orders-b", [kubePod("10.0.0.2", "2")]));
  await listing("10.0.0.1:8080", "10.0.0.2:8080");
  expect(server.lists).toHaveLength(1);
});

it("events in pieces that end anywhere, also within a character, are put together", async () => {
  const server = await cluster();
  server.pieceBytes = 7;
  server.put(kubeSlice("orders-a", [kubePod("10.0.0.1", "1")]));
  const { told, listing } = following(server);
  await vi.waitFor(() => expect(server.watching).toBe(1), waiting);
  server.put(kubeSlice("orders-b", [kubePod("10.0.0.2", "2")], { labels: { team: "Köln ✓" } }));
  await listing("10.0.0.1:8080", "10.0.0.2:8080");
  expect(told.listed![1]).toMatchObject({ metadata: { team: "Köln ✓" } });
  const seen: unknown[] = [];
  const events = new WatchEvents(({ type, object }) => void seen.push([type, object]));
  for (const byte of Buffer.from('{"type":"ADDED","object":"Ü"}\n\n{"type":"BOOKMARK","object":{}}\r\n{"type"'))
    events.add(Buffer.of(byte));
  expect(seen).toEqual([["ADDED", "Ü"], ["BOOKMARK", {}]]); // biome-ignore format: one line
  expect(() => events.add(Buffer.from(":1}\n"))).toThrow("no event");
  expect(() => events.add(Buffer.from("<html>\n"))).toThrow("no JSON");
  expect(() => { for (;;) events.add(Buffer.alloc(65_536)); }).toThrow("longer than"); // biome-ignore format: one line
  // Byte by byte, what is kept of it is not much more than the event.
  const trickle = new WatchEvents(() => {});
  const byte = Buffer.from("x");
  const before = process.memoryUsage();
  for (let count = 0; count < 2_000_000; count++) trickle.add(byte.subarray(0));
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  expect((heapUsed - before.heapUsed + arrayBuffers - before.arrayBuffers) / 1_048_576).toBeLessThan(128);
});

it.each<[string, (server: KubeApiServer) => void, string]>([
  ["no token that it knows", (server) => { server.token = "another"; }, "401"], // biome-ignore format: one line
  ["no right to list", (server) => { server.isForbidden = true; }, "allow its service account `list` and `watch`"], // biome-ignore format: one line
  ["an error", (server) => server.refusals.push(500, 500, 500, 500), "answers with 500"],
])("%s is said, and changes nothing", async (_, refuse, why) => {
  const server = await cluster();
  server.put(kubeSlice("orders-a", [kubePod("10.0.0.1", "1")]));
  const { told, listing } = following(server);
  await listing("10.0.0.1:8080");
  await vi.waitFor(() => expect(server.watching).toBe(1), waiting);
  refuse(server);
  server.endWatches();
  await vi.waitFor(() => expect(told.failures.join()).toContain(why), waiting);
  await listing("10.0.0.1:8080");
});

it("a further look lists anew, and does not wait for a change", async () => {
  const server = await cluster();
  server.put(kubeSlice("orders-a", [kubePod("10.0.0.1", "1")]));
  const { told, look } = following(server);
  await vi.waitFor(() => expect(server.watching).toBe(1), waiting);
  look.soon();
  await vi.waitFor(() => expect([server.lists.length, server.watching]).toEqual([2, 1]), waiting);
  expect(told.listed).toHaveLength(1);
  expect(told.failures).toEqual([]);
});

it.each([
  ["an answer that is none of its own", "<html>"],
  ["a list without a version", '{"items":[],"metadata":{}}'],
  ["an item that is no slice", '{"items":[{"kind":"Pod"}],"metadata":{"resourceVersion":"1"}}'],
])("%s is a failure", async (_, body) => {
  const server = await cluster();
  const { told } = following(server, { address: await answering(body) });
  await vi.waitFor(() => expect(told.failures.length).toBeGreaterThan(0), waiting);
  expect(told.listed).toBeUndefined();
});

async function answering(body: string): Promise<string> {
  const { createServer } = await import("node:http");
  const server = createServer((_, response) => void response.end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address!.port : 0}`;
}
