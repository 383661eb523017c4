import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWorkers, workersOf } from "../faults/gateway.ts";
import { makeAuthority } from "../harness/certificates.ts";
import type { RunningGateway } from "../harness/running-gateway.ts";
import { get } from "./support/gateway.ts";
import type { Origin } from "./support/origin.ts";
import { Shared } from "./support/shared.ts";

const head = `gateway: warm
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}" }
policies: { metrics: {} }
`;
const route = (name: string): string =>
  `  ${name}: { match: { path: "/${name}/**" }, service: ${name}, policies: { public: warm } }\n`;
const file = (plain: string, secure: string, http2: string, away: string, sick: string, checks: string): string => `${head}routes:
${["plain", "secure", "multi", "away", "sick"].map(route).join("")}services:
  plain: { endpoints: ["${plain}"], connections: { least: 3, idle: 1h } }
  secure: { endpoints: ["${secure}"], connections: { least: 2, idle: 1h }, tls: { ca: { env: CA } } }
  multi: { endpoints: ["${http2}"], protocol: http2, connections: { least: 2, streams: 1 } }
  away: { endpoints: ["${away}"], required: true, connections: { least: 2 } }
  sick:
    endpoints: ["${sick}"]
    connections: { least: 2, idle: 1h }
    health: { active: { path: /healthz, interval: 100ms, port: ${new URL(checks).port} } }
`;

const shared = new Shared();
const held: (() => unknown)[] = [];
/** Handshakes that the secure service has finished. */
let secured = 0;
let plain: Origin;
let http2: Origin;
let away: Origin;
let sick: Origin;
/** Answers the health checks of the one above. */
let checks: Origin;
let gateway: RunningGateway;
beforeAll(async () => {
  plain = await shared.origin((_, response) => void held.push(() => response.end()));
  http2 = await shared.origin((_, response) => void held.push(() => response.end()), 2);
  away = await shared.origin();
  await away.stop();
  sick = await shared.origin();
  checks = await shared.origin();
  const authority = await makeAuthority();
  const { certificate, key } = authority.issue("localhost", ["DNS:localhost"]);
  const server = createHttpsServer({ cert: certificate, key }, (_, response) => void response.end("ok"));
  const sockets = new Set<Socket>();
  server.on("secureConnection", (socket) => {
    secured++;
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  shared.onEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const secure = `https://localhost:${(server.address() as AddressInfo).port}`;
  gateway = await shared.gateway(file(plain.url, secure, http2.url, away.url, sick.url, checks.url), {
    CA: authority.certificate,
  });
});

afterAll(() => shared.end());

const soon = { timeout: 30_000, interval: 20 };

const stateOf = async (name: string): Promise<unknown> => {
  const { things } = JSON.parse((await get(gateway.adminPort!, "/status")).body) as {
    readonly things: readonly { readonly name: string; readonly state: unknown }[];
  };
  return things.find((thing) => thing.name === `services.${name}.connections`)?.state;
};

describe("a service with connections that are kept for requests to come", () => {
  it("has them before the first request: HTTP/1.1, with TLS, HTTP/2", async () => {
    // What is accepted here may be told of a moment later than the gateway heard of it.
    await expect.poll(() => [plain.connections, secured, http2.connections], soon).toEqual([3, 2, 2]);
    expect(await stateOf("plain")).toEqual([{ url: plain.url, connections: 3, idle: 3, isWarm: true }]);
    expect([plain.seen, http2.seen]).toEqual([[], []]);
  });

  it.each<[string, string, () => Origin]>([
    ["HTTP/1.1", "plain", () => plain],
    ["HTTP/2", "multi", () => http2],
  ])("%s: has one ahead when all are taken", async (_, name, originOf) => {
    const origin = originOf();
    const before = origin.connections;
    const requests = Array.from({ length: before }, (_, index) => get(gateway.port, `/${name}/${index}`));
    await expect.poll(() => held.length, soon).toBe(before);
    await expect.poll(() => origin.connections, soon).toBe(before + 1);
    for (const answer of held.splice(0)) answer();
    expect(new Set((await Promise.all(requests)).map(({ status }) => status))).toEqual(new Set([200]));
  });

  it.each<[string, string, 1 | 2, () => Origin]>([
    ["HTTP/1.1", "plain", 1, () => plain],
    ["HTTP/2", "multi", 2, () => http2],
  ])("%s: has them again when an endpoint that was gone comes back, without a request", async (_, name, version, originOf) => {
    const origin = originOf();
    const seen = origin.seen.length;
    await origin.stop();
    await expect.poll(() => stateOf(name), soon).toMatchObject([{ isWarm: false }]);
    await origin.start(version);
    await expect
      .poll(async () => {
        await gateway.advance(2_000);
        return stateOf(name);
      }, soon)
      .toMatchObject([{ isWarm: true }]);
    // What stands for the gateway may be accepted a moment later.
    await expect.poll(() => origin.connections, soon).toBeGreaterThanOrEqual(2);
    expect(origin.seen.length).toBe(seen);
  });

  it("leaves an endpoint that is unhealthy alone, and has them again once it is healthy", async () => {
    await expect.poll(() => sick.connections, soon).toBe(2);
    checks.answer = (_, response) => void response.writeHead(500).end();
    const healthOf = async () => {
      const { things } = JSON.parse((await get(gateway.adminPort!, "/status")).body);
      return things.find(({ name }: { name: string }) => name === "services.sick").state.endpoints[0].state;
    };
    await expect.poll(healthOf, soon).toBe("unhealthy");
    await sick.stop();
    await sick.start();
    const { made } = sick;
    // As often as it would have been tried by now.
    for (let count = 0; count < 5; count++) {
      await gateway.advance(2_000);
      expect(await stateOf("sick")).toMatchObject([{ connections: 0 }]);
    }
    expect(sick.made).toBe(made);
    checks.answer = (_, response) => void response.end();
    await expect
      .poll(async () => {
        await gateway.advance(2_000);
        return sick.connections;
      }, soon)
      .toBe(2);
  });

  it("that is required is not ready before one of its endpoints has them; the gateway serves all the same", async () => {
    const { status, body } = await get(gateway.adminPort!, "/readyz?verbose");
    expect([status, body]).toEqual([503, expect.stringContaining("none of its endpoints has its least connections yet")]);
    expect((await get(gateway.port, "/secure/x")).status).toBe(200);
    await away.start();
    await expect
      .poll(async () => {
        await gateway.advance(2_000);
        return (await get(gateway.adminPort!, "/readyz")).status;
      }, soon)
      .toBe(200);
  });
});

it("workers that take over have their connections before they have requests", async () => {
  const origin = await shared.origin();
  const out = await shared.build(`${head}routes:
${route("plain")}services:
  plain: { endpoints: ["${origin.url}"], connections: { least: 2, idle: 1h } }
`);
  const { port, program, admin } = await startWorkers(out, "http://127.0.0.1:1");
  await expect.poll(() => origin.made, soon).toBe(4);
  const old = await workersOf(admin);
  process.kill(program.pid, "SIGHUP");
  await expect
    .poll(async () => {
      const now = await workersOf(admin).catch(() => []);
      return now.length === 2 && !now.some((one) => old.includes(one));
    }, soon)
    .toBe(true);
  expect(origin.made).toBe(8);
  for (let count = 0; count < 8; count++) expect((await get(port, "/plain/x")).status).toBe(200);
  // One request after the other finds a connection that was there.
  expect(origin.made).toBe(8);
  // Those of the workers before are gone with them.
  await expect.poll(() => origin.connections, soon).toBe(4);
});
