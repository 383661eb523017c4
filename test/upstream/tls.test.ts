import { createHash, randomBytes, X509Certificate } from "node:crypto";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { StartValue } from "../../runtime/exchange/exchange.ts";
import { createPins } from "../../runtime/upstream/pins.ts";
import { isReachable } from "../../runtime/upstream/reachable.ts";
import { createTls, type PemSource, type TlsConfig } from "../../runtime/upstream/tls.ts";
import { type Authority, type Certified, makeAuthority } from "../harness/certificates.ts";
import { socketBuffers } from "../harness/socket-buffers.ts";
import { DoneLog, forwarding, gateway, service, using } from "../runtime/support/gateway.ts";
import { exchange, get, RawClient } from "../runtime/support/raw-client.ts";

let authority: Authority;
let stranger: Authority;
let server: Certified;
let client: Certified;

beforeAll(async () => {
  authority = await makeAuthority();
  stranger = await makeAuthority("somebody else");
  server = authority.issue("orders", ["DNS:orders.internal", "DNS:localhost", "IP:127.0.0.1"]);
  client = authority.issue("gateway");
});

const source = (pem: string, from = "a file"): PemSource => ({ pem: pem as StartValue, from });

const tls = (change: Partial<TlsConfig> = {}): { tls: ReturnType<typeof createTls> } => ({
  tls: createTls({ service: "orders", ca: source(authority.certificate), protocol: "http/1.1", ...change }),
});

const ownCertificate = (): Pick<TlsConfig, "certificate" | "key"> => ({
  certificate: source(client.certificate),
  key: source(client.key),
});

/** A service of `node:https`, its URL, and the connections that were secured. */
async function secureService(answer: RequestListener, options: TlsOptions = {}) {
  const sockets: TLSSocket[] = [];
  const resumed: boolean[] = [];
  const service = createServer({ cert: server.certificate, key: server.key, ...options }, answer);
  service.on("secureConnection", (socket) => {
    sockets.push(socket);
    resumed.push(socket.isSessionReused());
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    service.close();
    service.closeAllConnections();
  });
  const { port } = service.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, port, sockets, resumed, server: service };
}

/** Lines that the gateway wrote to standard error. */
function errorLines(): string[] {
  const lines: string[] = [];
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
  onTestFinished(() => spy.mockRestore());
  return lines;
}

test("a service with a certificate of its own authority is verified and asked", async () => {
  const upstream = await secureService((request, response) => response.end(`${request.method} ${request.url}`));
  await using(gateway(forwarding(service([upstream.url], tls()))), async ({ port }) => {
    expect((await exchange(port, get("/orders?a=1"))).body).toBe("GET /orders?a=1");
  });
});

test("connections are kept, and sessions are resumed on new ones", async () => {
  const upstream = await secureService((_request, response) => response.end("ok"));
  const orders = service([upstream.url], tls());
  await using(gateway(forwarding(orders)), async ({ port }) => {
    await exchange(port, get("/1"));
    await exchange(port, get("/2"));
    expect(upstream.sockets.length).toBe(1);
    // The service closes; the next request needs another connection.
    const [first] = upstream.sockets;
    const gone = new Promise((resolve) => first!.once("close", resolve));
    upstream.server.closeIdleConnections();
    await gone;
    expect((await exchange(port, get("/3"))).status).toBe(200);
    expect(upstream.resumed).toEqual([false, true]);
  });
});

test("the name of the endpoint is asked for, or the one that is configured", async () => {
  const asked: (string | false | null)[] = [];
  const upstream = await secureService((request, response) => {
    asked.push((request.socket as TLSSocket & { servername: string | false }).servername);
    response.end();
  });
  const { port: at } = upstream;
  const urls = [`https://localhost:${at}`, `https://127.0.0.1:${at}`];
  for (const url of urls)
    await using(gateway(forwarding(service([url], tls()))), async ({ port }) => {
      expect((await exchange(port, get("/"))).status).toBe(200);
    });
  await using(gateway(forwarding(service([urls[1]!], tls({ serverName: "orders.internal" })))), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(200);
  });
  expect(asked).toEqual(["localhost", false, "orders.internal"]);
});

