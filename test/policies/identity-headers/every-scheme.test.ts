import { createHmac, scryptSync } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startParty } from "../../harness/party.ts";
import { Pki } from "../../harness/pki.ts";
import { buildForTest, type RunningGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { type EchoUpstream, echoUpstream, type Seen } from "../../listeners/support/echo-upstream.ts";
import { Workshop } from "../../listeners/support/gateway.ts";
import { claims, issuer } from "../jwt/support/scheme.ts";
import { signer } from "../jwt/support/signer.ts";
import { principals, spellings } from "./support/spellings.ts";

const key = sampleEnvironment([]).ACME_KEY!;
const issuing = signer("one");
const secret = "secret-of-a-hook-0123456789";
const body = "hi";
const signature = createHmac("sha256", secret).update(body).digest("hex");
const unpadded = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");
const hash = scryptSync("pass-of-ann", "salt-of-ann", 32, { N: 1024, r: 8, p: 1 });

/** What a client shows by each kind of scheme, and who that is. */
const schemes = {
  apiKey: { fields: { "x-api-key": key }, who: "acme" },
  basic: { fields: { authorization: `Basic ${Buffer.from("ann:pass-of-ann").toString("base64")}` }, who: "ann" },
  hmac: { fields: { "x-hub-signature-256": `sha256=${signature}` }, who: "hook" },
  introspection: { fields: { authorization: "Bearer opaque" }, who: "bob" },
  // The clock of the gateway is that of tests.
  jwt: { fields: { authorization: `Bearer ${issuing.token(claims({ exp: 4_000_000_000 }))}` }, who: "alice" },
  mtls: { fields: {}, who: "partner" },
} as const;
type Scheme = keyof typeof schemes;
const all = Object.keys(schemes) as Scheme[];

const workshop = new Workshop();
let upstream: EchoUpstream;
let gateway: RunningGateway;
let partner: Pki;

beforeAll(async () => {
  upstream = await echoUpstream();
  const introspecting = await startParty();
  introspecting.on("/introspect", { body: JSON.stringify({ active: true, sub: "bob" }) });
  const { folder } = workshop;
  const root = await Pki.root({ subject: "CN=clients" });
  const server = await Pki.root({ subject: "CN=server", isAuthority: false, names: [{ type: "dns", value: "shop.test" }] });
  partner = await root.issue({ subject: "CN=partner" });
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return `{ file: "${join(folder, name)}" }`;
  };
  const told = "identityHeaders: { fields: { Acme-Principal: identity.subject } }";
  const route = (name: string): string =>
    `  ${name}: { match: { path: /known-${name} }, service: backend, policies: { security: [{ ${name}: [] }], ${told}, trailers: { request: [acme-checksum] } } }`;
  // Alternatives without a credential are written in specs alone.
  file(
    "openapi.yaml",
    `openapi: 3.1.0
info: { title: Maybe, version: "1" }
components:
  securitySchemes:
    apiKey: { type: apiKey, in: header, name: X-Api-Key }
    basic: { type: http, scheme: basic }
    hmac: { type: apiKey, in: header, name: X-Hub-Signature-256 }
    introspection: { type: http, scheme: bearer }
    jwt: { type: http, scheme: bearer }
    mtls: { type: mutualTLS }
paths:
${all.map((name) => `  /maybe-${name}: { post: { security: [{ ${name}: [] }, {}], responses: { "200": { description: ok } } } }`).join("\n")}
`,
  );
  file("policies.yaml", `all: { public: the credential may be absent, ${told}, trailers: { request: [acme-checksum] } }\n`);
  writeFileSync(
    join(folder, "gateway.yaml"),
    `gateway: spellings
compatibility: 2026-12-01
listeners:
  public:
    host: 127.0.0.1
    port: 0
    tls:
      certificates: [{ certificate: ${file("server.pem", server.certificate)}, key: ${file("server.key", server.key)} }]
      clientCertificates: { ca: ${file("ca.pem", root.certificate)} }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
identity:
  schemes:
    apiKey: { apiKey: { in: header, name: X-Api-Key, keys: { acme: { key: { env: ACME_KEY } } } } }
    basic: { basic: { users: ${file("users", `ann:$scrypt$ln=10,r=8,p=1$${unpadded(Buffer.from("salt-of-ann"))}$${unpadded(hash)}\n`)} } }
    hmac: { hmac: { layout: github, secret: ${file("hook", secret)}, subject: hook } }
    introspection: { introspection: { endpoint: "${introspecting.origin}/introspect", client: { id: shop, secret: { env: ACME_KEY } }, audience: { any: a test } } }
    jwt: { jwt: { issuer: "${issuer}", audience: shop, jwks: { keys: [${JSON.stringify(issuing.jwk)}] } } }
    mtls: { mtls: { subject: commonName } }
routes:
${all.map(route).join("\n")}
apis: { maybe: { versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }, service: backend } }
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

const tls = (certified: boolean) => ({
  rejectUnauthorized: false,
  servername: "shop.test",
  ...(certified ? { cert: partner.certificate, key: partner.key } : {}),
});

interface Sent {
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly trailers?: readonly string[];
  readonly certified: boolean;
}

/** Over HTTP/1.1; names as they are. */
async function byHttp1({ path, fields, trailers = [], certified }: Sent): Promise<Seen> {
  const count = upstream.seen.length + 1;
  const socket = connect({ host: "127.0.0.1", port: gateway.port, ALPNProtocols: ["http/1.1"], ...tls(certified) });
  socket.on("error", () => {});
  const lines = [
    `POST ${path} HTTP/1.1`,
    "Host: shop.test",
    ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
    ...spellings.map((name) => `${name}: admin`),
    "Transfer-Encoding: chunked",
    "",
    body.length.toString(16),
    body,
    "0",
    ...trailers.map((name) => `${name}: admin`),
    "Acme-Checksum: 1",
    "",
    "",
  ];
  socket.write(lines.join("\r\n"));
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString().split("\r\n\r\n")[0]).toContain("HTTP/1.1 200");
  const seen = await upstream.request(count);
  await seen.closed;
  socket.destroy();
  return seen;
}

/** Over HTTP/2, where names are in lower case; those that differ in case only are one. */
async function byHttp2({ path, fields, trailers = [], certified }: Sent): Promise<Seen> {
  const count = upstream.seen.length + 1;
  const session = connectHttp2(`https://shop.test`, {
    createConnection: () => connect({ host: "127.0.0.1", port: gateway.port, ALPNProtocols: ["h2"], ...tls(certified) }),
  });
  const claimed = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name.toLowerCase(), "admin"]));
  const stream = session.request(
    { ":method": "POST", ":path": path, ...fields, ...claimed(spellings) },
    { waitForTrailers: true },
  );
  stream.on("wantTrailers", () => stream.sendTrailers({ ...claimed(trailers), "acme-checksum": "1" }));
  stream.resume();
  stream.end(body);
  const [answer] = (await once(stream, "response")) as [Readonly<Record<string, unknown>>];
  await once(stream, "close");
  session.close();
  expect(answer[":status"]).toBe(200);
  return upstream.request(count);
}

describe.each([
  ["HTTP/1.1", byHttp1],
  ["HTTP/2", byHttp2],
] as const)("ten spellings of an identity field, sent over %s", (_, send) => {
  it.each(all)("are replaced by who the credential is of: %s", async (scheme) => {
    const { fields, who } = schemes[scheme];
    const sent = { path: `/known-${scheme}`, fields, certified: scheme === "mtls" };
    expect(principals(await send(sent))).toEqual([who]);
  });

  it.each(all)("are gone where nobody is known, as the credential may be absent: %s", async (scheme) => {
    expect(principals(await send({ path: `/maybe-${scheme}`, fields: {}, certified: false }))).toEqual([]);
  });

  it.each(all)("are gone from trailers, whether the body was read for the credential or not: %s", async (scheme) => {
    const { fields, who } = schemes[scheme];
    const sent = { fields, certified: scheme === "mtls", trailers: spellings };
    const seen = await send({ path: `/known-${scheme}`, ...sent });
    const trailers = await seen.trailers;
    // What was read as a whole goes on without trailers.
    const left = scheme === "hmac" ? [] : ["acme-checksum", "1"];
    expect([principals(seen), trailers.map((text) => text.toLowerCase())]).toEqual([[who], left]);
  });
});
