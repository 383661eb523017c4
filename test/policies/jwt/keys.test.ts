import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFileKeys } from "../../../runtime/identity/jwt/file-keys.ts";
import { createLiveJwt } from "../../../runtime/identity/jwt/live.ts";
import { Alone } from "../../../runtime/life/alone.ts";
import { Household } from "../../../runtime/life/household.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { startParty } from "../../harness/party.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { NotedLog } from "../../life/support/things.ts";
import { claims, configOf, issuer, living, named, until, verdict } from "./support/scheme.ts";
import { keySet, signer } from "./support/signer.ts";
import { turnedWall } from "./support/turned-wall.ts";

const one = signer("one");
const two = signer("two");

describe("keys from a URL", () => {
  it("are there before the gateway listens", async () => {
    const party = await startParty();
    party.on("/jwks", { body: keySet(one) });
    const { house, scheme } = living({ at: { uri: `${party.origin}/jwks` } });
    expect(verdict(scheme, one.token(claims()))).toMatch(/^unavailable/);
    await house.start();
    expect(verdict(scheme, one.token(claims()))).toBe("alice");
    expect(scheme.state()).toEqual([
      { source: `${party.origin}/jwks`, keys: 1, since: expect.any(String), until: expect.any(String) },
    ]);
  });

  it("that cannot be fetched are 503 with Retry-After, never 401, and the gateway serves nonetheless (trap 1a.11)", async () => {
    const party = await startParty();
    party.on("/jwks", { status: 500 });
    const { house, scheme } = living({ at: { uri: `${party.origin}/jwks` } });
    await house.start();
    expect(verdict(scheme, one.token(claims()))).toBe("unavailable: The keys of the issuer are not known at the moment.");
    // What no key could make good is still the client's fault.
    expect(verdict(scheme, one.token(claims({ aud: "billing" })))).toMatch(/^invalid/);
    expect(verdict(scheme, {})).toBe("absent");
    party.on("/jwks", { body: keySet(one) });
    await until(() => expect(verdict(scheme, one.token(claims()))).toBe("alice"));
  });

  it("stay the last good ones while the server is gone, slow or says something else (trap 16)", async () => {
    const party = await startParty();
    party.on("/jwks", { body: keySet(one) });
    const { house, scheme, log } = living({ at: { uri: `${party.origin}/jwks` }, refreshMs: 20 });
    await house.start();
    const whole = keySet(one, two);
    for (const [behaviour, reason] of [
      [{ body: "<html>Service unavailable</html>" }, "it is HTML or XML, not JSON"],
      [{ body: whole.slice(0, -20) }, "it is not JSON, or only a part of it"],
      [{ body: '{"keys":[]}' }, "it has no keys"],
      [{ body: '{"keys":[{"kty":"oct","k":"AAAA"}]}' }, "none of its keys can be used"],
      [{ body: `{"keys":[],"x":"${"x".repeat(20 * 1024 * 1024)}"}` }, "1048576 bytes are read at most"],
      [{ status: 500 }, "answered with 500"],
      ["truncated", "ended before its answer was whole"],
      [{ redirect: "http://127.0.0.1:9/" }, "which is not followed"],
    ] as const) {
      party.on("/jwks", behaviour);
      await until(() => expect(log.lines.at(-1)).toContain(reason));
      expect(log.lines.at(-1)).toContain("the ones before stay in force");
      expect(verdict(scheme, one.token(claims()))).toBe("alice");
    }
    expect(scheme.state()).toMatchObject([
      { keys: 1, failures: expect.any(Number), failure: expect.stringContaining("not followed") },
    ]);
  });

  it("that were not seen for `maxStale` no longer count: 503, also for tokens that were seen before", async () => {
    const party = await startParty();
    party.on("/jwks", { body: keySet(one) });
    const turn = turnedWall();
    const { house, scheme } = living({ at: { uri: `${party.origin}/jwks` }, maxStaleMs: 10_000 });
    await house.start();
    const token = one.token(claims());
    expect(verdict(scheme, token)).toBe("alice");
    party.on("/jwks", { status: 500 });
    turn(9_999);
    expect(verdict(scheme, token)).toBe("alice");
    turn(1);
    expect(verdict(scheme, token)).toMatch(/^unavailable/);
    party.on("/jwks", { body: keySet(one) });
    turn(5_000);
    await until(() => expect(verdict(scheme, token)).toBe("alice"));
  });

  it("that cannot be used are skipped by name, and never fail the set (trap 1b.8; RFC 7517 §5)", async () => {
    const party = await startParty();
    const unusable = [
      { ...signer("for encryption").jwk, use: "enc" },
      { kty: "LWE", kid: "of tomorrow" },
      { kty: "EC", crv: "secp256k1", kid: "of coins", x: "AAAA", y: "AAAA" },
      { kty: "oct", kid: "secret", k: "AAAA" },
    ].map((jwk) => ({ jwk }));
    party.on("/jwks", { body: keySet(...unusable, one) });
    const { house, scheme, log } = living({ at: { uri: `${party.origin}/jwks` } });
    await house.start();
    expect(verdict(scheme, one.token(claims()))).toBe("alice");
    const skipped = log.lines.filter((line) => line.includes("key skipped"));
    for (const name of ["for encryption", "of tomorrow", "of coins", "secret"])
      expect(skipped.filter((line) => line.includes(`\`${name}\``))).toHaveLength(1);
  });

  it("that were withdrawn count no longer, also for tokens that were seen before; others stay known (trap 2)", async () => {
    const party = await startParty();
    party.on("/jwks", { body: keySet(one, two) });
    const { house, scheme } = living({ at: { uri: `${party.origin}/jwks` }, refreshMs: 20 });
    await house.start();
    const [byOne, byTwo] = [one.token(claims()), two.token(claims())];
    expect([verdict(scheme, byOne), verdict(scheme, byTwo)]).toEqual(["alice", "alice"]);
    party.on("/jwks", { body: keySet(two) });
    await until(() => expect(verdict(scheme, byOne)).not.toBe("alice"));
    expect(verdict(scheme, byTwo)).toBe("alice");
  });

  it("are not told by `kid` alone: a new key under the name of an old one does not verify what the old one signed", async () => {
    const party = await startParty();
    const again = signer("one");
    party.on("/jwks", { body: keySet(one) });
    const { house, scheme } = living({ at: { uri: `${party.origin}/jwks` }, refreshMs: 20 });
    await house.start();
    expect(verdict(scheme, one.token(claims()))).toBe("alice");
    party.on("/jwks", { body: keySet(again) });
    await until(() => expect(verdict(scheme, again.token(claims()))).toBe("alice"));
    expect(verdict(scheme, one.token(claims()))).toBe("invalid: The signature is not good.");
  });
});