test.each([
  ["by a stranger", () => stranger.issue("orders", ["IP:127.0.0.1"]), {}, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ["for another name", () => authority.issue("orders", ["DNS:other.internal"]), {}, "ERR_TLS_CERT_ALTNAME_INVALID"],
  ["for another name than configured", () => server, { serverName: "billing.internal" }, "ERR_TLS_CERT_ALTNAME_INVALID"],
])("a certificate %s is a 502, and the reason is in the log only", async (_what, issue, change, code) => {
  const { certificate: cert, key } = issue();
  const upstream = await secureService((_request, response) => response.end("secret"), { cert, key });
  const log = errorLines();
  const done = new DoneLog();
  await using(gateway(forwarding(service([upstream.url], tls(change)), { done: done.hook })), async ({ port }) => {
    const answer = await exchange(port, get("/"));
    expect([answer.status, answer.body.includes(code), answer.body.includes("secret")]).toEqual([502, false, false]);
    expect((await done.take()).upstream?.error).toBe(code);
    await exchange(port, get("/"));
  });
  // Once for many failures.
  expect(log.filter((line) => line.includes(code)).length).toBe(1);
  expect(log.join("")).toContain(upstream.url);
});

/** As `openssl x509 -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64` prints it. */
const pinOf = ({ certificate }: Pick<Certified, "certificate">): string =>
  createHash("sha256")
    .update(new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");

test("with pins, only a service with one of these public keys is asked, also where another is vouched for", async () => {
  const upstream = await secureService((_request, response) => response.end("well"));
  const pinned = (...pins: string[]) => service([upstream.url], tls({ pins: createPins({ pins }) }));
  await using(gateway(forwarding(pinned(pinOf(client), pinOf(server)))), async ({ port }) => {
    expect((await exchange(port, get("/"))).body).toBe("well");
  });
  const lines = errorLines();
  // The key of the authority is not that of the service.
  await using(gateway(forwarding(pinned(pinOf(client), pinOf(authority)))), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(502);
  });
  expect(lines.join("")).toContain(`sha256/${pinOf(server)}, which is not in`);
});

test("with pins, the service must still be vouched for", async () => {
  const upstream = await secureService((_request, response) => response.end("well"));
  const config = { ca: source(stranger.certificate), pins: createPins({ pins: [pinOf(server)] }) };
  errorLines();
  await using(gateway(forwarding(service([upstream.url], tls(config)))), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(502);
  });
});

test("a service that speaks no TLS is a 502", async () => {
  errorLines();
  const { createServer: createPlain } = await import("node:http");
  const plain = createPlain((_request, response) => response.end("in clear"));
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void plain.close());
  const url = `https://127.0.0.1:${(plain.address() as AddressInfo).port}`;
  await using(gateway(forwarding(service([url], tls()))), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(502);
  });
});

test("a service that never ends the handshake is a 504 after the time to connect", async () => {
  const held: { destroy(): void }[] = [];
  const { createServer: createRaw } = await import("node:net");
  const silent = createRaw((socket) => held.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of held) socket.destroy();
    silent.close();
  });
  const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const orders = service([url], { ...tls(), timeout: { connect: 50, response: 30_000 } });
  await using(gateway(forwarding(orders)), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(504);
  });
});

test("a client certificate is shown where the service asks for one", async () => {
  const options = { requestCert: true, rejectUnauthorized: true, ca: authority.certificate };
  const upstream = await secureService((request, response) => {
    response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN);
  }, options);
  await using(gateway(forwarding(service([upstream.url], tls(ownCertificate())))), async ({ port }) => {
    expect((await exchange(port, get("/"))).body).toBe("gateway");
  });
  // Without one the service refuses the connection, after the handshake of TLS 1.3 is over.
  errorLines();
  await using(gateway(forwarding(service([upstream.url], tls()))), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(502);
  });
});

