import { expect, test } from "vitest";
import { built, running } from "../faults/gateway.ts";
import { startUpstream } from "../harness/recording-upstream.ts";
import { RawClient } from "../runtime/support/raw-client.ts";
import { answerTo, bytesAgreed, bytesHandshake, bytesService, client, tunnelGateway, webSocketHandshake } from "./support.ts";

const agreed = (fields: string): string => `HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`;
const accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

test.each([
  ["names no protocol", bytesHandshake, agreed("Connection: Upgrade\r\n")],
  ["names a protocol that nobody asked for", bytesHandshake, agreed("Connection: Upgrade\r\nUpgrade: other\r\n")],
  ["names one more than was asked for", bytesHandshake, agreed("Connection: Upgrade\r\nUpgrade: bytes, other\r\n")],
  ["does not list Upgrade in Connection", bytesHandshake, agreed("Upgrade: bytes\r\n")],
  ["announces content", bytesHandshake, agreed("Connection: Upgrade\r\nUpgrade: bytes\r\nContent-Length: 5\r\n")],
  ["is of HTTP/1.0", bytesHandshake, agreed("Connection: Upgrade\r\nUpgrade: bytes\r\n").replace("/1.1", "/1.0")],
  ["has no accept for the key", webSocketHandshake, agreed("Connection: Upgrade\r\nUpgrade: websocket\r\n")],
  [
    "has the accept of another key",
    webSocketHandshake,
    agreed("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n"),
  ],
  ["has two accepts", webSocketHandshake, agreed(`Connection: Upgrade\r\nUpgrade: websocket\r\n${accept}${accept}`)],
  ["answers a request that asked for nothing", "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n", bytesAgreed],
  [
    "answers a request whose protocol is not allowed",
    "GET /feed HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n",
    agreed("Connection: Upgrade\r\nUpgrade: other\r\n"),
  ],
])("a 101 that %s is a 502, and the service is left", async (_name, handshake, answer) => {
  const upstream = await bytesService(answer);
  const gateway = await running(
    await built({ "gateway.yaml": tunnelGateway("{ protocols: [bytes, websocket] }") }),
    upstream.url,
  );
  expect((await answerTo(gateway.port, handshake)).status).toBe(502);
  await (await upstream.next()).ended();
});

test("a 101 that is right is passed on with its fields", async () => {
  const upstream = await bytesService(
    agreed(`connection: keep-alive, upgrade\r\nupgrade: WebSocket\r\n${accept}Sec-WebSocket-Protocol: chat\r\nKeep-Alive: 5\r\n`),
  );
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway("{}") }), upstream.url);
  const { status, lines } = await answerTo(gateway.port, webSocketHandshake);
  expect(status).toBe(101);
  expect(lines.filter((line) => !line.startsWith("Date: "))).toEqual([
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    "Sec-WebSocket-Protocol: chat",
    "Upgrade: WebSocket",
    "Connection: Upgrade",
  ]);
});

test("policies of the route see the 101 as they see any answer", async () => {
  const policies = "policies: { accessLog: {}, metrics: {} }";
  const more =
    "policies: { requestId: {}, securityHeaders: {}, headers: { response: { set: { X-Feed: yes }, remove: [Server] } } }";
  const upstream = await bytesService(agreed(`Connection: Upgrade\r\nUpgrade: websocket\r\nServer: old\r\n${accept}`));
  const file = tunnelGateway("{}").replace(policies, more);
  const gateway = await running(await built({ "gateway.yaml": file }), upstream.url);
  const answer = await answerTo(gateway.port, webSocketHandshake);
  expect(answer.status).toBe(101);
  expect(answer.field("X-Feed")).toBe("yes");
  expect(answer.field("X-Request-Id")).toBeDefined();
  expect(answer.field("X-Content-Type-Options")).toBe("nosniff");
  expect(answer.field("Server")).toBeUndefined();
});

test("a 101 may be withheld by its head like any answer, and the service is left", async () => {
  const judged = "policies: { authorize: { answer: { require: \"response.headers['x-room'] == 'lobby'\" } } }";
  for (const [room, status] of [
    ["lobby", 101],
    ["cellar", 403],
  ] as const) {
    const upstream = await bytesService(agreed(`Connection: Upgrade\r\nUpgrade: bytes\r\nX-Room: ${room}\r\n`));
    const file = tunnelGateway("{ protocols: [bytes] }").replace("policies: { accessLog: {}, metrics: {} }", judged);
    const gateway = await running(await built({ "gateway.yaml": file }), upstream.url);
    expect((await answerTo(gateway.port, bytesHandshake)).status).toBe(status);
    if (status === 403) await (await upstream.next()).ended();
  }
});

