import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startUpstream } from "../harness/recording-upstream.ts";
import { buildForTest, type RunningGateway, startGateway } from "../harness/running-gateway.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { exchange, get } from "../runtime/support/raw-client.ts";

async function started(upstream: string, path = "/**"): Promise<RunningGateway> {
  const folder = temporaryFolder({
    "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
routes: { all: { match: { path: "${path}" }, service: next, policies: { public: tests } } }
services: { next: { endpoints: ["\${env:UPSTREAM}"] } }
`,
  });
  const built = await buildForTest(join(folder, "gateway.yaml"));
  onTestFinished(() => built.dispose());
  const gateway = await startGateway(built.out, { PORT: "0", UPSTREAM: upstream });
  onTestFinished(() => gateway.stop());
  return gateway;
}

/** What stands at an address before anybody knows where it leads, as a balancer in front of a gateway does. */
async function relay(): Promise<{ readonly url: string; to: number; connections: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    self.connections++;
    const onward = connect(self.to, "127.0.0.1");
    for (const one of [socket, onward]) sockets.add(one.on("error", () => {}));
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const self = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, to: 0, connections: 0 };
  return self;
}

test("two gateways of one name may stand in a row", async () => {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const inner = await started(upstream.url);
  const outer = await started(`http://127.0.0.1:${inner.port}`, "/{any}");
  expect((await exchange(outer.port, get("/things"))).status).toBe(200);
  const [seen] = upstream.take();
  const vias = seen!.headers.filter(([name]) => name.toLowerCase() === "via").map(([, value]) => value);
  const builds = [...vias.join(", ").matchAll(/1\.1 gatewright \(shop ([0-9a-f]{12})\)/g)].map(([, build]) => build);
  expect([vias.length, new Set(builds).size]).toEqual([2, 2]);
});

test("a request that comes back to the gateway that forwarded it is answered with 508 after one round", async () => {
  const balancer = await relay();
  const gateway = await started(balancer.url);
  balancer.to = gateway.port;
  const answer = await exchange(gateway.port, get("/things"));
  expect([answer.status, JSON.parse(answer.body).type]).toEqual([508, "urn:gatewright:problem:loop-detected"]);
  expect(balancer.connections).toBe(1);
});

test("processes of one build are one gateway: a request that goes round through a sister is answered with 508", async () => {
  const balancer = await relay();
  const [one, other] = [await started(balancer.url), await started(balancer.url)];
  balancer.to = other.port;
  expect((await exchange(one.port, get("/things"))).status).toBe(508);
  expect(balancer.connections).toBe(1);
});