describe("a token with a key that nobody knows yet (trap 15)", () => {
  it("makes the gateway look once: 503 with Retry-After until then, and then it counts", async () => {
    const party = await startParty();
    party.on("/jwks", { body: keySet(one) });
    const turn = turnedWall();
    const { house, scheme } = living({ at: { uri: `${party.origin}/jwks` } });
    await house.start();
    party.on("/jwks", { body: keySet(one, two) });
    turn(1_000);
    const token = two.token(claims());
    expect(verdict(scheme, token)).toBe("unavailable: The key of the token is not known yet.");
    await until(() => expect(verdict(scheme, token)).toBe("alice"));
    expect(party.requests).toHaveLength(2);
  });

  it("is 401 where the look did not find it", async () => {
    const party = await startParty();
    party.on("/jwks", { body: keySet(one) });
    const turn = turnedWall();
    const { house, scheme } = living({ at: { uri: `${party.origin}/jwks` } });
    await house.start();
    turn(1_000);
    const token = two.token(claims());
    expect(verdict(scheme, token)).toMatch(/^unavailable/);
    await until(() => expect(verdict(scheme, token)).toBe("invalid: The token is signed by a key that is not known."));
  });

  it("causes one look per cool-down, however many there are, and a new key works behind the next one", async () => {
    const party = await startParty();
    party.on("/jwks", { body: keySet(one) });
    const turn = turnedWall();
    const { house, scheme } = living({ at: { uri: `${party.origin}/jwks` } });
    await house.start();
    const flood = (): void => {
      for (let index = 0; index < 1_000; index++) verdict(scheme, two.token(claims(), { kid: `unknown-${index}` }));
    };
    turn(1_000);
    flood();
    await until(() => expect(party.requests).toHaveLength(2));
    await until(() => expect(verdict(scheme, two.token(claims(), { kid: "unknown-0" }))).toMatch(/^invalid/));
    flood();
    turn(999);
    flood();
    party.on("/jwks", { body: keySet(one, two) });
    turn(1);
    flood();
    await until(() => expect(verdict(scheme, two.token(claims()))).toBe("alice"));
    expect(party.requests).toHaveLength(3);
  });

  it("is 503 until it was looked for itself, with the rest of the cool-down in Retry-After, and never 401", async () => {
    const party = await startParty();
    party.on("/jwks", { body: keySet(one) });
    const turn = turnedWall();
    const { house, scheme } = living({ at: { uri: `${party.origin}/jwks` }, cooldownMs: 10_000 });
    await house.start();
    turn(10_000);
    const madeUp = two.token(claims(), { kid: "made-up" });
    expect(verdict(scheme, madeUp)).toMatch(/^unavailable/);
    await until(() => expect(verdict(scheme, madeUp)).toMatch(/^invalid/));
    // The issuer signs with a key that it has just published, and the cool-down has begun anew with the look for another one.
    party.on("/jwks", { body: keySet(one, two) });
    turn(3_000);
    const asked = (token: string) => scheme.authenticate(fakeExchange({ headers: ["Authorization", `Bearer ${token}`] }));
    expect(asked(two.token(claims()))).toMatchObject({ rejected: "unavailable", retryAfter: 7 });
    expect(verdict(scheme, madeUp)).toMatch(/^invalid/);
    turn(6_999);
    expect(asked(two.token(claims()))).toMatchObject({ rejected: "unavailable", retryAfter: 1 });
    expect(party.requests).toHaveLength(2);
    turn(1);
    await until(() => {
      const found = asked(two.token(claims()));
      expect(found).not.toMatchObject({ rejected: "invalid" });
      expect(found).toMatchObject({ subject: "alice" });
    });
    expect(party.requests).toHaveLength(3);
    expect(verdict(scheme, madeUp)).toMatch(/^invalid/);
  });

  it("without a `kid` is 401 in the cool-down: no look could tell for which key it would be", async () => {
    const party = await startParty();
    party.on("/jwks", { body: keySet(one) });
    const { house, scheme } = living({ at: { uri: `${party.origin}/jwks` } });
    await house.start();
    expect(verdict(scheme, two.token(claims(), { kid: undefined }))).toMatch(/^invalid/);
  });

  it("causes none where it could not count anyhow: by algorithm, issuer, audience or time", async () => {
    const party = await startParty();
    party.on("/jwks", { body: keySet(one) });
    const turn = turnedWall();
    const { house, scheme } = living({ at: { uri: `${party.origin}/jwks` } });
    await house.start();
    turn(1_000);
    for (const token of [
      two.token(claims(), { alg: "ES512" }),
      two.token(claims({ iss: "https://evil.example/" })),
      two.token(claims({ aud: "billing" })),
      two.token(claims({ exp: 1 })),
      // The key that it names is known, and has not signed it.
      two.token(claims(), { kid: "one" }),
      two.token(claims(), { kid: "one", alg: "ES256" }),
    ])
      expect(verdict(scheme, token)).toMatch(/^invalid/);
    // Whatever they caused would come in front of this one.
    expect(verdict(scheme, two.token(claims()))).toMatch(/^unavailable/);
    await until(() => expect(verdict(scheme, two.token(claims()))).toMatch(/^invalid/));
    expect(party.requests).toHaveLength(2);
  });

  it("is 503 while the issuer cannot be asked", async () => {
    const party = await startParty();
    party.on("/jwks", { body: keySet(one) });
    const turn = turnedWall();
    const { house, scheme, log } = living({ at: { uri: `${party.origin}/jwks` } });
    await house.start();
    party.on("/jwks", { status: 503 });
    turn(1_000);
    expect(verdict(scheme, two.token(claims()))).toMatch(/^unavailable/);
    await until(() => expect(log.lines.at(-1)).toContain("answered with 503"));
    expect(verdict(scheme, two.token(claims()))).toMatch(/^unavailable/);
    expect(verdict(scheme, one.token(claims()))).toBe("alice");
  });
});

