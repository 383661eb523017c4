import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { calculateJwkThumbprint, exportJWK } from "jose";
import Provider from "oidc-provider";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildForTest, type RunningGateway } from "../../harness/running-gateway.ts";
import { Workshop } from "../../listeners/support/gateway.ts";

const workshop = new Workshop();
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
let issuer: Server;
let service: ReturnType<typeof createHttp2Server>;
let gateway: RunningGateway;
let provider: Provider;
let origin = "";
/** `Authorization` of each request that the service got. */
const seen: (string | undefined)[] = [];

beforeAll(async () => {
  issuer = createServer((request, response) => void provider.callback()(request, response));
  await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  origin = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  const shared = { grant_types: ["client_credentials"], redirect_uris: [], response_types: [] };
  provider = new Provider(origin, {
    clients: [
      { ...shared, client_id: "by secret", client_secret: "s:cret & more", token_endpoint_auth_method: "client_secret_basic" },
      { ...shared, client_id: "in-body", client_secret: "another", token_endpoint_auth_method: "client_secret_post" },
      {
        ...shared,
        client_id: "by-key",
        token_endpoint_auth_method: "private_key_jwt",
        token_endpoint_auth_signing_alg: "ES256",
        jwks: { keys: [{ ...jwk, kid, alg: "ES256", use: "sig" }] as never },
      },
    ],
    scopes: ["orders:read"],
    features: { clientCredentials: { enabled: true }, introspection: { enabled: true }, devInteractions: { enabled: false } },
  });
  service = createHttp2Server((request, response) => {
    seen.push(request.headers.authorization);
    response.end("{}");
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const client = {
    secret: '{ id: "by secret", secret: { env: SECRET } }',
    post: "{ id: in-body, secret: { env: OTHER }, method: post }",
  };
  const key = `{ id: by-key, privateKey: { env: KEY }, assertionAudience: "${origin}" }`;
  const to = (name: string, written: string): string =>
    `  ${name}: { endpoints: ["${endpoint}"], protocol: http2, authenticate: { clientCredentials: { token: "${origin}/token", client: ${written}, scopes: ["orders:read"] } } }`;
  const route = (name: string): string =>
    `  ${name}: { match: { path: /${name} }, service: ${name}, policies: { public: test } }`;
  writeFileSync(
    join(workshop.folder, "gateway.yaml"),
    `gateway: outward
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
services:
${[to("secret", client.secret), to("post", client.post), to("key", key), to("wrong", '{ id: "by secret", secret: { env: OTHER } }')].join("\n")}
routes:
${["secret", "post", "key", "wrong"].map(route).join("\n")}
`,
  );
  const { out, diagnostics } = await buildForTest(join(workshop.folder, "gateway.yaml"));
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  const environment = {
    SECRET: "s:cret & more",
    OTHER: "another",
    KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
  gateway = await workshop.start(out, "http://127.0.0.1:1", environment);
});

afterAll(async () => {
  await workshop.close();
  await Promise.all([issuer, service].map((server) => new Promise((resolve) => server.close(resolve))));
});

describe("oidc-provider", () => {
  it.each(["secret", "post", "key"])(
    "gives the gateway a token that it knows, client %s, for a service that speaks HTTP/2",
    async (name) => {
      const before = seen.length;
      const answers = await Promise.all(
        Array.from({ length: 5 }, () =>
          fetch(`http://127.0.0.1:${gateway.port}/${name}`, { headers: { authorization: "Bearer of-the-client" } }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      const given = seen.slice(before);
      expect(new Set(given).size).toBe(1);
      const token = await provider.ClientCredentials.find(given[0]!.replace("Bearer ", ""));
      expect(token).toMatchObject({
        scope: "orders:read",
        clientId: { secret: "by secret", post: "in-body", key: "by-key" }[name],
      });
    },
  );

  it("gives none to a client with a wrong secret: 503, and the service is not called", async () => {
    const before = seen.length;
    const answer = await fetch(`http://127.0.0.1:${gateway.port}/wrong`);
    expect([answer.status, ((await answer.json()) as { type: string }).type]).toEqual([
      503,
      "urn:gatewright:problem:service-credential-unavailable",
    ]);
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(seen.length).toBe(before);
  });
});
