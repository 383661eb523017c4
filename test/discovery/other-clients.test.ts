import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { component } from "../harness/component.ts";
import { KubeApiServer, kubePod, kubeSlice } from "../harness/kube-api-server.ts";
import { pythonLines } from "../harness/python.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { consulInstance, consulServer } from "./support/consul-server.ts";

// The servers of the tests for registries that no package has, asked by clients that others wrote: kubectl with client-go, and
// the clients of Kubernetes and Consul for Python. So they are not only what our own sources take them for.

const waiting = { timeout: 20_000, interval: 20 };

async function cluster(): Promise<KubeApiServer> {
  const server = new KubeApiServer();
  await server.listen();
  onTestFinished(() => server.close());
  for (const n of [1, 2, 3]) server.put(kubeSlice(`orders-${n}`, [kubePod(`10.0.0.${n}`, String(n))]));
  return server;
}

it("kubectl reads lists in pages, and understands that a page is gone", async () => {
  const server = await cluster();
  const kubectl = await component("kubectl");
  const flags = ["--server", server.origin, "--namespace", "shop", "--chunk-size", "2", "--output", "json"];
  const listed = async (): Promise<unknown> => {
    // Its caches are nobody else's.
    const env = { ...process.env, HOME: temporaryFolder({}), KUBECONFIG: "/dev/null" };
    const { stdout } = await promisify(execFile)(kubectl, ["get", "endpointslices", ...flags], { env });
    const { items } = JSON.parse(stdout) as {
      readonly items: readonly { readonly endpoints: readonly { addresses: string[] }[] }[];
    };
    return items.flatMap(({ endpoints }) => endpoints.flatMap(({ addresses }) => addresses));
  };
  expect(await listed()).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
  expect(server.lists.filter(({ searchParams }) => searchParams.has("continue"))).toHaveLength(1);

  server.onPage = () => {
    server.onPage = () => {};
    server.compact();
  };
  await expect(listed()).rejects.toThrow("Error from server (Expired)");
});

const watchingSlices = `
import sys
from kubernetes import client, watch
api = client.DiscoveryV1Api(client.ApiClient(client.Configuration(host=sys.argv[1])))
version = api.list_namespaced_endpoint_slice("shop", label_selector="kubernetes.io/service-name=orders").metadata.resource_version
try:
    for event in watch.Watch().stream(api.list_namespaced_endpoint_slice, "shop", resource_version=version, allow_watch_bookmarks=True):
        seen = event["object"]
        if event["type"] == "BOOKMARK":
            print("BOOKMARK")
        else:
            print(event["type"], seen.metadata.name, *[address for endpoint in seen.endpoints for address in endpoint.addresses])
except client.ApiException as error:
    print(error.status, error.reason)
`;

it("the client for Python watches: changes, watches that end, and versions that are gone", async () => {
  const server = await cluster();
  const lines = await pythonLines("kubernetes", watchingSlices, server.origin);
  const seen = async (line: string): Promise<void> => {
    await expect.poll(() => lines, waiting).toContain(line);
  };
  await expect.poll(() => server.watching, waiting).toBe(1);
  server.put(kubeSlice("orders-4", [kubePod("10.0.0.4", "4")]));
  await seen("ADDED orders-4 10.0.0.4");
  // It goes on from the version that it saw last.
  server.endWatches();
  await expect.poll(() => server.watching, waiting).toBe(1);
  server.put(kubeSlice("orders-4", [kubePod("10.0.0.5", "5")]));
  await seen("MODIFIED orders-4 10.0.0.5");
  server.remove("orders-4");
  await seen("DELETED orders-4 10.0.0.5");
  expect(lines.filter((line) => line.includes("orders-4"))).toHaveLength(3);
  server.compact();
  server.endWatches();
  await seen("410 Expired: too old resource version: 1 (200)");
});

const askingConsul = `
import sys
import consul
host, port = sys.argv[1].split(":")
api = consul.Consul(host=host, port=int(port))
index = None
while True:
    index, nodes = api.health.service("orders", index=index, wait="30s", passing=True, dc="dc1")
    print(index, *sorted(node["Service"]["ID"] for node in nodes))
`;

it("the client for Python asks Consul: queries block until something changes", async () => {
  const { blocked, change, address } = await consulServer();
  const lines = await pythonLines("consul", askingConsul, new URL(address).host);
  await expect.poll(() => blocked.size, waiting).toBe(1);
  change({
    index: "1201",
    list: [consulInstance("orders-1"), consulInstance("orders-2", { Address: "10.1.10.13", Port: 9000 })],
  });
  await expect.poll(() => blocked.size, waiting).toBe(1);
  expect(lines).toEqual(["1200 orders-1", "1201 orders-1 orders-2"]);
});