describe("discovery", () => {
  const metadataOf = (origin: string, change: object = {}): string =>
    JSON.stringify({ issuer, jwks_uri: `${origin}/jwks`, ...change });

  it.each([
    ["OpenID Connect Discovery 1.0 §4", "/.well-known/openid-configuration"],
    ["RFC 8414 §3.1, where there is no OpenID configuration", "/.well-known/oauth-authorization-server"],
  ])("finds the keys (%s)", async (_, path) => {
    const party = await startParty();
    party.on(path, { body: metadataOf(party.origin) });
    party.on("/jwks", { body: keySet(one) });
    const metadata = ["openid-configuration", "oauth-authorization-server"].map((name) => `${party.origin}/.well-known/${name}`);
    const { house, scheme } = living({ at: { metadata } });
    await house.start();
    expect(verdict(scheme, one.token(claims()))).toBe("alice");
  });

  it.each([
    ["of another issuer (RFC 8414 §3.3)", { issuer: "https://evil.example/" }, "the metadata is of another issuer"],
    ["without keys", { jwks_uri: undefined }, "does not say where the keys are"],
    ["that leads to a private host which nobody named", { jwks_uri: "http://127.0.0.2:9/jwks" }, "not on the open internet"],
  ])("does not believe metadata %s", async (_, change, reason) => {
    const party = await startParty();
    party.on("/metadata", { body: metadataOf(party.origin, change) });
    const { house, scheme, log } = living({ at: { metadata: [`${party.origin}/metadata`] } });
    await house.start();
    expect(log.lines.at(-1)).toContain(reason);
    expect(verdict(scheme, one.token(claims()))).toMatch(/^unavailable/);
  });
});

