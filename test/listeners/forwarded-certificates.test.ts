import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certOfXfcc } from "../../runtime/http/forwarded-certificate.ts";
import { Pki } from "../harness/pki.ts";
import { buildForTest } from "../harness/running-gateway.ts";
import { type EchoUpstream, echoUpstream } from "./support/echo-upstream.ts";
import { type Started, Workshop } from "./support/gateway.ts";

const workshop = new Workshop();
let upstream: EchoUpstream;
let root: Pki;
let client: Pki;

beforeAll(async () => {
  upstream = await echoUpstream({});
  root = await Pki.root({ subject: "CN=clients" });
  client = await root.issue({ subject: "CN=client", names: [{ type: "url", value: "spiffe://example.com/orders" }] });
});

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

let count = 0;
async function start(trustedProxies: string): Promise<Started> {
  const folder = join(workshop.folder, `forwarded-${count++}`);
  mkdirSync(folder);
  writeFileSync(
    join(folder, "gateway.yaml"),
    `gateway: forwarded
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}", trustedProxies: ${trustedProxies} } }
identity: { schemes: { client: { mtls: { rules: [{ spiffe: "spiffe://example.com/*" }], subject: spiffe } } } }
apis: { things: { versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }, service: backend } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
`,
  );
  writeFileSync(
    join(folder, "openapi.yaml"),
    `openapi: 3.1.0
info: { title: Things, version: "1" }
components: { securitySchemes: { client: { type: mutualTLS } } }
paths:
  /open: { get: { operationId: open, security: [], responses: { "200": { description: ok } } } }
  /mine: { get: { operationId: mine, security: [{ client: [] }], responses: { "200": { description: ok } } } }
`,
  );
  writeFileSync(
    join(folder, "policies.yaml"),
    `operations:
  open: { public: for tests }
  mine: { headers: { request: { set: { X-Who: { expression: identity.subject } } } } }
`,
  );
  const { out, diagnostics } = await buildForTest(join(folder, "gateway.yaml"));
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return workshop.start(out, upstream.url);
}

async function get(gateway: Started, path: string, headers: Record<string, string>) {
  const answer = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { headers });
  return { status: answer.status, body: (await answer.json()) as { detail?: string; headers?: Record<string, string> } };
}

const escaped = (one: Pki): string => encodeURIComponent(one.certificate);
const rfc9440 = (one: Pki): string => `:${one.x509.raw.toString("base64")}:`;

const formats: Readonly<Record<string, readonly [field: string, write: (one: Pki) => string]>> = {
  clientCert: ["Client-Cert", rfc9440],
  xfcc: [
    "X-Forwarded-Client-Cert",
    (one) => `By=spiffe://mesh/gw;Hash=468ed3;Cert="${escaped(one)}";Subject="CN=a,O=\\"b;Cert=c\\"";URI=spiffe://x`,
  ],
  nginx: ["SSL-Client-Cert", escaped],
  // AWS leaves `+`, `=` and `/` as they are.
  alb: ["X-Amzn-Mtls-Clientcert-Leaf", (one) => encodeURI(one.certificate)],
};

describe.each(Object.keys(formats))("format %s", (format) => {
  const [field, write] = formats[format]!;
  let trusting: Started;
  let other: Started;
  beforeAll(async () => {
    trusting = await start(`{ from: [127.0.0.0/8], clientCertificates: { format: ${format} } }`);
    other = await start(`{ from: [192.0.2.0/24], clientCertificates: { format: ${format} } }`);
  });

  test("a trusted proxy tells who the client is, and the field goes no further", async () => {
    const { status, body } = await get(trusting, "/mine", { [field]: write(client) });
    expect([status, body.headers?.["x-who"]]).toEqual([200, "spiffe://example.com/orders"]);
    expect(body.headers).not.toHaveProperty(field.toLowerCase());
  });

  test("without the field nobody is known", async () => {
    expect((await get(trusting, "/mine", {})).status).toBe(401);
  });

  test("from anybody else it is no credential, and never reaches the service, in no spelling and on no path", async () => {
    expect((await get(other, "/mine", { [field]: write(client) })).status).toBe(401);
    for (const spelling of [field, field.toLowerCase(), field.replaceAll("-", "_"), field.replaceAll("-", ".")]) {
      const { status, body } = await get(other, "/open", { [spelling]: write(client) });
      expect(status).toBe(200);
      expect(Object.keys(body.headers!).filter((name) => /cert/i.test(name))).toEqual([]);
    }
  });

  test("one that cannot be read, that came twice, or that has ended is told why", async () => {
    const expired = await root.issue({ subject: "CN=client", notAfter: new Date("2026-06-01") });
    const answers = await Promise.all(
      ["nonsense", `${write(client)}, ${write(client)}`, write(expired)].map((value) =>
        get(trusting, "/mine", { [field]: value }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(answers.map(({ body }) => body.detail)).toEqual([
      "The field with the client certificate cannot be read.",
      "The field with the client certificate cannot be read.",
      "The client certificate has expired.",
    ]);
  });
});

test("another field than that of the format is a claim like it", async () => {
  const settings = "clientCertificates: { format: nginx, field: X-Edge-Leaf }";
  const trusting = await start(`{ from: [127.0.0.0/8], ${settings} }`);
  expect((await get(trusting, "/mine", { "X-Edge-Leaf": escaped(client) })).status).toBe(200);
  const other = await start(`{ from: [192.0.2.0/24], ${settings} }`);
  const { body } = await get(other, "/open", { "X-Edge-Leaf": "a", X_Edge_Leaf: "b" });
  expect(Object.keys(body.headers!).filter((name) => /leaf/i.test(name))).toEqual([]);
});

test.each([
  ["Cert=a", "a"],
  ['Hash=h;Cert="a";Subject=""', "a"],
  ['Subject="x;Cert=evil";Cert=a', "a"],
  ['Subject="\\";Cert=evil;\\"";Cert=a', "a"],
  ["URI=spiffe://a?b=c;URI=d;cert=a", "a"],
  ["Hash=h", undefined],
  ["Cert=a;Cert=b", undefined],
  ["Cert=a,Cert=b", undefined],
  ['Cert="a', undefined],
  ['Cert="a"b', undefined],
  ['Cert="a\\', undefined],
  ["", undefined],
])("X-Forwarded-Client-Cert: %s is read as %s", (value, expected) => {
  expect(certOfXfcc(value)).toBe(expected);
});
