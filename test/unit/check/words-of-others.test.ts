import { describe, expect, it } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { type JsonSchema, schemas } from "../../../schema/schemas.gen.ts";

async function helpOf(scheme: string, service = "{ endpoints: [http://127.0.0.1:9001] }"): Promise<readonly string[]> {
  const text = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services: { orders: ${service} }
identity: { schemes: { one: ${scheme} } }
routes: { all: { match: { path: "/**" }, service: orders, policies: { security: [{ one: [] }] } } }
`;
  const { diagnostics } = await checkGateway("gateway.yaml", { disk: memoryDisk(new Map([["gateway.yaml", text]])) });
  return diagnostics.filter(({ code }) => code.startsWith("load/unknown-")).map(({ help }) => help);
}

describe("a word of another gateway", () => {
  it.each<[what: string, scheme: string, help: string]>([
    [
      "a vendor that sends a token and no signature",
      "{ hmac: { layout: gitlab, secret: { env: X } } }",
      "`apiKey: { in: header, name: X-Gitlab-Token,",
    ],
    ["a layout by its standard", "{ hmac: { layout: svix, secret: { env: X } } }", "Did you mean `standardWebhooks`?"],
    ["a signature of one's own", "{ hmac: { secret: { env: X }, header: X-Signature } }", "`signature: { keys: {"],
    [
      "a key in the place of its consumer's entry",
      "{ apiKey: { in: header, name: X-Key, keys: { acme: { env: X } } } }",
      "Write it under `key`: `key: { env: … }`.",
    ],
    ["a place as an option", "{ apiKey: { header: X-Key, file: keys.json } }", "Write `in: header`"],
    ["authorities at the scheme", "{ mtls: { ca: { file: ca.pem } } }", "`listeners.public.tls.clientCertificates: { ca:"],
    ["a name as OpenSSL has it", "{ mtls: { rules: [{ CN: partner }] } }", "`subject: { commonName: … }`"],
    [
      "an endpoint as a URL",
      '{ introspection: { url: "https://a.example/i", audience: shop, client: { id: a, secret: { env: X } } } }',
      "Did you mean `endpoint`?",
    ],
    [
      "a client as forms of OAuth have it",
      '{ introspection: { endpoint: "https://a.example/i", audience: shop, client: { client_id: a, secret: { env: X } } } }',
      "Did you mean `id`?",
    ],
    ["a claim as an option", '{ jwt: { issuer: "https://a.example/", aud: shop } }', "Did you mean `audience`?"],
    ["a place of tokens", '{ jwt: { issuer: "https://a.example/", audience: shop, cookie: token } }', "`from: { cookie: … }`"],
    [
      "a key set of the provider",
      '{ jwt: { issuer: "https://a.example/", audience: shop, jwks_url: "https://a.example/k" } }',
      "`jwks: { uri: … }`",
    ],
    ["a kind of scheme as OpenAPI has it", '{ openIdConnect: { issuer: "https://a.example/" } }', "Did you mean `jwt`?"],
    ["a kind of scheme as others have it", "{ htpasswd: { file: users } }", "Did you mean `basic`?"],
  ])("is answered with ours: %s", async (_, scheme, help) => {
    expect((await helpOf(scheme)).join("\n")).toContain(help);
  });

  it("is answered with ours also where the gateway itself is a client", async () => {
    const key = "{ apiKey: { in: header, name: X-Key, keys: { acme: { key: { env: X } } } } }";
    const service = (authenticate: string): string => `{ endpoints: [http://127.0.0.1:9001], authenticate: ${authenticate} }`;
    expect(await helpOf(key, service("{ oauth2: {} }"))).toEqual(["Did you mean `clientCredentials`?"]);
    const tokens = '{ clientCredentials: { tokenUrl: "https://a.example/t", client: { clientId: a, secret: { env: X } } } }';
    expect(await helpOf(key, service(tokens))).toEqual(["Did you mean `token`?", "Did you mean `id`?"]);
  });

  // Envoy, HAProxy, nginx, Kong, Traefik and Resilience4j say it so.
  it.each<[options: string, help: readonly string[]]>([
    ["circuitBreaker: {}", ["Did you mean `breaker`?"]],
    ["outlierDetection: {}", ["Write `health: { passive: { … } }`."]],
    ["breaker: { failureRateThreshold: 50% }", ["Did you mean `errorRate`?"]],
    ["retry: { numRetries: 2 }", ["Write `attempts: 3` for two retries: the first attempt counts as well."]],
    [
      "retry: { on: [5xx, connect-failure, timeout] }",
      ["serverError", "unsent", "timeoutHead"].map((name) => `Did you mean \`${name}\`?`),
    ],
    ["hedge: { after: 95% }", ["Did you mean `p95`?"]],
    ["loadBalancer: { algorithm: leastconn }", ["Did you mean `leastRequests`?"]],
    ["loadBalancer: { algorithm: ip_hash }", ["Write `algorithm: consistentHash` with `key: peer.ip`."]],
  ])("is answered with ours where attempts are ruled: %s", async (options, help) => {
    const key = "{ apiKey: { in: header, name: X-Key, keys: { acme: { key: { env: X } } } } }";
    expect(await helpOf(key, `{ endpoints: [http://127.0.0.1:9001, http://127.0.0.1:9002], ${options} }`)).toEqual(help);
  });
});

/** Every schema with such words, with the names that its own keys and values have. */
function* schemasWithWords(schema: unknown, path: string): Generator<readonly [path: string, schema: JsonSchema]> {
  if (typeof schema !== "object" || schema === null) return;
  // What is found in our schemas is one.
  if ("x-mistaken" in schema) yield [path, schema as JsonSchema];
  for (const [name, part] of Object.entries(schema)) yield* schemasWithWords(part, `${path}/${name}`);
}

it("words of others are none of ours, and what they are answered with is a name that there is, or a sentence", () => {
  const found = Object.entries(schemas).flatMap(([name, schema]) => [...schemasWithWords(schema, name)]);
  expect(found.length).toBeGreaterThan(10);
  for (const [path, schema] of found) {
    const known = [...Object.keys(schema.properties ?? {}), ...(schema.enum ?? []).map(String)];
    for (const [word, meant] of Object.entries(schema["x-mistaken"]!)) {
      expect(known, path).not.toContain(word);
      if (!/^[A-Z].*\.$/.test(meant)) expect(known, `${path} ${word}`).toContain(meant);
    }
  }
});
