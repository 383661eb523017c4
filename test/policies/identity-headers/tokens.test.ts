import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { calculateJwkThumbprint, createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, exportJWK, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { StartValue } from "../../../runtime/exchange/exchange.ts";
import { createSigningKeys, type SigningAlgorithm } from "../../../runtime/identity/signing/signing-keys.ts";
import { SignedTokens } from "../../../runtime/policies/identity-headers/signed-tokens.ts";
import { buildForTest, type RunningGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { type EchoUpstream, echoUpstream } from "../../listeners/support/echo-upstream.ts";
import { Workshop } from "../../listeners/support/gateway.ts";

const pemOf = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();
const newKey = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const keysOf = (algorithm: SigningAlgorithm, ...keys: readonly KeyObject[]) =>
  // What a start value is at run time.
  createSigningKeys({ pem: keys.map(pemOf).join("") as StartValue, from: "gateway.yaml:7 file key.pem", algorithm });

describe("a token of the gateway", () => {
  it.each([
    ["ES256", newKey],
    ["RS256", () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey],
    ["PS256", () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey],
    ["EdDSA", () => generateKeyPairSync("ed25519").privateKey],
  ] as const)("is verified by jose, %s, and its `kid` is the thumbprint of RFC 7638", async (algorithm, make) => {
    const key = make();
    const keys = keysOf(algorithm, key);
    const token = keys.sign('{"sub":"acme"}');
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: keys.published as never }), { algorithms: [algorithm] });
    expect(payload).toEqual({ sub: "acme" });
    expect(decodeProtectedHeader(token).kid).toBe(await calculateJwkThumbprint(await exportJWK(key)));
    expect(JSON.stringify(keys.published)).not.toMatch(/"(d|p|q|dp|dq|qi)":/);
  });

  it.each([
    ["an RSA key of 1024 bits", "RS256", () => generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey],
    ["a key on another curve", "ES256", () => generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey],
    ["a key of another kind", "EdDSA", newKey],
  ] as const)("is not signed with %s: the gateway does not start, and says what is needed", (_, algorithm, make) => {
    expect(() => keysOf(algorithm, make())).toThrow(
      /^The signing key of gateway\.yaml:7 file key\.pem cannot be used: .* needs an? /,
    );
  });

  it("is signed once for half of its life, by the key that is in force, and never outlives the credential", () => {
    const keys = keysOf("ES256", newKey());
    const sign = vi.spyOn(keys, "sign");
    const tokens = new SignedTokens(keys, 60_000);
    const first = tokens.tokenFor('{"sub":"acme"}', undefined, 1_000_000);
    expect(tokens.tokenFor('{"sub":"acme"}', undefined, 1_029_999)).toBe(first);
    expect(tokens.tokenFor('{"sub":"zenith"}', undefined, 1_000_000)).not.toBe(first);
    expect(tokens.tokenFor('{"sub":"acme"}', undefined, 1_030_000)).not.toBe(first);
    // The clock of the machine was put back.
    expect(tokens.tokenFor('{"sub":"acme"}', undefined, 900_000)).not.toBe(first);
    expect(sign).toHaveBeenCalledTimes(4);
    const short = tokens.tokenFor('{"sub":"guest"}', 1_010_000, 1_000_000);
    expect(JSON.parse(Buffer.from(short.split(".")[1]!, "base64url").toString())).toEqual({
      sub: "guest",
      iat: 1_000,
      exp: 1_010,
    });
  });

  it("is kept of a bounded number of callers", () => {
    const keys = keysOf("EdDSA", generateKeyPairSync("ed25519").privateKey);
    const sign = vi.spyOn(keys, "sign");
    const tokens = new SignedTokens(keys, 60_000);
    for (let index = 0; index <= 10_000; index++) tokens.tokenFor(`{"sub":"${index}"}`, undefined, 0);
    tokens.tokenFor('{"sub":"10000"}', undefined, 0);
    expect(sign).toHaveBeenCalledTimes(10_001);
    tokens.tokenFor('{"sub":"0"}', undefined, 0);
    expect(sign).toHaveBeenCalledTimes(10_002);
  });
});

describe("a service behind a gateway", () => {
  const workshop = new Workshop();
  const file = join(workshop.folder, "identity-key.pem");
  const [first, second] = [newKey(), newKey()];
  let upstream: EchoUpstream;
  let gateway: RunningGateway;

  beforeAll(async () => {
    writeFileSync(file, pemOf(first));
    upstream = await echoUpstream();
    writeFileSync(
      join(workshop.folder, "gateway.yaml"),
      `gateway: signed
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
identity: { schemes: { partnerKey: { apiKey: { in: header, name: X-Api-Key, keys: { acme: { key: { env: ACME_KEY }, roles: [partner] } } } } } }
routes:
  things:
    match: { path: /things }
    service: backend
    policies:
      security: [{ partnerKey: [] }]
      identityHeaders:
        jwt: { header: X-Identity, key: { file: "${file}" }, audience: things, claims: { roles: identity.roles } }
  open: { match: { path: /open }, service: backend, policies: { public: test } }
  keys:
    match: { path: /.well-known/jwks.json, methods: [GET] }
    policies: { public: public keys, keySet: { key: { file: "${file}" } } }
`,
    );
    const { out, diagnostics } = await buildForTest(join(workshop.folder, "gateway.yaml"));
    expect(diagnostics.map(({ message }) => message)).toEqual([]);
    gateway = await workshop.start(out, upstream.url);
  });

  afterAll(async () => {
    await workshop.close();
    await upstream.close();
  });

  const keySet = () => new URL(`http://127.0.0.1:${gateway.port}/.well-known/jwks.json`);

  async function token(): Promise<string> {
    const headers = { "x-api-key": sampleEnvironment([]).ACME_KEY!, "x-identity": "forged" };
    const answer = await fetch(`http://127.0.0.1:${gateway.port}/things`, { headers });
    return ((await answer.json()) as { headers: Record<string, string> }).headers["x-identity"]!;
  }

  it("verifies with the published keys who calls, and gets no token of a client", async () => {
    const { payload } = await jwtVerify(await token(), createRemoteJWKSet(keySet()), { issuer: "signed", audience: "things" });
    expect(payload).toMatchObject({ sub: "acme", scheme: "partnerKey", roles: ["partner"] });
    const open = await fetch(`http://127.0.0.1:${gateway.port}/open`, { headers: { X_Identity: "forged" } });
    expect(Object.keys(((await open.json()) as { headers: object }).headers)).not.toContain("x_identity");
  });

  it("can verify every token while the key is changed: the new one is published first, then it signs", async () => {
    const replace = (...keys: readonly KeyObject[]): void => {
      writeFileSync(`${file}.new`, keys.map(pemOf).join(""));
      renameSync(`${file}.new`, file);
    };
    const published = async (): Promise<number> =>
      ((await (await fetch(keySet())).json()) as { keys: readonly unknown[] }).keys.length;
    const before = await token();
    replace(first, second);
    await vi.waitFor(async () => expect(await published()).toBe(2), { timeout: 20_000, interval: 20 });
    expect(await token()).toBe(before);
    replace(second, first);
    const kid = await calculateJwkThumbprint(await exportJWK(second));
    await vi.waitFor(async () => expect(decodeProtectedHeader(await token()).kid).toBe(kid), { timeout: 20_000, interval: 20 });
    const answer = await fetch(keySet());
    expect(answer.headers.get("content-type")).toBe("application/jwk-set+json");
    const keys = createLocalJWKSet((await answer.json()) as never);
    for (const one of [before, await token()]) await jwtVerify(one, keys, { audience: "things" });
  });
});
