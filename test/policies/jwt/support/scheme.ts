import { onTestFinished, vi } from "vitest";
import { createInlineKeys } from "../../../../runtime/identity/jwt/inline-keys.ts";
import { createLiveJwt } from "../../../../runtime/identity/jwt/live.ts";
import { createRemoteKeys, type RemoteKeysConfig } from "../../../../runtime/identity/jwt/remote-keys.ts";
import { type JwtConfig, JwtScheme } from "../../../../runtime/identity/jwt/scheme.ts";
import { Alone } from "../../../../runtime/life/alone.ts";
import { Household } from "../../../../runtime/life/household.ts";
import { type FakeRequest, fakeExchange } from "../../../harness/fake-exchange.ts";
import { NotedLog } from "../../../life/support/things.ts";
import type { Signer } from "./signer.ts";

export const issuer = "https://login.example.com/";

/** Seconds since the epoch. */
export const now = (): number => Math.floor(Date.now() / 1_000);

/** Claims that every test's scheme accepts, with a change; undefined takes one out. */
export const claims = (change: object = {}): object => ({
  iss: issuer,
  sub: "alice",
  aud: "shop",
  iat: now(),
  exp: now() + 300,
  ...change,
});

type Config = Omit<JwtConfig, "rules"> & { readonly rules: Partial<JwtConfig["rules"]> };

export const configOf = (issuers: JwtConfig["issuers"], change: Partial<Config> = {}): JwtConfig => ({
  name: "bearerAuth",
  challenge: 'Bearer realm="bearerAuth"',
  errorChallenge: 'Bearer realm="bearerAuth"',
  realm: 'realm="bearerAuth"',
  dpop: null,
  grants: "scopes",
  from: { in: "authorization" },
  forward: true,
  issuers,
  algorithms: ["RS256", "PS256", "ES256", "EdDSA"],
  identity: { subject: ["sub"], roles: null, scopes: null, tenant: null, tier: null },
  claims: null,
  ...change,
  rules: { audience: ["shop"], leeway: 30, requireExp: true, types: ["", "jwt", "at+jwt"], ...change.rules },
});

export const inlineKeys = (...signers: readonly Pick<Signer, "jwk">[]) =>
  createInlineKeys({
    keys: JSON.stringify(signers.map(({ jwk }) => jwk)),
    algorithms: ["RS256", "PS256", "ES256", "EdDSA"],
    scheme: "bearerAuth",
  });

export const named = (name: string, keys: JwtConfig["issuers"][number]["keys"]): JwtConfig["issuers"][number] => ({
  keys,
  names: [{ issuer: name, tenant: null }],
});

/** A scheme with the keys of some signers. */
export const schemeOf = (signers: readonly Pick<Signer, "jwk">[], change: Partial<Config> = {}): JwtScheme =>
  new JwtScheme(configOf([named(issuer, inlineKeys(...signers))], change));

export const bearer = (token: string, request: FakeRequest = {}): FakeRequest => ({
  ...request,
  headers: ["Authorization", `Bearer ${token}`],
});

/** `alice`, or why not: `invalid: The token has expired.` */
export function verdict(scheme: Pick<JwtScheme, "authenticate">, request: FakeRequest | string): string {
  const found = scheme.authenticate(fakeExchange(typeof request === "string" ? bearer(request) : request));
  if (typeof found === "string") return found;
  return found.subject === undefined ? `${found.rejected}: ${found.reason}` : found.subject;
}

/** A scheme that fetches its keys, in the only process. */
export function living(remote: Partial<RemoteKeysConfig> & Pick<RemoteKeysConfig, "at">, change: Partial<Config> = {}) {
  const keys = createRemoteKeys({
    scheme: "bearerAuth",
    issuer,
    algorithms: ["RS256", "PS256", "ES256", "EdDSA"],
    refreshMs: 3_600_000,
    cooldownMs: 1_000,
    maxStaleMs: 3_600_000,
    ...remote,
  });
  const scheme = createLiveJwt(configOf([named(issuer, keys)], change));
  const log = new NotedLog();
  const house = new Household([scheme], new Alone([scheme]), log);
  onTestFinished(() => house.stop());
  return { scheme, house, log, keys };
}

export const until = (look: () => void): Promise<void> => vi.waitFor(look, { timeout: 20_000, interval: 10 });
