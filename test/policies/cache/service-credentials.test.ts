import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { built, running } from "../../faults/gateway.ts";

const token = "https://login.example.com/token";
const client = "client: { id: shop, secret: { env: SECRET } }";
const credentials = {
  relay: "{ relay: {} }",
  exchange: `{ exchange: { token: "${token}", ${client} } }`,
  "on behalf of": `{ exchange: { token: "${token}", ${client}, profile: onBehalfOf } }`,
  bearer: "{ bearer: { env: SECRET } }",
  basic: "{ basic: { username: shop, password: { env: SECRET } } }",
  "client credentials": `{ clientCredentials: { token: "${token}", ${client} } }`,
} as const;

interface Project {
  readonly cache: string;
  readonly authenticate?: string;
  readonly other?: string;
  readonly fallback?: boolean;
  readonly policies?: string;
  readonly upstream?: string;
  readonly jwks?: string;
  readonly security?: string;
}

const files = ({ cache, authenticate, other, fallback, policies, upstream = "http://127.0.0.1:9", jwks, security }: Project) => ({
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
services:
  orders: { endpoints: ["${upstream}"]${authenticate === undefined ? "" : `, authenticate: ${authenticate}`}${fallback === true ? ", breaker: {}, fallback: { service: other }" : ""} }
  other: { endpoints: ["http://127.0.0.1:10"]${other === undefined ? "" : `, authenticate: ${other}`} }
identity:
  schemes: { login: { jwt: { issuer: "https://login.example.com/", audience: shop, forward: none, jwks: ${jwks ?? '{ uri: "https://login.example.com/jwks.json" }'} } } }
apis: { orders: { service: orders, versions: { v1: { spec: openapi.yaml, policies: policies.yaml } } } }
`,
  "openapi.yaml": `openapi: 3.1.0
info: { title: Orders, version: "1" }
servers: [{ url: / }]
components: { securitySchemes: { login: { type: http, scheme: bearer } } }
security: ${security ?? "[{ login: [] }]"}
paths: { /orders: { get: { operationId: listOrders, responses: { "200": { description: Orders } } } } }
`,
  "policies.yaml": `operations: { listOrders: { cache: { ttl: 1h, ${cache} }${policies === undefined ? "" : `, ${policies}`} } }\n`,
});

async function errors(project: Project): Promise<readonly string[]> {
  const disk = memoryDisk(new Map(Object.entries(files(project))));
  const { diagnostics } = await checkGateway("gateway.yaml", { disk });
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ code, message }) => `${code}: ${/service `(\w+)`/.exec(message)?.[1] ?? message}`);
}

const scheme = "key: [identity.scheme]";
const routed = "routeTo: { service: other, when: \"'x-new' in request.headers\" }";

describe("the credential of a caller that a service gets is in the key, or the gateway does not build", () => {
  test.each(["relay", "exchange", "on behalf of"] as const)("%s", async (kind) => {
    const authenticate = credentials[kind];
    expect(await errors({ cache: scheme, authenticate })).toEqual(["cache/callers-credential: orders"]);
    expect(await errors({ cache: "key: [identity.subject]", authenticate })).toEqual([]);
    expect(await errors({ cache: `${scheme}, shared: orders are the same for all of a scheme`, authenticate })).toEqual([]);
    // No credential of a caller is ever there.
    expect(await errors({ cache: "", authenticate, policies: "public: test", security: "[]" })).toEqual([]);
    // Some callers have one.
    const sometimes = { policies: "public: test", security: "[{}, { login: [] }]" };
    expect(await errors({ cache: scheme, authenticate, ...sometimes })).toEqual(["cache/callers-credential: orders"]);
  });

  test.each<readonly [string, Project]>([
    ["by `routeTo`", { cache: scheme, policies: routed }],
    ["by `split`", { cache: scheme, policies: "split: { to: { other: 5% } }" }],
    ["as a fallback", { cache: scheme, fallback: true }],
  ])("of a service that is reached %s", async (_way, project) => {
    expect(await errors({ ...project, other: credentials.relay })).toEqual(["cache/callers-credential: other"]);
    expect(await errors({ ...project, other: credentials.bearer })).toEqual([]);
  });

  test("one that is not reached says nothing", async () => {
    expect(await errors({ cache: scheme, other: credentials.relay })).toEqual([]);
  });

  test.each(["bearer", "basic", "client credentials"] as const)("%s is the same for all callers", async (kind) => {
    expect(await errors({ cache: scheme, authenticate: credentials[kind] })).toEqual([]);
  });
});

describe("at run time", () => {
  /** Answers with what it got as `Authorization`, and is a token endpoint as well. */
  async function service(): Promise<{ readonly url: string; readonly seen: readonly string[] }> {
    const seen: string[] = [];
    const server: Server = createServer((request, response) => {
      if (request.method === "POST") {
        let form = "";
        request.on("data", (part: Buffer) => (form += part.toString()));
        request.on("end", () => {
          const subject = new URLSearchParams(form).get("subject_token")!;
          const { sub } = JSON.parse(Buffer.from(subject.split(".")[1]!, "base64url").toString()) as { readonly sub: string };
          const body = { access_token: `for-${sub}`, token_type: "Bearer", expires_in: 3600, issued_token_type: "urn:ietf:params:oauth:token-type:access_token" }; // biome-ignore format: one line
          response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
        });
        return;
      }
      seen.push(request.headers.authorization ?? "");
      // The clock of gateways under test is another one.
      response.sendDate = false;
      // Whatever RFC 9111 §3.5 asks for is there.
      response.writeHead(200, { "cache-control": "public, s-maxage=60" }).end(`for ${seen.at(-1)}`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
  }

  async function started(project: Omit<Project, "upstream" | "jwks">, upstream: string) {
    const { publicKey, privateKey } = await generateKeyPair("EdDSA", { extractable: true });
    const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "k1" }] });
    const out = await built(files({ ...project, upstream, jwks }));
    const { port } = await running(out, upstream, { SECRET: "a-secret" });
    const tokenOf = (subject: string): Promise<string> =>
      new SignJWT({})
        .setProtectedHeader({ alg: "EdDSA", kid: "k1" })
        .setIssuer("https://login.example.com/")
        .setAudience("shop")
        .setSubject(subject)
        .setExpirationTime(4_102_444_800)
        .sign(privateKey);
    return async (subject: string): Promise<string> => {
      const authorization = `Bearer ${await tokenOf(subject)}`;
      const answer = await fetch(`http://127.0.0.1:${port}/orders`, { headers: { authorization } });
      return `${/; (hit|fwd=[\w-]+)/.exec(answer.headers.get("cache-status") ?? "")?.[1]} ${await answer.text()}`;
    };
  }

  test("each caller has the answer to its exchanged credential", async () => {
    const { url, seen } = await service();
    const authenticate = `{ exchange: { token: "${url}/token", ${client} } }`;
    const ask = await started({ cache: "key: [identity.subject]", authenticate }, url);
    expect(await ask("alice")).toBe("fwd=uri-miss for Bearer for-alice");
    expect(await ask("bob")).toBe("fwd=uri-miss for Bearer for-bob");
    expect([await ask("alice"), await ask("bob")]).toEqual(["hit for Bearer for-alice", "hit for Bearer for-bob"]);
    expect(seen).toEqual(["Bearer for-alice", "Bearer for-bob"]);
  });

  test("callers share the answer to a credential of the gateway, where they may", async () => {
    const { url, seen } = await service();
    const ask = await started({ cache: "shared: the same for all", authenticate: credentials.bearer }, url);
    expect([await ask("alice"), await ask("bob")]).toEqual(["fwd=uri-miss for Bearer a-secret", "hit for Bearer a-secret"]);
    expect(seen).toEqual(["Bearer a-secret"]);
  });
});
