import { once } from "node:events";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Pki } from "../harness/pki.ts";
import { buildForTest } from "../harness/running-gateway.ts";
import { type EchoUpstream, echoUpstream } from "./support/echo-upstream.ts";
import { type Started, Workshop } from "./support/gateway.ts";

const workshop = new Workshop();
let upstream: EchoUpstream;
let root: Pki;
let foreign: Pki;
let server: Pki;
let partner: Pki;

beforeAll(async () => {
  upstream = await echoUpstream({
    "/slow": (_request, response) => {
      response.writeHead(200);
      response.write("begun");
    },
  });
  root = await Pki.root({ subject: "CN=clients" });
  foreign = await Pki.root({ subject: "CN=foreign" });
  server = await Pki.root({ subject: "CN=server", isAuthority: false, names: [{ type: "dns", value: "shop.example.com" }] });
  partner = await root.issue({ subject: "CN=partner, O=Partners", names: [{ type: "dns", value: "one.partners.example.com" }] });
});

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

interface Files {
  readonly ca: string;
  readonly crl: string;
}
let count = 0;

/** Puts a text into the place of a file, as those do who replace them. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** Builds and starts a gateway with `/open`, which anybody may call, and `/mine`, which needs a certificate. */
async function start(clientCertificates: (files: Files) => string, env: Record<string, string> = {}): Promise<Started & Files> {
  const folder = join(workshop.folder, `mutual-${count++}`);
  mkdirSync(folder);
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const files = { ca: file("ca.pem", root.certificate), crl: file("crl.pem", await root.list()) };
  const entry = file(
    "gateway.yaml",
    `gateway: mutual
compatibility: 2026-12-01
listeners:
  public:
    host: 127.0.0.1
    port: "\${env:PORT}"
    tls:
      certificates: [{ certificate: { file: ${file("server.pem", server.certificate)} }, key: { file: ${file("server.key", server.key)} } }]
      ${clientCertificates(files)}
  admin: { port: 0 }
identity:
  schemes:
    client:
      mtls:
        rules:
          - { dns: "*.partners.example.com", roles: [partner] }
          - { subject: { commonName: plain } }
        subject: commonName
apis: { things: { versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }, service: backend } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
policies: { metrics: {} }
`,
  );
  file(
    "openapi.yaml",
    `openapi: 3.1.0
info: { title: Things, version: "1" }
components: { securitySchemes: { client: { type: mutualTLS } } }
paths:
  /open: { get: { operationId: open, security: [], responses: { "200": { description: ok } } } }
  /mine: { get: { operationId: mine, security: [{ client: [] }], responses: { "200": { description: ok } } } }
  /slow: { get: { operationId: slow, security: [{ client: [] }], responses: { "200": { description: ok } } } }
  /partners: { get: { operationId: partners, security: [{ client: [partner] }], responses: { "200": { description: ok } } } }
`,
  );
  file(
    "policies.yaml",
    `operations:
  open: { public: for tests }
  mine: { headers: { request: { set: { X-Who: { expression: 'identity.subject + " of " + identity.issuer + " " + identity.claims.serial' } } } } }
`,
  );
  const { out, diagnostics } = await buildForTest(entry);
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return Object.assign(await workshop.start(out, upstream.url, env), files);
}

const asked = ({ ca }: Files): string => `clientCertificates: { ca: { file: ${ca} } }`;
const withList = ({ ca, crl }: Files): string => `clientCertificates: { ca: { file: ${ca} }, crl: { file: ${crl} } }`;

type Client = Pick<Pki, "certificate" | "key"> | undefined;
const credentials = (client: Client, chain = ""): object =>
  client === undefined ? {} : { cert: client.certificate + chain, key: client.key };

interface Reply {
  readonly status: number;
  readonly body: { readonly detail?: string; readonly type?: string; readonly headers?: Record<string, string> };
  readonly challenge: string | undefined;
}