test("a service that declines is heard, and both connections end behind its answer (RFC 9110 §7.8)", async () => {
  const declined = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nUpgrade: websocket\r\n\r\nno";
  const upstream = await bytesService(declined);
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway("{ protocols: [bytes] }") }), upstream.url);
  const ours = new RawClient(gateway.port).write(bytesHandshake);
  const answer = await ours.answer();
  expect([answer.status, answer.body, answer.field("Upgrade"), answer.field("Connection")]).toEqual([
    403,
    "no",
    undefined,
    "close",
  ]);
  await (await upstream.next()).ended();
  ours.write("GET /plain HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await ours.rest()).toBe("");
});

test.each([
  ["that the service declines", "/feed", "bytes"],
  ["for a protocol that is not allowed", "/feed", "other"],
  ["where none is allowed", "/plain", "bytes"],
])("what a client sends ahead behind an upgrade %s is no request (RFC 9110 §7.8)", async (_what, path, protocol) => {
  const upstream = await startUpstream();
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway("{ protocols: [bytes] }") }), upstream.url);
  const asked = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
  const ahead = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
  const ours = new RawClient(gateway.port).write(asked + ahead);
  await ours.until((text) => text.includes("\r\n\r\n"));
  const text = await ours.write(ahead).rest();
  expect(text.match(/^(HTTP\/1.1 \d+|Connection: .*)/gm)).toEqual(["HTTP/1.1 200", "Connection: close"]);
  expect(upstream.take().map(({ target }) => target)).toEqual([path]);
  await upstream.close();
});

test("HTTP/1.0 has no upgrades", async () => {
  const upstream = await startUpstream();
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway("{ protocols: [bytes] }") }), upstream.url);
  expect((await answerTo(gateway.port, bytesHandshake.replace("HTTP/1.1", "HTTP/1.0"))).status).toBe(200);
  expect(upstream.take()[0]!.headers.filter(([name]) => name.toLowerCase() === "upgrade")).toEqual([]);
  await upstream.close();
});

const post = (expect = ""): string =>
  `POST /feed HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: bytes\r\nContent-Length: 7\r\n${expect}\r\n`;

test("a request with content may ask as well: the content goes first", async () => {
  const upstream = await bytesService(null);
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway("{ protocols: [bytes] }") }), upstream.url);
  const ours = client(gateway.port, `${post()}content and what follows`);
  const service = await upstream.next();
  await service.has("\r\n\r\ncontent");
  expect(service.text).not.toContain("and what follows");
  service.socket.write(bytesAgreed);
  await service.has("content and what follows");
  service.socket.write("answer");
  await ours.has("answer");
});

test("a 101 before the whole request was sent is a 502", async () => {
  const upstream = await bytesService(bytesAgreed);
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway("{ protocols: [bytes] }") }), upstream.url);
  const ours = client(gateway.port, `${post()}con`);
  await ours.has("\r\n\r\n");
  expect(ours.text).toMatch(/^HTTP\/1\.1 502 /);
});

test("a client that leaves before the answer ends the handshake at the service", async () => {
  const upstream = await bytesService(null);
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway("{ protocols: [bytes] }") }), upstream.url);
  const ours = client(gateway.port, bytesHandshake);
  const service = await upstream.next();
  ours.socket.destroy();
  await service.ended();
  expect(JSON.parse(await gateway.log.next())).toMatchObject({ outcome: "clientGone" });
});

const described = (header: string): Readonly<Record<string, string>> => ({
  "gateway.yaml": `gateway: tunnels
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
apis:
  feed: { versions: { v1: { spec: openapi.yaml } }, service: backend }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"] }
policies: { public: tests, upgrade: {}, validate: { response: enforce }, accessLog: {} }
`,
  "openapi.yaml": `openapi: 3.1.0
info: { title: Feed, version: "1" }
paths:
  /feed:
    get:
      operationId: feed
      responses:
        "101": { description: a feed, headers: { ${header}: { required: true, schema: { type: string, maxLength: 20 } } } }
`,
});

test.each([
  [101, "Sec-WebSocket-Protocol"],
  [502, "X-Missing"],
])("%i: validation of answers judges the head of a 101 that must have %s", async (status, header) => {
  const upstream = await bytesService(
    agreed(`Connection: Upgrade\r\nUpgrade: websocket\r\n${accept}Sec-WebSocket-Protocol: chat\r\n`),
  );
  const gateway = await running(await built(described(header)), upstream.url);
  const ours = client(gateway.port, webSocketHandshake);
  await ours.has("\r\n\r\n");
  expect(ours.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  const service = await upstream.next();
  if (status !== 101) {
    await service.ended();
    return;
  }
  service.socket.write("goes on");
  await ours.has("goes on");
});
