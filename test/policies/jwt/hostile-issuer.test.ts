import { OAuth2Server } from "oauth2-mock-server";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLiveJwt } from "../../../runtime/identity/jwt/live.ts";
import { createRemoteKeys } from "../../../runtime/identity/jwt/remote-keys.ts";
import { Alone } from "../../../runtime/life/alone.ts";
import { Household } from "../../../runtime/life/household.ts";
import { NotedLog } from "../../life/support/things.ts";
import { configOf, named, now, verdict } from "./support/scheme.ts";
import { part } from "./support/signer.ts";

/** Issuers of another make, whose tokens can be bent. */
const server = new OAuth2Server();
const stranger = new OAuth2Server();
let scheme: ReturnType<typeof createLiveJwt>;
let house: Household;

const algorithms = ["RS256", "ES256"] as const;

beforeAll(async () => {
  for (const one of [server, stranger]) {
    for (const alg of ["RS256", "ES256", "RS384"]) await one.issuer.keys.generate(alg, { kid: alg });
    await one.start(0, "127.0.0.1");
  }
  const issuer = server.issuer.url!;
  const keys = createRemoteKeys({
    scheme: "bearerAuth",
    issuer,
    at: { metadata: [`${issuer}/.well-known/openid-configuration`] },
    algorithms,
    refreshMs: 3_600_000,
    cooldownMs: 3_600_000,
    maxStaleMs: 3_600_000,
  });
  scheme = createLiveJwt(configOf([named(issuer, keys)], { algorithms }));
  house = new Household([scheme], new Alone([scheme]), new NotedLog());
  await house.start();
});

afterAll(async () => {
  await house.stop();
  await server.stop();
  await stranger.stop();
});

/** A token that counts, but for `change`; undefined takes a claim out. */
const token = (change: object = {}, header: object = {}, { from = server, kid = "RS256" } = {}): Promise<string> =>
  from.issuer.buildToken({
    kid,
    scopesOrTransform: (head, payload) => {
      Object.assign(payload, { sub: "alice", aud: "shop", ...change });
      Object.assign(head, header);
    },
  });

it("counts what an issuer of another make signs with keys that its metadata leads to", async () => {
  expect([verdict(scheme, await token()), verdict(scheme, await token({}, {}, { kid: "ES256" }))]).toEqual(["alice", "alice"]);
});

it("refuses what is not signed (RFC 8725 §3.1), under whatever name", async () => {
  const [, payload, signature] = (await token()).split(".");
  for (const alg of ["none", "None", "NONE"])
    for (const end of ["", signature])
      expect(verdict(scheme, `${part({ alg, kid: "RS256" })}.${payload}.${end}`)).toMatch(/^invalid: /);
});

it("refuses algorithms that are not listed, those that are not of the key, and a public key that is taken for a secret", async () => {
  expect(verdict(scheme, await token({}, {}, { kid: "RS384" }))).toBe(
    "invalid: The token is signed by an algorithm that is not accepted.",
  );
  const [, payload, signature] = (await token()).split(".");
  expect(verdict(scheme, `${part({ alg: "HS256", kid: "RS256" })}.${payload}.${signature}`)).toBe(
    "invalid: The token is signed by an algorithm that is not accepted.",
  );
  expect(verdict(scheme, `${part({ alg: "ES256", kid: "RS256" })}.${payload}.${signature}`)).toBe(
    "invalid: The token is signed by a key that is not known.",
  );
});

it("refuses what has expired, is not valid yet, or never expires", async () => {
  const found = [
    await token({ exp: now() - 31 }),
    await token({ nbf: now() + 60 }),
    await token({ exp: undefined }),
    await token({ exp: "soon" }),
  ].map((text) => verdict(scheme, text));
  expect(found).toEqual([
    "invalid: The token has expired.",
    "invalid: The token is not valid yet.",
    expect.stringMatching(/^invalid: .*`exp`|^invalid: .*expire/),
    expect.stringMatching(/^invalid: .*`exp`/),
  ]);
});

it("refuses another issuer, also one that names this one, and other audiences", async () => {
  const unknown = "invalid: The token is not of an issuer that is accepted.";
  expect(verdict(scheme, await token({}, {}, { from: stranger }))).toBe(unknown);
  expect(verdict(scheme, await token({ iss: `${server.issuer.url}/` }))).toBe(unknown);
  expect(verdict(scheme, await token({ iss: server.issuer.url }, {}, { from: stranger }))).toBe(
    "invalid: The signature is not good.",
  );
  expect(verdict(scheme, await token({ aud: ["bank"] }))).toBe("invalid: The token is for another audience.");
});

it("refuses a key that nobody knows, and believes no token that says where its key is", async () => {
  // It was not looked for yet, and the cool-down of this file is long.
  const unknown = "unavailable: The key of the token is not known yet.";
  const iss = server.issuer.url;
  const jku = `${stranger.issuer.url}/jwks`;
  const [jwk] = stranger.issuer.keys.toJSON();
  expect(verdict(scheme, await token({}, { kid: "ghost" }))).toBe(unknown);
  expect(verdict(scheme, await token({ iss }, { kid: "ghost", jku }, { from: stranger }))).toBe(unknown);
  expect(verdict(scheme, await token({ iss }, { kid: "ghost", jwk }, { from: stranger }))).toBe(unknown);
});