function get(gateway: Started, path: string, client?: Client, more: object = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port: gateway.port,
      path,
      agent: false,
      rejectUnauthorized: false,
      ...credentials(client),
      ...more,
    };
    request(options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      answer.on("end", () =>
        resolve({ status: answer.statusCode!, body: JSON.parse(text), challenge: answer.headers["www-authenticate"] }),
      );
    })
      .on("error", reject)
      .end();
  });
}

describe("mode: request", () => {
  let gateway: Started & Files;
  beforeAll(async () => {
    gateway = await start(asked);
  });

  test("without a certificate, operations that need none are served and others challenge", async () => {
    expect((await get(gateway, "/open")).status).toBe(200);
    const refused = await get(gateway, "/mine");
    expect([refused.status, refused.challenge]).toEqual([401, 'ClientCertificate realm="client"']);
    expect(refused.body.type).toBe("urn:gatewright:problem:authentication-required");
  });

  test("with one, the service is told who it is", async () => {
    const answer = await get(gateway, "/mine", partner);
    expect(answer.status).toBe(200);
    expect(answer.body.headers!["x-who"]).toBe(`partner of CN=clients ${partner.serial}`);
    expect((await get(gateway, "/partners", partner)).status).toBe(200);
  });

  test("one that lacks a role gets 403", async () => {
    const plain = await root.issue({ subject: "CN=plain" });
    expect([(await get(gateway, "/mine", plain)).status, (await get(gateway, "/partners", plain)).status]).toEqual([200, 403]);
  });

  test.each<[string, () => Promise<Pki>, string]>([
    ["of another authority", () => foreign.issue({ subject: "CN=plain" }), "is not of an authority that is trusted here"],
    ["that has expired", () => root.issue({ subject: "CN=plain", notAfter: new Date("2026-06-01") }), "has expired"],
    ["that nobody knows", () => root.issue({ subject: "CN=nobody" }), "is of nobody who may call"],
    ["with two common names", () => root.issue({ subject: "CN=plain, CN=admin" }), "does not say whose it is"],
  ])("one %s is told why", async (_what, make, why) => {
    const client = await make();
    const { status, body } = await get(gateway, "/mine", client);
    expect([status, body.type]).toEqual([401, "urn:gatewright:problem:invalid-credentials"]);
    expect(body.detail).toContain(why);
    expect((await get(gateway, "/open", client)).status).toBe(200);
  });

  test("authorities that the client sends along lead to the root", async () => {
    const between = await root.issue({ subject: "CN=between", isAuthority: true });
    const client = await between.issue({ subject: "CN=plain" });
    expect((await get(gateway, "/mine", client)).status).toBe(401);
    expect((await get(gateway, "/mine", client, credentials(client, between.certificate))).status).toBe(200);
  });

  test("a request for another host than the connection was opened for is misdirected, whatever the case of names", async () => {
    const status = async (servername: string, host: string): Promise<number> =>
      (await get(gateway, "/mine", partner, { servername, headers: { Host: host } })).status;
    expect(await status("shop.example.com", "shop.example.com")).toBe(200);
    expect(await status("SHOP.example.com", "Shop.Example.com:8443")).toBe(200);
    expect(await status("public.example.com", "shop.example.com")).toBe(421);
    expect(await status("public.example.com", "SHOP.example.com")).toBe(421);
  });

  test("HTTP/2: the certificate is that of the connection, for each stream, and :authority is held against the server name", async () => {
    const session = connectHttp2(`https://127.0.0.1:${gateway.port}`, {
      rejectUnauthorized: false,
      servername: "shop.example.com",
      ...credentials(partner),
    });
    const status = async (path: string, authority: string): Promise<number> => {
      const stream = session.request({ ":path": path, ":authority": authority });
      const [head] = (await once(stream, "response")) as [Record<string, number>];
      stream.resume();
      await once(stream, "end");
      return head[":status"]!;
    };
    expect(await status("/mine", "shop.example.com")).toBe(200);
    expect(await status("/partners", "shop.example.com")).toBe(200);
    expect(await status("/mine", "other.example.com")).toBe(421);
    session.close();
  });
});

