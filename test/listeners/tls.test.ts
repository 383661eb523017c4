import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { component } from "../harness/component.ts";
import { Program } from "../harness/program.ts";
import { makeCertificate, type TestCertificate } from "./support/certificate.ts";
import { type EchoUpstream, echoUpstream } from "./support/echo-upstream.ts";
import { curl, type Started, Workshop } from "./support/gateway.ts";

const workshop = new Workshop();
let upstream: EchoUpstream;
let shop: TestCertificate;
let gateway: Started;
let out: string;

beforeAll(async () => {
  upstream = await echoUpstream({
    "/back": (request, response) => void request.pipe(response),
  });
  shop = await makeCertificate(workshop.folder, "shop", ["shop.example.com", "127.0.0.1"]);
  const wild = await makeCertificate(workshop.folder, "wild", ["*.example.com"]);
  const named = await makeCertificate(workshop.folder, "named", ["never-asked.example.org"]);
  const entry = ({ certificateFile, keyFile }: TestCertificate, more = "") =>
    `{ certificate: { file: ${certificateFile} }, key: { file: ${keyFile} }${more} }`;
  out = await workshop.build(`
  public:
    host: 127.0.0.1
    port: "\${env:PORT}"
    tls:
      certificates:
        - { certificate: { env: SHOP_PEM }, key: { env: SHOP_KEY } }
        - ${entry(wild)}
        - ${entry(named, ", serverNames: [api.example.net, '*.shops.example.net']")}`);
  gateway = await workshop.start(out, upstream.url, { SHOP_PEM: shop.certificate, SHOP_KEY: shop.key });
});

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

const url = (path = "/"): string => `https://127.0.0.1:${gateway.port}${path}`;

test.each([
  [["--http1.1"], "1.1"],
  [["--http1.0"], "1.1"],
  [["--http2"], "2"],
  [["--http2", "--tls-max", "1.2"], "2"],
  [["--http1.1", "--tls-max", "1.2"], "1.1"],
])("curl %j is answered, and the service is told that the client came by https", async (args, version) => {
  const answer = await curl(...args, url("/orders?page=2"));
  expect([answer.status, answer.version]).toEqual([200, version]);
  expect(JSON.parse(answer.body)).toMatchObject({
    target: "/orders?page=2",
    headers: { "x-forwarded-proto": "https", forwarded: expect.stringContaining("proto=https") },
  });
});

test.each(["--http1.1", "--http2"])("bodies of many records pass unchanged both ways (%s)", async (version) => {
  const file = join(workshop.folder, `body${version}`);
  const result = join(workshop.folder, `answer${version}`);
  writeFileSync(file, randomBytes(3_000_000));
  const { status } = await curl(version, "-H", "Expect:", "--data-binary", `@${file}`, "-o", result, url("/back"));
  expect(status).toBe(200);
  expect(spawnSync("cmp", [file, result]).status).toBe(0);
});

/** What `openssl s_client` prints of a handshake. */
async function handshake(...args: string[]): Promise<string> {
  const child = spawn(await component("openssl"), ["s_client", "-connect", `127.0.0.1:${gateway.port}`, ...args]);
  child.stdin.end();
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => (text += bytes.toString()));
  await once(child, "close");
  return text;
}

test.each([
  [["-servername", "shop.example.com"], "shop"],
  [["-servername", "SHOP.example.com"], "shop"],
  [["-servername", "other.example.com"], "wild"],
  [["-servername", "api.example.net"], "named"],
  [["-servername", "one.shops.example.net"], "named"],
  [["-servername", "a.one.shops.example.net"], "shop"],
  [["-servername", "never-asked.example.org"], "shop"],
  [["-noservername"], "shop"],
])("%j gets the certificate %s", async (args, name) => {
  expect(await handshake(...args)).toMatch(new RegExp(`subject=CN ?= ?${name}\\n`));
});

test.each([
  ["h2,http/1.1", "ALPN protocol: h2"],
  ["http/1.1", "ALPN protocol: http/1.1"],
  ["spdy/3", "no application protocol"],
])("a client that offers %s: %s", async (offered, text) => {
  expect(await handshake("-alpn", offered)).toContain(text);
});

test("suites without forward secrecy, versions before 1.2 and renegotiation are refused", async () => {
  expect(await handshake("-tls1_2", "-cipher", "AES128-GCM-SHA256")).toContain("handshake failure");
  expect(await handshake("-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0")).toMatch(
    /protocol version|unsupported protocol|no protocols/,
  );
  const client = connect({ port: gateway.port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion: "TLSv1.2" });
  await once(client, "secureConnect");
  const refused = await new Promise<Error | null>((resolve) => {
    client.once("error", resolve);
    client.once("close", () => resolve(new Error("closed")));
    client.renegotiate({}, resolve);
  });
  client.destroy();
  expect(refused).toBeInstanceOf(Error);
});

