import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { built, running } from "../faults/gateway.ts";
import { sendRequest } from "../harness/http-client.ts";
import type { RunningGateway } from "../harness/running-gateway.ts";
import { bytesAgreed, bytesHandshake, bytesService, client, type Line, type Logged, tunnelGateway } from "./support.ts";

async function tunnel(upgrade = "{ protocols: [bytes] }"): Promise<{ gateway: RunningGateway; ours: Line; service: Line }> {
  const upstream = await bytesService();
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway(upgrade) }), upstream.url);
  const ours = client(gateway.port, bytesHandshake);
  const service = await upstream.next();
  await ours.has("\r\n\r\n");
  return { gateway, ours, service };
}

const logged = async (gateway: RunningGateway): Promise<Logged> => JSON.parse(await gateway.log.next()) as Logged;

test("bytes pass both ways, also those that stood right behind the heads", async () => {
  const upstream = await bytesService(`${bytesAgreed}early from the service`);
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway("{ protocols: [bytes] }") }), upstream.url);
  const ours = client(gateway.port, `${bytesHandshake}early from the client`);
  const service = await upstream.next();
  await service.has("early from the client");
  await ours.has("early from the service");
  expect(service.text).toMatch(/^GET \/feed HTTP\/1\.1\r\nHost: [^\r]+\r\n/);
  expect(service.text).toContain("\r\nConnection: Upgrade\r\nUpgrade: bytes\r\n\r\nearly from the client");
  const [head = ""] = ours.text.split("\r\n\r\n");
  expect(head.split("\r\n").filter((line) => !line.startsWith("Date: "))).toEqual([
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: bytes",
    "Connection: Upgrade",
  ]);
  ours.socket.write(Buffer.from([0, 255, 13, 10, 128]));
  await service.has("\0\xff\r\n\x80");
  service.socket.write(Buffer.from([0, 255, 13, 10, 128]));
  await ours.has("\0\xff\r\n\x80");
});

test("a side that ends its half hears the other to its end, and the log tells of both", async () => {
  const { gateway, ours, service } = await tunnel();
  ours.socket.end("that was all");
  await service.ended();
  expect(service.text).toContain("that was all");
  await gateway.advance(1_500);
  service.socket.write("here is more");
  await ours.has("here is more");
  service.socket.end();
  await ours.closed();
  expect(await logged(gateway)).toMatchObject({
    status: 101,
    upgrade: "bytes",
    outcome: "complete",
    bytesIn: 12,
    bytesOut: 12,
    durationMs: 1_500,
  });
});

test("a side that takes nothing any more does not keep a tunnel that is over", async () => {
  const { gateway, ours, service } = await tunnel("{ protocols: [bytes], idleTimeout: 1m }");
  ours.socket.pause();
  // More than the buffers on the way hold, so that its end cannot be told behind it.
  service.socket.write(Buffer.alloc(64 * 1_048_576, "x"));
  await expect.poll(() => service.socket.bytesWritten).toBeGreaterThan(0);
  let lookedAt = 0;
  await expect
    .poll(
      async () => {
        await gateway.advance(++lookedAt === 1 ? 61_000 : 1_000);
        return gateway.log.left.length;
      },
      { interval: 600, timeout: 20_000 },
    )
    .toBe(1);
  expect(await logged(gateway)).toMatchObject({ status: 101, outcome: "refused" });
});

test("so it is the other way round", async () => {
  const { gateway, ours, service } = await tunnel();
  service.socket.end("that was all");
  await ours.ended();
  ours.socket.write("here is more");
  await service.has("here is more");
  ours.socket.end();
  await service.closed();
  expect(await logged(gateway)).toMatchObject({ outcome: "complete", bytesIn: 12, bytesOut: 12 });
});

test("a client that breaks ends the connection to the service", async () => {
  const { gateway, ours, service } = await tunnel();
  ours.socket.write("half a");
  await service.has("half a");
  ours.socket.resetAndDestroy();
  await service.ended();
  expect(await logged(gateway)).toMatchObject({ outcome: "clientGone", bytesIn: 6 });
});

test("a service that breaks ends the connection to the client", async () => {
  const { gateway, ours, service } = await tunnel();
  service.socket.write("half a");
  await ours.has("half a");
  service.socket.resetAndDestroy();
  await ours.ended();
  expect(await logged(gateway)).toMatchObject({ outcome: "upstreamBroken", bytesOut: 6 });
});

test("silence ends a connection, and a byte in either direction is none", async () => {
  const { gateway, ours, service } = await tunnel("{ protocols: [bytes], idleTimeout: 1m }");
  for (let round = 0; round < 3; round++) {
    await gateway.advance(40_000);
    ours.socket.write(`ping ${round}.`);
    await service.has(`ping ${round}.`);
    await gateway.advance(40_000);
    service.socket.write(`pong ${round}.`);
    await ours.has(`pong ${round}.`);
  }
  await gateway.advance(61_000);
  await Promise.all([ours.ended(), service.ended()]);
  expect(await logged(gateway)).toMatchObject({ outcome: "refused", bytesIn: 21, bytesOut: 21 });
});