describe("mode: require", () => {
  test("who has no certificate, or one that does not count, cannot connect", async () => {
    const gateway = await start(({ ca }) => `clientCertificates: { ca: { file: ${ca} }, mode: require }`);
    expect((await get(gateway, "/open", partner)).status).toBe(200);
    await expect(get(gateway, "/open")).rejects.toThrow();
    await expect(get(gateway, "/open", await foreign.issue({ subject: "CN=plain" }))).rejects.toThrow();
  });
});

/** One request; resolves with the session that came by then and with what was answered. */
async function visit(client: TLSSocket, path: string): Promise<{ readonly session: Buffer | undefined; readonly head: string }> {
  let session: Buffer | undefined;
  client.on("session", (fresh: Buffer) => {
    session = fresh;
  });
  client.write(`GET ${path} HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n`);
  let head = "";
  client.setEncoding("latin1").on("data", (text: string) => (head += text));
  await once(client, "end");
  session ??= client.getSession();
  client.destroy();
  return { session, head: head.slice(0, head.indexOf("\r\n")) };
}

describe.each(["TLSv1.2", "TLSv1.3"] as const)("sessions of %s", (maxVersion) => {
  const options = (gateway: Started, session?: Buffer) => ({
    port: gateway.port,
    host: "127.0.0.1",
    servername: "shop.example.com",
    rejectUnauthorized: false,
    maxVersion,
    ...(session === undefined ? {} : { session }),
  });

  test("one that began without a certificate is resumed without one: nobody is known by it", async () => {
    const gateway = await start(asked);
    const { session } = await visit(connect(options(gateway)), "/open");
    const again = connect(options(gateway, session));
    await once(again, "secureConnect");
    expect(again.isSessionReused()).toBe(true);
    expect((await visit(again, "/mine")).head).toBe("HTTP/1.1 401 Unauthorized");
  });

  test("one that began with a certificate is resumed with it", async () => {
    const gateway = await start(withList);
    const { session } = await visit(connect({ ...options(gateway), ...credentials(partner) }), "/mine");
    const again = connect({ ...options(gateway, session), ...credentials(partner) });
    await once(again, "secureConnect");
    expect(again.isSessionReused()).toBe(true);
    expect((await visit(again, "/mine")).head).toBe("HTTP/1.1 200 OK");
  });

  test("one that began before a list revoked its certificate is not resumed", async () => {
    const gateway = await start(withList);
    const { session } = await visit(connect({ ...options(gateway), ...credentials(partner) }), "/mine");
    replace(gateway.crl, await root.list({ revoked: [partner.serial], thisUpdate: new Date("2026-02-01") }));
    await vi.waitFor(() => expect(gateway.errors()).toContain("files replaced"), { timeout: 20_000, interval: 50 });
    const again = connect({ ...options(gateway, session), ...credentials(partner) });
    await once(again, "secureConnect");
    expect(again.isSessionReused()).toBe(false);
    expect((await visit(again, "/mine")).head).toBe("HTTP/1.1 401 Unauthorized");
  });
});

describe("connections that are open already", () => {
  /** A connection on which an answer has begun that does not end. */
  async function lasting(
    gateway: Started,
    client: Pki,
  ): Promise<{ readonly socket: TLSSocket; readonly closed: Promise<unknown> }> {
    const socket = connect({ port: gateway.port, host: "127.0.0.1", rejectUnauthorized: false, ...credentials(client) });
    socket.on("error", () => {});
    const closed = once(socket, "close");
    await once(socket, "secureConnect");
    socket.write("GET /slow HTTP/1.1\r\nHost: shop.example.com\r\n\r\n");
    const [begun] = (await once(socket, "data")) as [Buffer];
    expect(begun.toString()).toContain("HTTP/1.1 200 OK");
    return { socket, closed };
  }

  test("end when a list revokes their certificate; others stay", async () => {
    const gateway = await start(withList);
    const other = await root.issue({ subject: "CN=plain" });
    const [one, stays] = [await lasting(gateway, partner), await lasting(gateway, other)];
    replace(gateway.crl, await root.list({ revoked: [partner.serial], thisUpdate: new Date("2026-02-01") }));
    await one.closed;
    expect(stays.socket.destroyed).toBe(false);
    expect(gateway.errors()).toContain("was revoked");
    stays.socket.destroy();
  });

  test("end when their authority is trusted no more", async () => {
    const gateway = await start(asked);
    const one = await lasting(gateway, partner);
    replace(gateway.ca, foreign.certificate);
    await one.closed;
    expect((await get(gateway, "/mine", partner)).status).toBe(401);
  });

  test("end when their certificate does", async () => {
    const gateway = await start(asked);
    // The clock of the gateway stands at 2026-12-01.
    const short = await root.issue({ subject: "CN=plain", notAfter: new Date("2026-12-01T01:00:00Z") });
    const one = await lasting(gateway, short);
    await gateway.advance(3_601_000);
    await one.closed;
  });
});