test.each([
  ["1.2", "TLSv1.2"],
  ["1.3", "TLSv1.3"],
] as const)(
  "long bodies pass whole in both directions over TLS %s, to a client that reads slowly too",
  async (_name, version) => {
    const size = 24 * 1_048_576;
    const content = randomBytes(size);
    const wanted = createHash("sha256").update(content).digest("hex");
    const upstream = await secureService(
      (request, response) => {
        const hash = createHash("sha256");
        request.on("data", (chunk: Buffer) => hash.update(chunk));
        request.on("end", () => {
          response.setHeader("X-Hash", hash.digest("hex"));
          response.setHeader("Content-Length", size);
          response.end(content);
        });
      },
      { minVersion: version, maxVersion: version },
    );
    await using(gateway(forwarding(service([upstream.url], tls()))), async ({ port }) => {
      const { request } = await import("node:http");
      const got = await new Promise<{ hash: string; seen: unknown }>((resolve, reject) => {
        const sending = request({ port, host: "127.0.0.1", method: "POST", path: "/", agent: false }, (response) => {
          const hash = createHash("sha256");
          let pauses = 0;
          response.on("data", (chunk: Buffer) => {
            hash.update(chunk);
            // Now and then the client is busy with something else for a while.
            if (++pauses % 16 !== 0) return;
            response.pause();
            setImmediate(() => setImmediate(() => response.resume()));
          });
          response.on("end", () => resolve({ hash: hash.digest("hex"), seen: response.headers["x-hash"] }));
          response.on("error", reject);
        });
        sending.on("error", reject);
        sending.end(content);
      });
      expect(got).toEqual({ hash: wanted, seen: wanted });
    });
  },
);

test("a service that is not read from is held back, and loses nothing", async () => {
  // On the way the system holds so much, and the gateway a little.
  const most = 2 * socketBuffers() + 8 * 1_048_576;
  const size = most + 32 * 1_048_576;
  let written = 0;
  const upstream = await secureService((_request, response) => {
    response.setHeader("Content-Length", size);
    const chunk = Buffer.alloc(65_536, "x");
    const more = (): void => {
      while (written < size) {
        written += chunk.length;
        if (!response.write(chunk)) {
          response.once("drain", more);
          return;
        }
      }
      response.end();
    };
    more();
  });
  await using(gateway(forwarding(service([upstream.url], tls()))), async ({ port }) => {
    const reader = new RawClient(port);
    reader.socket.pause();
    reader.write(get("/"));
    // Until the service has written nothing for a while of the loop's turns.
    let before = -1;
    for (let still = 0; still < 200; still = written === before ? still + 1 : 0) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (written === 0) still = 0;
    }
    expect(written).toBeLessThan(most);
    reader.socket.resume();
    let length = 0;
    reader.socket.on("data", (chunk: string) => {
      length += chunk.length;
      reader.text = length > size ? "whole" : "";
    });
    await reader.until((text) => text === "whole");
    reader.close();
  });
});

test("an answer without a length ends with the connection", async () => {
  const raw = createTlsServer({ cert: server.certificate, key: server.key }, (socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end("HTTP/1.0 200 OK\r\n\r\nup to the end"));
  });
  await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void raw.close());
  const url = `https://127.0.0.1:${(raw.address() as AddressInfo).port}`;
  await using(gateway(forwarding(service([url], tls()))), async ({ port }) => {
    const reader = new RawClient(port).write(get("/", "Connection: close\r\n"));
    expect(await reader.rest()).toMatch(/d\r\nup to the end\r\n0\r\n\r\n$/);
  });
});

test.each([
  [
    "a file without certificates",
    { ca: source("no certificate", "gateway.yaml:9 file ca.pem") },
    /orders: gateway.yaml:9 file ca.pem holds no certificate/,
  ],
  [
    "a broken certificate",
    { ca: source("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "gateway.yaml:9 file ca.pem") },
    /a certificate in gateway.yaml:9 file ca.pem cannot be read/,
  ],
  ["no key", { key: source("none", "environment variable KEY") }, /environment variable KEY cannot be used for TLS/],
])("%s stops the start with a message that names it", (_what, change, message) => {
  expect(() => tls({ ...ownCertificate(), ...change })).toThrow(message);
});

test("a key of another certificate stops the start", () => {
  const key = source(server.key, "gateway.yaml:11 file client.key");
  expect(() => tls({ ...ownCertificate(), key })).toThrow(
    /gateway.yaml:11 file client.key cannot be used for TLS: key values mismatch/,
  );
});

test("readiness says no to a service whose certificate is not to be trusted", async () => {
  errorLines();
  const { certificate: cert, key } = stranger.issue("orders", ["IP:127.0.0.1"]);
  const bad = await secureService((_request, response) => response.end(), { cert, key });
  const good = await secureService((_request, response) => response.end());
  expect(await isReachable(service([bad.url], tls()))).toBe(false);
  expect(await isReachable(service([good.url], tls()))).toBe(true);
});
