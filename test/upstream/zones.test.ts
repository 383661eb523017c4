import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { built, metricsOf, startWorkers } from "../faults/gateway.ts";
import { sendRequest } from "../harness/http-client.ts";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { exchange, get } from "../runtime/support/raw-client.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** An origin of a zone, which takes so long to answer with its name. */
async function origin(zone: string, ms: number, host = "127.0.0.1"): Promise<{ readonly url: string; ms: number }> {
  const served = { url: "", ms };
  const server = createServer((_, response) => void setTimeout(() => response.end(zone), served.ms));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return Object.assign(served, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

it("requests leave a zone that is slow little by little, over sockets and in two workers, and everybody can see why", async () => {
  const [own, other] = [await origin("eu-1", 2), await origin("eu-2", 2)];
  const out = await built({
    "gateway.yaml": `gateway: zones
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}" }
policies: { metrics: {} }
routes:
  all: { match: { path: "/**" }, service: backend, policies: { public: a test } }
services:
  backend:
    endpoints: [{ url: "\${env:UPSTREAM}", zone: eu-1 }, { url: "${other.url}", zone: eu-2 }]
    loadBalancer: { zone: "\${env:ZONE:-eu-1}", failover: { slower: 2, probe: 20% } }
`,
  });
  const gateway = await startWorkers(out, own.url);
  const shareOf = async (zone: string): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: 40 }, async () => (await exchange(gateway.port, get("/", ""))).body));
    return answers.filter((body) => body === zone).length / answers.length;
  };
  expect(await shareOf("eu-1")).toBeGreaterThan(0.7);
  own.ms = 150;
  await expect.poll(() => shareOf("eu-2"), { timeout: 25_000, interval: 50 }).toBeGreaterThan(0.45);

  const metrics = await metricsOf(gateway.admin);
  expect(metrics).toMatch(/^gatewright_service_zone_attempts_total\{service="backend",zone="eu-2"\} \d+$/m);
  expect(metrics).toMatch(/^gatewright_service_zone_withheld\{service="backend",zone="eu-1"\} (?!0$)\S+$/m);
  const status = await sendRequest(gateway.admin, { method: "GET", target: "/status", headers: [], body: "" });
  expect(status.body).toMatch(/"zone":\s*"eu-1",\s*"endpoints":\s*"1\/1",\s*"share":/);
  expect(gateway.program.output).toContain("requests leave a zone that is slower than another");

  const top = gatewright(["live", "top", "--once", "--interval", "1s", "--url", `http://127.0.0.1:${gateway.admin}`]);
  await shareOf("eu-1");
  expect((await top).stdout).toMatch(/backend .* eu-1 held back/);
}, 60_000);

it("counters of two workers do not fall when a registry takes a zone out, puts scores in its place, and brings it back", async () => {
  // Each address of the loopback network is another endpoint.
  const own = await origin("gone", 0, "0.0.0.0");
  const { port } = new URL(own.url);
  const listed = (zones: readonly string[]): string =>
    zones
      .map((zone, index) => `- { address: "127.0.${zone === "gone" ? 1 : 2}.${index + 1}:${port}", zone: "${zone}" }\n`)
      .join("");
  const others = Array.from({ length: 70 }, (_, index) => `other-${index}`);
  const folder = temporaryFolder({ "orders.yaml": listed(["gone"]) });
  const out = await built({
    "gateway.yaml": `gateway: zones
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}" }
policies: { metrics: {} }
routes:
  all: { match: { path: "/**" }, service: backend, policies: { public: a test } }
services:
  backend:
    discover: { file: { path: "${folder}/orders.yaml" }, confirm: 0s }
    loadBalancer: { failover: { by: latency } }
`,
  });
  const gateway = await startWorkers(out, own.url);
  const ask = (): Promise<unknown> =>
    Promise.all(Array.from({ length: 20 }, () => exchange(gateway.port, get("/", "Connection: close\r\n"))));
  const zonesShown = async (): Promise<string> =>
    (await sendRequest(gateway.admin, { method: "GET", target: "/status", headers: [], body: "" })).body;
  const attemptsIn = async (zone: string): Promise<number> => {
    const metrics = await metricsOf(gateway.admin);
    return Number(
      new RegExp(`^gatewright_service_zone_attempts_total\\{service="backend",zone="${zone}"\\} (\\d+)$`, "m").exec(metrics)?.[1],
    );
  };
  // Workers learn of a change one after the other.
  const grows = (above: number) =>
    expect.poll(() => ask().then(() => attemptsIn("gone")), { timeout: 20_000, interval: 50 }).toBeGreaterThan(above);
  await grows(39);
  const before = await attemptsIn("gone");
  writeFileSync(`${folder}/orders.yaml`, listed(others));
  // More are here than are told apart: what is gone is not remembered for two minutes.
  await expect.poll(zonesShown, { timeout: 20_000, interval: 50 }).not.toContain('"gone"');
  await ask();
  expect(await attemptsIn("gone")).toBeGreaterThanOrEqual(before);
  writeFileSync(`${folder}/orders.yaml`, listed(["gone"]));
  await grows(before + 39);
}, 90_000);
