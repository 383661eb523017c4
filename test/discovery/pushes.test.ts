import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import type { StartUrl } from "../../runtime/identity/start-url.ts";
import { timers } from "../../runtime/life/timers.ts";
import { createEtcdSource } from "../../runtime/upstream/discovery/etcd/etcd-source.ts";
import { createFileSource } from "../../runtime/upstream/discovery/file-source.ts";
import { createKubernetesSource } from "../../runtime/upstream/discovery/kubernetes/kubernetes-source.ts";
import { createRedisSource } from "../../runtime/upstream/discovery/redis/redis-source.ts";
import type { EndpointSource } from "../../runtime/upstream/discovery/source.ts";
import { KubeApiServer, kubePod, kubeSlice } from "../harness/kube-api-server.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { RedisServer, until } from "../stores/support/redis-server.ts";
import { startedStore } from "../stores/support/redis-store.ts";
import { EtcdServer } from "./support/etcd-server.ts";
import { following } from "./support/following.ts";

// A registry that tells of a change is followed without waiting for the time of the next look: between the two, no timer ends but those
// that gather what comes together. (`bench/endpoints.mjs` says how many milliseconds it is up to the first request.)

const waiting = { timeout: 20_000, interval: 5 };

/** Milliseconds for which changes are gathered: of messages, and of a file that is being written. */
const gatherMs = { message: 20, file: 100 };

/** Of timers that ended. */
const ended: number[] = [];
beforeEach(() => {
  const { after } = timers;
  vi.spyOn(timers, "after").mockImplementation((milliseconds, owner, callback) =>
    after(milliseconds, owner, () => {
      ended.push(milliseconds);
      callback();
    }),
  );
  onTestFinished(() => void vi.restoreAllMocks());
});

let etcd: EtcdServer;
let redis: RedisServer;
beforeAll(async () => {
  [etcd, redis] = await Promise.all([EtcdServer.start(), RedisServer.start()]);
});
afterAll(() => Promise.all([etcd?.end(), redis?.end()]));

/** Moves the endpoint of a source that is followed some times, and says for how long changes were gathered at most. */
async function gathered(
  source: EndpointSource,
  move: (address: string) => unknown,
  listens: () => Promise<unknown> | unknown,
): Promise<number> {
  await move("10.0.0.1:8080");
  const { addresses, told } = following(source);
  await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.1:8080"]), waiting);
  await listens();
  let most = 0;
  for (let port = 1; port <= 5; port++) {
    ended.length = 0;
    await move(`10.0.0.2:${port}`);
    await vi.waitFor(() => expect(addresses()).toEqual([`10.0.0.2:${port}`]), waiting);
    most = Math.max(most, ...ended);
  }
  expect(told.failures).toEqual([]);
  return most;
}

it("etcd: by its watch", async () => {
  const source = createEtcdSource({ addresses: [etcd.url as StartUrl], prefix: "services/orders/" });
  expect(await gathered(source, (address) => etcd.put("services/orders/one", { address }), () => {})).toBe(gatherMs.message); // biome-ignore format: one line
});

it("Redis: by a message", async () => {
  const { store } = await startedStore(redis.url);
  const source = createRedisSource({ store, storeName: "default", prefix: "registry", service: "orders", interval: 600_000 });
  const move = async (address: string): Promise<void> => {
    await redis.ask("set", "registry:{orders}:one", JSON.stringify({ address }), "ex", "600");
    await redis.ask("publish", "registry:{orders}", "one");
  };
  const listens = (): Promise<void> =>
    until("it listens", async () => ((await redis.ask("pubsub", "channels", "registry:{orders}")) as unknown[]).length === 1);
  expect(await gathered(source, move, listens)).toBe(gatherMs.message);
});

it("Kubernetes: by its watch", async () => {
  const server = new KubeApiServer();
  await server.listen();
  onTestFinished(() => server.close());
  const source = createKubernetesSource({ address: server.origin as StartUrl, namespace: "shop", services: ["orders"] });
  const move = (address: string): void => {
    const [host, port] = address.split(":");
    server.put(kubeSlice("orders-a", [kubePod(host!, "1")], { ports: [{ name: "http", protocol: "TCP", port: Number(port) }] }));
  };
  const listens = (): Promise<void> => vi.waitFor(() => expect(server.watching).toBe(1), waiting);
  expect(await gathered(source, move, listens)).toBe(gatherMs.message);
});

it("a file: by what the system says of its folder", async () => {
  const folder = temporaryFolder({});
  const path = join(folder, "orders.json");
  const move = (address: string): void => {
    writeFileSync(`${path}.new`, JSON.stringify([address]));
    renameSync(`${path}.new`, path);
  };
  expect(await gathered(createFileSource({ path }), move, () => {})).toBe(gatherMs.file);
});