test("an authority without a list stops the start, where lists are asked for", async () => {
  await expect(
    start(({ ca, crl }) => {
      writeFileSync(ca, root.certificate + foreign.certificate);
      return withList({ ca, crl });
    }),
  ).rejects.toThrow(/gateway\.yaml:\d+ {2}`crl` has no list of CN=foreign\. Every authority in `ca` needs its own/);
});

test("a list is fetched from where its authority publishes it, also in DER, and again", async () => {
  let list = await root.list();
  const { X509Crl } = await import("../harness/pki.ts");
  const publisher = createServer((_request, response) => void response.end(Buffer.from(new X509Crl(list).rawData)));
  publisher.listen(0, "127.0.0.1");
  await once(publisher, "listening");
  const { port } = publisher.address() as AddressInfo;
  const gateway = await start(
    ({ ca }) => `clientCertificates: { ca: { file: ${ca} }, crl: { url: "http://127.0.0.1:${port}/ca.crl", interval: 1s } }`,
  );
  expect((await get(gateway, "/mine", partner)).status).toBe(200);
  list = await root.list({ revoked: [partner.serial], thisUpdate: new Date("2026-02-01") });
  const status = async (): Promise<number> => (await get(gateway, "/mine", partner)).status;
  await vi.waitFor(async () => expect(await status()).toBe(401), { timeout: 20_000, interval: 100 });
  publisher.close();
});

test("a handshake that comes in single bytes asks for a certificate all the same (CVE-2026-32305)", {
  timeout: 60_000,
}, async () => {
  const gateway = await start(asked);
  const slow = createTcpServer((socket) => {
    const inner = connectTcp({ port: gateway.port, host: "127.0.0.1", noDelay: true });
    socket.on("data", (bytes) => {
      for (const byte of bytes) inner.write(Buffer.from([byte]));
    });
    inner.on("data", (bytes) => void socket.write(bytes)).on("close", () => socket.destroy());
    socket.on("error", () => {}).on("close", () => inner.destroy());
  });
  slow.listen(0, "127.0.0.1");
  await once(slow, "listening");
  const { port } = slow.address() as AddressInfo;
  const through = { ...gateway, port };
  expect((await get(through, "/mine")).status).toBe(401);
  expect((await get(through, "/mine", partner)).status).toBe(200);
  slow.close();
});

test("how long lists and authorities are good, and which certificates were refused, are metrics", {
  timeout: 60_000,
}, async () => {
  const gateway = await start(withList);
  await get(gateway, "/mine", await foreign.issue({ subject: "CN=plain" }));
  const metrics = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
  // From 2026-12-01, where the clock stands, to 2028-01-01.
  expect(metrics).toMatch(
    /^gatewright_revocation_list_expiry_days\{list="gateway\.yaml:\d+ file [^"]+crl\.pem",issuer="CN=clients"\} 396$/m,
  );
  expect(metrics).toMatch(/^gatewright_client_authority_expiry_days\{certificate="authority for clients CN=clients"\} 396$/m);
  expect(metrics).toContain(
    'gatewright_client_certificates_refused_total{reason="The client certificate is not of an authority that is trusted here."} 1',
  );
});

test("the status tells of lists and authorities", async () => {
  const gateway = await start(withList);
  const status = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/status`)).text();
  expect(status).toContain('"issuer":"CN=clients"');
});