/** One request; resolves with the session that a ticket brought. */
async function visit(client: TLSSocket): Promise<Buffer> {
  const session = once(client, "session") as Promise<[Buffer]>;
  client.write("GET / HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n");
  client.resume();
  await once(client, "end");
  client.destroy();
  return (await Promise.race([session, Promise.resolve([client.getSession()!] as [Buffer])]))[0];
}

test.each(["TLSv1.2", "TLSv1.3"] as const)("a session of %s is resumed", async (version) => {
  const options = { port: gateway.port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion: version };
  const sessions: Buffer[] = [];
  const first = connect(options);
  first.on("session", (session) => sessions.push(session));
  expect(first.isSessionReused()).toBe(false);
  const got = await visit(first);
  const again = connect({ ...options, session: sessions.at(-1) ?? got });
  await once(again, "secureConnect");
  expect(again.isSessionReused()).toBe(true);
  await visit(again);
});

test("who never says hello is cut off at the deadline, and nobody is told", async () => {
  const silent = connectTcp({ port: gateway.port, host: "127.0.0.1" });
  await once(silent, "connect");
  const closed = once(silent, "close");
  silent.on("error", () => {});
  silent.resume();
  // Another one speaks meanwhile: the silent one has surely been accepted.
  await curl(url());
  await gateway.advance(10_500);
  await closed;
  expect(gateway.errors()).toBe("");
});

test("what is no TLS ends its own connection only, without a word in the log", async () => {
  for (const bytes of ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", "\0".repeat(4096)]) {
    const client = connectTcp({ port: gateway.port, host: "127.0.0.1" });
    client.on("error", () => {});
    client.resume();
    client.write(Buffer.from(bytes, "latin1"));
    await once(client, "close");
  }
  expect((await curl(url())).status).toBe(200);
  expect(gateway.errors()).toBe("");
});

describe("a start that cannot succeed", () => {
  const start = (env: Readonly<Record<string, string>>) =>
    new Program(join(out, "gateway.mjs"), [], { env: { UPSTREAM: upstream.url, PORT: "0", ADMIN_PORT: "0", ...env }, cwd: out })
      .ended;

  test("says which certificate does not parse", async () => {
    const { code, stderr } = await start({ SHOP_PEM: "nonsense", SHOP_KEY: shop.key });
    expect(code).toBe(78);
    expect(stderr).toMatch(/^gatewright: gateway\.yaml:\d+ {2}environment variable SHOP_PEM holds no certificate in PEM form/);
    expect(stderr).not.toContain("    at ");
  });

  test("says which key does not parse, and does not repeat it", async () => {
    const { code, stderr } = await start({ SHOP_PEM: shop.certificate, SHOP_KEY: "hunter2" });
    expect(code).toBe(78);
    expect(stderr).toContain("environment variable SHOP_KEY holds no private key in PEM form");
    expect(stderr).not.toContain("hunter2");
  });

  test("says which key does not fit which certificate", async () => {
    const other = await makeCertificate(workshop.folder, "other", ["shop.example.com"]);
    const { code, stderr } = await start({ SHOP_PEM: shop.certificate, SHOP_KEY: other.key });
    expect(code).toBe(78);
    expect(stderr).toContain(
      "the private key in environment variable SHOP_KEY does not fit the certificate in environment variable SHOP_PEM.",
    );
  });

  test("says that a key needs a passphrase", async () => {
    const openssl = await component("openssl");
    const { stdout } = spawnSync(openssl, ["pkey", "-aes128", "-passout", "pass:hunter2"], { input: shop.key, encoding: "utf8" });
    const { code, stderr } = await start({ SHOP_PEM: shop.certificate, SHOP_KEY: stdout });
    expect(code).toBe(78);
    expect(stderr).toContain("the private key in environment variable SHOP_KEY needs a passphrase.");
  });

  test("names what is missing", async () => {
    const { code, stderr } = await start({ SHOP_PEM: shop.certificate });
    expect(code).toBe(78);
    expect(stderr).toContain("environment variable SHOP_KEY is not set.");
  });
});

test("only TLS 1.3 is spoken where gateway.yaml says so, and no HTTP/2 where it is switched off", async () => {
  const { certificateFile, keyFile } = shop;
  const strict = await workshop.start(
    await workshop.build(
      `{ public: { host: 127.0.0.1, port: "\${env:PORT}", http2: false, tls: { minVersion: TLSv1.3, certificates: [{ certificate: { file: ${certificateFile} }, key: { file: ${keyFile} } }] } } }`,
    ),
    upstream.url,
  );
  const site = `https://127.0.0.1:${strict.port}/`;
  expect((await curl("--tls-max", "1.2", site)).status).toBe(0);
  expect(await curl("--http2", site)).toMatchObject({ status: 200, version: "1.1" });
});
