import { expect, it } from "vitest";
import { compileProject } from "../../harness/compile-project.ts";

const clients = "clientCertificates: { ca: { file: clients.pem } }";
const tls = (asks: string): string =>
  `{ port: 8443, tls: { certificates: [{ certificate: { file: shop.pem }, key: { file: shop.key } }]${asks} } }`;
const proxies = "{ port: 8080, trustedProxies: { from: [10.0.0.0/8], clientCertificates: { format: xfcc } } }";

/** Warnings of a gateway with one operation. */
async function warnings(listener: string, security: string, schemes = ""): Promise<readonly string[]> {
  const { diagnostics } = await compileProject(
    new Map([
      [
        "gateway.yaml",
        `gateway: shop
compatibility: 2026-12-01
listeners: { public: ${listener} }
${schemes === "" ? "" : `identity: { schemes: { ${schemes} } }`}
routes: { all: { match: { path: "/**" }, policies: { ${security}, respond: { body: hello } } } }
`,
      ],
    ]),
  );
  return diagnostics.map(({ code, message }) => (code === "check/unread-certificates" ? message : code));
}

it.each([
  ["a listener asks for", tls(`, ${clients}`), "The listener asks clients for a certificate, and no operation reads it."],
  ["proxies tell of", proxies, "Proxies tell of the certificate of a client, and no operation reads it."],
])("certificates that %s and no operation reads are warned of", async (_, listener, message) => {
  expect(await warnings(listener, "public: tests")).toEqual([message]);
  const apiKey = "key: { apiKey: { in: header, name: X-Key, keys: { acme: { key: { env: ACME_KEY } } } } }";
  expect(await warnings(listener, "security: [{ key: [] }]", apiKey)).toEqual([message]);
});

it.each([
  ["an operation that requires one", tls(`, ${clients}`), "security: [{ client: [] }]", "client: { mtls: {} }"],
  [
    "tokens that may be bound to one (RFC 8705 §3)",
    tls(`, ${clients}`),
    "security: [{ token: [] }]",
    'token: { jwt: { issuer: "https://login.example.com/", audience: shop } }',
  ],
  ["a connection that needs one, whoever it is of", tls(`, ${clients.replace(" }", " }, mode: require")}`), "public: tests", ""],
  ["a listener that asks for none", tls(""), "public: tests", ""],
])("there is no such warning for %s", async (_, listener, security, schemes) => {
  expect(await warnings(listener, security, schemes)).toEqual([]);
});
