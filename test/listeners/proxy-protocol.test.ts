import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { component } from "../harness/component.ts";
import { freePort } from "../harness/free-port.ts";
import { get, RawClient } from "../runtime/support/raw-client.ts";
import { makeCertificate } from "./support/certificate.ts";
import { type EchoUpstream, echoUpstream } from "./support/echo-upstream.ts";
import { curl, type Started, Workshop } from "./support/gateway.ts";

const workshop = new Workshop();
let upstream: EchoUpstream;
let clear: Started;
let secure: Started;
let elsewhere: Started;

beforeAll(async () => {
  upstream = await echoUpstream();
  const { certificateFile, keyFile } = await makeCertificate(workshop.folder, "shop", ["127.0.0.1"]);
  const tls = `tls: { certificates: [{ certificate: { file: ${certificateFile} }, key: { file: ${keyFile} } }] }`;
  const listener = (from: string, more: string) =>
    workshop.build(`{ public: { host: 127.0.0.1, port: "\${env:PORT}", proxyProtocol: { from: [${from}] }${more} } }`);
  clear = await workshop.start(await listener("127.0.0.0/8", ", http2: true"), upstream.url);
  secure = await workshop.start(await listener("127.0.0.0/8", `, ${tls}`), upstream.url);
  elsewhere = await workshop.start(await listener("10.0.0.0/8", ""), upstream.url);
});

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

/** Whom the service was told of. */
const clientOf = (body: string): unknown => (JSON.parse(body) as { headers: Record<string, string> }).headers["x-forwarded-for"];

const header = "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n";
const binary = Buffer.concat([
  Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1"),
  Buffer.of(0x21, 0x11, 0, 12, 203, 0, 113, 9, 198, 51, 100, 7, 0xdc, 4, 1, 187),
]);

describe("a listed peer", () => {
  test.each([
    ["version 1", header, "192.0.2.1"],
    ["version 2", binary, "203.0.113.9"],
    ["UNKNOWN", "PROXY UNKNOWN\r\n", "127.0.0.1"],
  ])("names its client (%s)", async (_, begin, ip) => {
    const client = new RawClient(clear.port).write(begin).write(get("/"));
    expect(clientOf((await client.answer()).body)).toBe(ip);
    // The connection stays that of this client.
    expect(clientOf((await client.write(get("/")).answer()).body)).toBe(ip);
    client.close();
  });

  test("may send header and request in one piece, or octet by octet", async () => {
    const whole = new RawClient(clear.port).write(header + get("/"));
    expect(clientOf((await whole.answer()).body)).toBe("192.0.2.1");
    const slow = new RawClient(clear.port);
    slow.socket.setNoDelay();
    for (const octet of header + get("/")) {
      slow.write(octet);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(clientOf((await slow.answer()).body)).toBe("192.0.2.1");
    for (const client of [whole, slow]) client.close();
  });

  test.each([
    ["no header", get("/")],
    ["a malformed one", `PROXY TCP4 nobody nobody 1 2\r\n${get("/")}`],
    ["a binary one of another version", Buffer.concat([binary.subarray(0, 12), Buffer.of(0x31), binary.subarray(13)])],
  ])("that sends %s is cut off without an answer", async (_, begin) => {
    const client = new RawClient(clear.port).write(begin);
    expect(await client.rest()).toBe("");
    expect(clear.errors()).toBe("");
  });

  test("that sends half a header is cut off at the deadline", async () => {
    const client = new RawClient(clear.port).write(header.slice(0, 20));
    await once(client.socket, "connect");
    await curl("--haproxy-protocol", `http://127.0.0.1:${clear.port}/`);
    await clear.advance(10_500);
    expect(await client.rest()).toBe("");
  });

  test("TLS follows the header, in the same piece or later", async () => {
    for (const version of ["--http1.1", "--http2"]) {
      const { status, body } = await curl(version, "--haproxy-protocol", `https://127.0.0.1:${secure.port}/`);
      expect([status, clientOf(body)]).toEqual([200, "127.0.0.1"]);
    }
    const socket = connectTcp({ port: secure.port, host: "127.0.0.1" });
    socket.write(header);
    const client = connect({ socket, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    client.write(get("/", "Connection: close\r\n"));
    let text = "";
    for await (const bytes of client) text += String(bytes);
    expect(clientOf(text.slice(text.indexOf("\r\n\r\n") + 4))).toBe("192.0.2.1");
  });
});

test("the header is not read from peers that are not listed", async () => {
  const client = new RawClient(elsewhere.port).write(header + get("/"));
  expect((await client.answer()).status).toBe(400);
  expect(await curl(`http://127.0.0.1:${elsewhere.port}/`)).toMatchObject({ status: 200 });
});

describe("HAProxy", () => {
  test.each(["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl-cn"])("%s", async (option) => {
    const haproxy = await component("haproxy");
    const front = await freePort();
    const frontSecure = await freePort();
    const file = join(workshop.folder, `${option}.cfg`);
    writeFileSync(
      file,
      `defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen clear
  bind 127.0.0.1:${front}
  server gateway 127.0.0.1:${clear.port} ${option}
listen secure
  bind 127.0.0.1:${frontSecure}
  server gateway 127.0.0.1:${secure.port} ${option}
`,
    );
    const child = spawn(haproxy, ["-db", "-f", file], { stdio: "ignore" });
    try {
      // From another address than HAProxy's own, so that it shows whose was taken.
      const from = ["--interface", "127.0.0.77", "--retry", "20", "--retry-connrefused", "--retry-delay", "1"];
      for (const args of [
        ["--http1.1", `http://127.0.0.1:${front}/`],
        ["--http2-prior-knowledge", `http://127.0.0.1:${front}/`],
        ["--http1.1", `https://127.0.0.1:${frontSecure}/`],
        ["--http2", `https://127.0.0.1:${frontSecure}/`],
      ]) {
        const { status, body } = await curl(...from, ...args);
        expect([status, clientOf(body)], args.join(" ")).toEqual([200, "127.0.0.77"]);
      }
    } finally {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
  });
});