describe("keys from a file", () => {
  const following = (file: string) => {
    const scheme = createLiveJwt(configOf([named(issuer, createFileKeys({ file, algorithms: ["EdDSA"] }))]));
    const log = new NotedLog();
    const house = new Household([scheme], new Alone([scheme]), log);
    onTestFinished(() => house.stop());
    return { scheme, house, log };
  };

  it("are replaced with it, and stay where it becomes half of a key set (trap 36)", async () => {
    const file = join(temporaryFolder(), "jwks.json");
    writeFileSync(file, keySet(one));
    const { house, scheme, log } = following(file);
    await house.start();
    expect(verdict(scheme, one.token(claims()))).toBe("alice");
    writeFileSync(file, keySet(two).slice(0, -9));
    await until(() => expect(log.lines.at(-1)).toContain("files cannot be used"));
    expect(verdict(scheme, one.token(claims()))).toBe("alice");
    writeFileSync(file, keySet(two));
    await until(() => expect(verdict(scheme, two.token(claims()))).toBe("alice"));
    expect(verdict(scheme, one.token(claims()))).toBe("invalid: The token is signed by a key that is not known.");
  });

  it("that are not there stop the start", async () => {
    const { house } = following(join(temporaryFolder(), "jwks.json"));
    await expect(house.start()).rejects.toThrow(/jwks\.json/);
  });
});
