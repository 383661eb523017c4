import { writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildForTest, type RunningGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { type EchoUpstream, echoUpstream, type Seen } from "../../listeners/support/echo-upstream.ts";
import { Workshop } from "../../listeners/support/gateway.ts";
import { principals, spellings } from "./support/spellings.ts";

const key = sampleEnvironment([]).ACME_KEY!;
const workshop = new Workshop();
let upstream: EchoUpstream;
let gateway: RunningGateway;

beforeAll(async () => {
  upstream = await echoUpstream();
  const { folder } = workshop;
  writeFileSync(
    join(folder, "gateway.yaml"),
    `gateway: spellings
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0, http2: true } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
identity: { schemes: { partnerKey: { apiKey: { in: header, name: X-Api-Key, keys: { acme: { key: { env: ACME_KEY } } } } } } }
routes:
  known:
    match: { path: /known }
    service: backend
    policies: { security: [{ partnerKey: [] }], identityHeaders: { fields: { Acme-Principal: identity.subject } } }
  dry:
    match: { path: /dry }
    service: backend
    policies:
      security: [{ partnerKey: [] }]
      authorize: { require: "request.method == 'GET'", mode: report }
      identityHeaders: { fields: { Acme-Principal: identity.subject }, when: "request.method == 'GET'" }
  open: { match: { path: /open }, service: backend, policies: { public: test, trailers: { request: [acme-checksum] } } }
  up: { match: { path: /up }, service: backend, policies: { public: test, upgrade: { protocols: [websocket] } } }
`,
  );
  const { out, diagnostics } = await buildForTest(join(folder, "gateway.yaml"));
  expect(diagnostics.flatMap(({ severity, message }) => (severity === "error" ? [message] : []))).toEqual([]);
  gateway = await workshop.start(out, upstream.url);
});

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

/** Sends the bytes; what the service saw of them. */
async function sent(bytes: string): Promise<Seen> {
  const count = upstream.seen.length + 1;
  const socket = connect(gateway.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(bytes);
  const seen = await upstream.request(count);
  await seen.closed;
  socket.destroy();
  return seen;
}

async function sentByHttp2(path: string, fields: Readonly<Record<string, string>>): Promise<Seen> {
  const count = upstream.seen.length + 1;
  const session = connectHttp2(`http://127.0.0.1:${gateway.port}`);
  const stream = session.request({ ":path": path, ...fields });
  stream.resume();
  await new Promise((resolve, reject) => stream.on("end", resolve).on("error", reject));
  session.close();
  return upstream.request(count);
}

const head = (path: string, lines: readonly string[], method = "GET"): string =>
  `${[`${method} ${path} HTTP/1.1`, "Host: shop.test", ...lines].join("\r\n")}\r\n\r\n`;

describe.each(spellings)("%s, sent by a client", (name) => {
  it("is replaced where the gateway knows the caller, over HTTP/1.1 and HTTP/2", async () => {
    expect(principals(await sent(head("/known", [`X-Api-Key: ${key}`, `${name}: admin`, `${name}: root`])))).toEqual(["acme"]);
    const fields = { "x-api-key": key, [name.toLowerCase()]: "admin" };
    expect(principals(await sentByHttp2("/known", fields))).toEqual(["acme"]);
  });

  it("is gone on a public operation of the same service, over HTTP/1.1 and HTTP/2", async () => {
    expect(principals(await sent(head("/open", [`${name}: admin`])))).toEqual([]);
    expect(principals(await sentByHttp2("/open", { [name.toLowerCase()]: "admin" }))).toEqual([]);
  });

  it("is gone where the policy does not run and another one only reports", async () => {
    expect(principals(await sent(head("/dry", [`X-Api-Key: ${key}`, `${name}: admin`, "Content-Length: 0"], "PUT")))).toEqual([]);
  });

  it("is gone where `Connection` names it, and the field of the gateway is there (RFC 9110 §7.6.1)", async () => {
    const lines = [`X-Api-Key: ${key}`, `${name}: admin`, `Connection: ${name}, Acme-Principal`];
    expect(principals(await sent(head("/known", lines)))).toEqual(["acme"]);
    expect(principals(await sent(head("/open", lines.slice(1))))).toEqual([]);
  });

  it("is gone from trailers, also where others pass", async () => {
    const chunked = head("/open", ["Transfer-Encoding: chunked", `Trailer: ${name}`], "POST");
    const seen = await sent(`${chunked}2\r\nhi\r\n0\r\n${name}: admin\r\nAcme-Checksum: 1\r\n\r\n`);
    expect([principals(seen), await seen.trailers]).toEqual([[], ["Acme-Checksum", "1"]]);
  });

  it("is gone from a request to upgrade", async () => {
    const lines = [`${name}: admin`, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
    expect(principals(await sent(head("/up", [...lines, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="])))).toEqual([]);
  });
});