test("the longest time ends a connection that is not silent", async () => {
  const { gateway, ours, service } = await tunnel("{ protocols: [bytes], maxDuration: 2m }");
  await gateway.advance(119_000);
  ours.socket.write("still here");
  await service.has("still here");
  await gateway.advance(2_000);
  await Promise.all([ours.ended(), service.ended()]);
  expect(await logged(gateway)).toMatchObject({ outcome: "refused" });
});

test("past the most connections the next is told to wait, until one is over", async () => {
  const { gateway, ours, service } = await tunnel("{ protocols: [bytes], maxConnections: 1 }");
  const refused = client(gateway.port, bytesHandshake);
  await refused.has("too-many-connections");
  expect(refused.text).toContain("503 Service Unavailable");
  expect(refused.text).toMatch(/^Retry-After: \d+\r$/m);
  expect(await logged(gateway)).toMatchObject({ status: 503 });
  expect(await metrics(gateway)).toMatchObject({ open: 1, total: 1 });
  ours.socket.end();
  service.socket.end();
  expect(await logged(gateway)).toMatchObject({ status: 101 });
  expect(await metrics(gateway)).toMatchObject({ open: 0, total: 1 });
  const third = client(gateway.port, bytesHandshake);
  await third.has("101 Switching Protocols");
  expect(await metrics(gateway)).toMatchObject({ open: 1, total: 2 });
});

test("a connection that was used before carries a tunnel, and requests go on through others", async () => {
  const upstream = await bytesService("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway("{ protocols: [bytes] }") }), upstream.url);
  expect((await sendRequest(gateway.port, { method: "GET", target: "/plain", headers: [], body: "" })).body).toBe("ok");
  const kept = await upstream.next();
  const ours = client(gateway.port, bytesHandshake);
  await kept.has("Upgrade: bytes");
  kept.socket.write(bytesAgreed);
  await ours.has("101 Switching Protocols");
  expect((await sendRequest(gateway.port, { method: "GET", target: "/plain", headers: [], body: "" })).body).toBe("ok");
  expect((await upstream.next()).socket).not.toBe(kept.socket);
  kept.socket.write("still a tunnel");
  await ours.has("still a tunnel");
});

test("octet by octet is the same", async () => {
  const upstream = await bytesService(null);
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway("{ protocols: [bytes] }") }), upstream.url);
  const ours = client(gateway.port, "");
  ours.socket.setNoDelay(true);
  await slowly(ours.socket, `${bytesHandshake}early`);
  const service = await upstream.next();
  service.socket.setNoDelay(true);
  await slowly(service.socket, `${bytesAgreed}early as well`);
  await Promise.all([service.has("\r\n\r\nearly"), ours.has("\r\n\r\nearly as well")]);
});

/** Each octet in a packet of its own, as far as one can have it. */
async function slowly(socket: Socket, text: string): Promise<void> {
  for (const octet of text) {
    await new Promise<unknown>((resolve) => socket.write(octet, "latin1", resolve));
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

test("each operation counts its own connections, in one family", async () => {
  const { gateway, service } = await tunnel();
  const other = client(gateway.port, bytesHandshake.replace("/feed", "/other"));
  await other.has("101 Switching Protocols");
  expect(await metrics(gateway)).toMatchObject({ open: 1, total: 1 });
  expect(await metrics(gateway, "routes.other")).toMatchObject({ open: 1, total: 1, families: 1 });
  await gateway.advance(10_000);
  service.socket.resetAndDestroy();
  await gateway.log.next();
  // Its duration is that of the handshake, for which the clock stood still.
  expect(await metrics(gateway)).toMatchObject({ open: 0, total: 1, seconds: 0 });
  expect(await metrics(gateway, "routes.other")).toMatchObject({ open: 1, total: 1 });
});

async function metrics(
  gateway: RunningGateway,
  operation = "routes.feed",
): Promise<{ readonly open: number; readonly total: number; readonly seconds: number; readonly families: number }> {
  const { body } = await sendRequest(gateway.adminPort!, { method: "GET", target: "/metrics", headers: [], body: "" });
  const value = (name: string): number =>
    Number(new RegExp(`^${name}\\{operation="${operation}"[^}]*\\} (\\d+)$`, "m").exec(body)?.[1]);
  return {
    open: value("gatewright_upgraded_connections"),
    total: value("gatewright_upgrades_total"),
    seconds: Number(
      new RegExp(`^gatewright_request_duration_seconds_sum\\{operation="${operation}"[^}]*\\} (\\S+)$`, "m").exec(body)?.[1],
    ),
    families: body.split("# TYPE gatewright_upgraded_connections gauge").length - 1,
  };
}
