import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMetadataUrls } from "../../../runtime/identity/jwt/metadata-urls.ts";
import { Program } from "../../harness/program.ts";
import { buildForTest } from "../../harness/running-gateway.ts";
import { type EchoUpstream, echoUpstream } from "../../listeners/support/echo-upstream.ts";
import { type OpenIdProvider, startOpenIdProvider } from "./support/open-id-provider.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "gatewright-")));
const audience = "https://staging.example.com/";
let upstream: EchoUpstream;
let provider: OpenIdProvider;

beforeAll(async () => {
  upstream = await echoUpstream({ "/things": (_, response) => void response.end("served") });
  provider = await startOpenIdProvider(audience);
});

afterAll(async () => {
  await provider.close();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

async function built(scheme: string): Promise<{ readonly out: string; readonly found: readonly string[] }> {
  const home = mkdtempSync(join(folder, "gateway-"));
  writeFileSync(
    join(home, "gateway.yaml"),
    `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
apis: { things: { versions: { v1: { spec: openapi.yaml } }, service: backend } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
identity: { schemes: { login: { ${scheme} } } }
`,
  );
  writeFileSync(
    join(home, "openapi.yaml"),
    `openapi: 3.1.0
info: { title: Things, version: "1" }
components: { securitySchemes: { login: { type: oauth2, flows: {} } } }
paths: { /things: { get: { operationId: listThings, security: [{ login: ["things:read"] }], responses: { "200": { description: ok } } } } }
`,
  );
  const { out, diagnostics } = await buildForTest(join(home, "gateway.yaml"));
  return { out, found: diagnostics.map(({ code }) => code) };
}

const started = (out: string, env: Readonly<Record<string, string>>): Program =>
  new Program(join(out, "gateway.mjs"), [], { env: { UPSTREAM: upstream.url, ...env }, cwd: out });

async function status(program: Program): Promise<number> {
  try {
    const [line] = await program.until(/gatewright: shop listens on .*\n/, "stderr");
    const headers = { authorization: `Bearer ${await provider.token("things:read")}` };
    return (await fetch(`http://127.0.0.1:${/:(\d+)/.exec(line)![1]}/things`, { headers })).status;
  } finally {
    await program.stop("SIGKILL");
  }
}

/** What a start that fails says, and its exit code (sysexits.h: EX_CONFIG). */
async function failure(program: Program): Promise<string> {
  const { code, stderr } = await program.ended;
  expect(code).toBe(78);
  expect(stderr).not.toContain("    at ");
  return stderr;
}

describe("one build for staging and production", () => {
  it("has the issuer, its metadata and its keys, and the audience, from where it is started", async () => {
    const AUDIENCE = audience;
    const byIssuer = await built('jwt: { issuer: "${env:ISSUER:-https://login.example.com/}", audience: ["${env:AUDIENCE}"] }');
    expect(byIssuer.found).toEqual([]);
    expect(await status(started(byIssuer.out, { ISSUER: provider.issuer, AUDIENCE }))).toBe(200);
    expect(await status(started(byIssuer.out, { ISSUER: provider.issuer, AUDIENCE: "https://shop.example.com/" }))).toBe(401);
    const byKeys = await built(
      'jwt: { issuer: "${env:ISSUER}", jwks: { uri: "${env:ISSUER}/jwks" }, audience: "${env:AUDIENCE}" }',
    );
    expect(await status(started(byKeys.out, { ISSUER: provider.issuer, AUDIENCE }))).toBe(200);
    const byMetadata = await built(
      'jwt: { issuer: "${env:ISSUER}", discovery: "${env:ISSUER}/.well-known/openid-configuration", audience: "${env:AUDIENCE}" }',
    );
    expect(await status(started(byMetadata.out, { ISSUER: provider.issuer, AUDIENCE }))).toBe(200);
  });

  it("does not start with an issuer that is no URL, or where two are one, and says which option it is", async () => {
    const { out } = await built('jwt: { audience: shop, issuers: [{ issuer: "${env:ONE}" }, { issuer: "${env:TWO}" }] }');
    const TWO = "https://login.example.com/";
    expect(await failure(started(out, { ONE: "login.example.com", TWO }))).toContain(
      "identity.schemes.login.jwt.issuers.0.issuer becomes `login.example.com`, which is no URL that can be called.",
    );
    expect(await failure(started(out, { ONE: "https://user:hidden@login.example.com/", TWO }))).not.toContain("hidden");
    expect(await failure(started(out, { ONE: TWO, TWO }))).toContain(`has two issuers that are both \`${TWO}\``);
  });

  it("also for introspection", async () => {
    const { out, found } = await built(
      'introspection: { endpoint: "${env:ENDPOINT}", issuer: "${env:ISSUER:-https://login.example.com/}", audience: "${env:AUDIENCE:-shop}", client: { id: gateway, secret: { env: SECRET } } }',
    );
    expect(found).toEqual([]);
    expect(await failure(started(out, { ENDPOINT: "ftp://login.example.com/", SECRET: "secret-for-tests" }))).toContain(
      "identity.schemes.login.introspection.endpoint becomes `ftp://login.example.com/`, which is no URL that can be called.",
    );
  });

  it("checks defaults when it is built: what cannot be fetched does not build", async () => {
    const { found } = await built('jwt: { issuer: "${env:ISSUER:-login}", audience: shop }');
    expect(found).toEqual(["jwt/not-discoverable"]);
  });
});

it("looks for the metadata of such an issuer below it and in front of its path (RFC 8414 §3.1)", () => {
  const url = "https://login.example.com/shop/" as Parameters<typeof createMetadataUrls>[0]["url"];
  expect(createMetadataUrls({ url, option: "issuer" })).toEqual([
    "https://login.example.com/shop/.well-known/openid-configuration",
    "https://login.example.com/.well-known/oauth-authorization-server/shop",
  ]);
});
