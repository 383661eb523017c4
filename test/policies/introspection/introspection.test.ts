import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";
import { afterAll, describe, expect, it } from "vitest";
import type { Authentication, StartValue } from "../../../runtime/exchange/exchange.ts";
import { createIntrospection, type IntrospectionConfig } from "../../../runtime/identity/introspection/introspection.ts";
import type { Life } from "../../../runtime/life/life.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { startParty } from "../../harness/party.ts";
import { stillClock } from "../../harness/still-clock.ts";
import { NotedLog } from "../../life/support/things.ts";

const time = stillClock();
const now = (): number => time.wall / 1000;

// Test data are the start values that the compiler would have.
const secret = (text: string): StartValue => text as StartValue;

function scheme(url: string, change: Partial<IntrospectionConfig> = {}) {
  const made = createIntrospection({
    name: "opaque",
    challenge: 'Bearer realm="opaque"',
    grants: "scopes",
    forward: true,
    endpoint: { url },
    client: { id: "gw", secret: secret("s:cret"), in: "basic" },
    hint: null,
    rules: { issuer: "https://login.example.com/", audience: ["shop"] },
    identity: { subject: ["sub"], roles: null, scopes: null, tenant: null, tier: null },
    claims: null,
    cacheMs: 30_000,
    negativeCacheMs: 10_000,
    timeoutMs: 5_000,
    ...change,
  });
  const log = new NotedLog();
  // Of its life the scheme uses the log alone.
  made.start({ log } as unknown as Life);
  afterAll(() => made.stop());
  const ask = async (token: string, ip = "192.0.2.1"): Promise<string> =>
    shown(await made.authenticate(fakeExchange({ headers: ["Authorization", `Bearer ${token}`], peer: { ip } })));
  return { made, ask, log };
}

const shown = (found: Authentication): string =>
  typeof found === "string" ? found : (found.subject ?? `${found.rejected}: ${found.reason}`);

const active = (change: object = {}): { readonly body: string } => ({
  body: JSON.stringify({
    active: true,
    sub: "ann",
    aud: "shop",
    iss: "https://login.example.com/",
    scope: "a b",
    exp: now() + 60,
    ...change,
  }),
});

describe("introspection", () => {
  it("asks as RFC 7662 §2.1 says, and knows who it is", async () => {
    const party = await startParty();
    party.on("/introspect", active());
    const { made } = scheme(`${party.origin}/introspect`, { hint: "access_token" });
    const found = await made.authenticate(fakeExchange({ headers: ["Authorization", "Bearer abc~1"] }));
    expect(found).toMatchObject({
      subject: "ann",
      scopes: ["a", "b"],
      issuer: "https://login.example.com/",
      expiresAt: time.wall + 60_000,
    });
    const [request] = party.requests;
    expect(request).toMatchObject({ method: "POST", body: "token=abc%7E1&token_type_hint=access_token" });
    expect(request!.headers.authorization).toBe(`Basic ${Buffer.from("gw:s%3Acret").toString("base64")}`);
  });

  it.each<[string, object, string]>([
    ['`active: "true"`', { active: "true" }, "invalid: The token is not active."],
    ["`active: false`", { active: false }, "invalid: The token is not active."],
    ["another issuer", { iss: "https://other.example.com/" }, "invalid: The token is not of the issuer that is expected here."],
    ["another audience", { aud: ["shop2"] }, "invalid: The token is for another audience."],
    ["no audience", { aud: undefined }, "invalid: The token is for another audience."],
    ["an `exp` that has passed", { exp: 1 }, "invalid: The token has expired."],
    ["an `exp` that is a text", { exp: "9999999999" }, "invalid: The claim `exp` of the token is not a number of seconds."],
    [
      "a key that it is bound to",
      { cnf: { jkt: "A".repeat(43) } },
      "invalid: The token is bound to a key, and comes without a proof of it.",
    ],
    ["nobody", { sub: undefined }, "invalid: The claim `sub` of the token does not name a subject."],
  ])("refuses what is said to have %s with 401", async (_, change, expected) => {
    const party = await startParty();
    party.on("/introspect", active(change));
    expect(await scheme(`${party.origin}/introspect`).ask("t")).toBe(expected);
  });

  it.each([
    ["HTML with 200", { body: "<html>log in</html>" }, "not a JSON object"],
    ["JSON without `active`", { body: "{}" }, "no `active`"],
    ["500", { status: 500 }, "answered with 500"],
    ["401 for the gateway itself", { status: 401 }, "Check `client`"],
  ] as const)("says 503 where the endpoint answers with %s, and does not keep it", async (_, answer, why) => {
    const party = await startParty();
    party.on("/introspect", answer);
    const { ask, log } = scheme(`${party.origin}/introspect`);
    expect(await ask("t")).toMatch(/^unavailable: /);
    expect(log.lines.join()).toContain(why);
    party.on("/introspect", active());
    expect(await ask("t")).toBe("ann");
  });

  it("asks once for requests that come together, and again when what it knows is too old", async () => {
    const party = await startParty();
    party.on("/introspect", active());
    const { ask } = scheme(`${party.origin}/introspect`);
    expect(await Promise.all(["t", "t", "t"].map((token) => ask(token)))).toEqual(["ann", "ann", "ann"]);
    expect(party.requests).toHaveLength(1);
    time.pass(29_999);
    await ask("t");
    expect(party.requests).toHaveLength(1);
    party.on("/introspect", { body: '{"active":false}' });
    time.pass(1);
    expect(await ask("t")).toMatch(/^invalid/);
    time.pass(9_999);
    await ask("t");
    expect(party.requests).toHaveLength(2);
    time.pass(1);
    await ask("t");
    expect(party.requests).toHaveLength(3);
  });

  it("asks about tokens of others between made-up ones of one address, however many of those come", async () => {
    const party = await startParty();
    party.on("/introspect", (_request, body) => (body === "token=right" ? active() : { body: '{"active":false}' }));
    const { ask, made } = scheme(`${party.origin}/introspect`);
    const flood = Array.from({ length: 1_000 }, (_, index) => ask(`made-up-${index}`, "198.51.100.7"));
    expect(await ask("right")).toBe("ann");
    // Behind those that were under way, and at most as many that have taken over their places.
    expect(party.requests.findIndex(({ body }) => body === "token=right")).toBeLessThan(70);
    const outcomes = await Promise.all(flood);
    expect(outcomes.filter((outcome) => outcome.startsWith("unavailable: Too many tokens")).length).toBeGreaterThan(0);
    expect(outcomes.filter((outcome) => outcome.startsWith("invalid")).length).toBeGreaterThan(500);
    expect(made.state()).toMatchObject({ failed: 0 });
  });

  it("lets nobody wait longer for a slow endpoint than one question may take", async () => {
    const party = await startParty();
    party.on("/introspect", active());
    const { ask } = scheme(`${party.origin}/introspect`, { timeoutMs: 5_000 });
    const asked = Array.from({ length: 64 }, (_, index) => ask(`t${index}`));
    // All of them wait by now, half of them for a place.
    await undefined;
    await undefined;
    time.pass(5_000);
    const outcomes = await Promise.all(asked);
    expect(outcomes.filter((outcome) => outcome === "ann")).toHaveLength(32);
    expect(outcomes.filter((outcome) => outcome.startsWith("unavailable: Too many tokens"))).toHaveLength(32);
  });

  it("believes no token beyond its `exp`, and none for another with the same begin", async () => {
    const party = await startParty();
    party.on("/introspect", (_request, body) => (body === "token=t" ? active({ exp: now() + 5 }) : { body: '{"active":false}' }));
    const { ask } = scheme(`${party.origin}/introspect`);
    expect(await ask("t")).toBe("ann");
    expect(await ask("t2")).toMatch(/^invalid/);
    party.on("/introspect", { body: '{"active":false}' });
    time.pass(5_000);
    expect(await ask("t")).toMatch(/^invalid/);
  });

  it("signs an assertion instead of a secret (RFC 7523)", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const party = await startParty();
    party.on("/introspect", active());
    const key = secret(privateKey.export({ type: "pkcs8", format: "pem" }).toString());
    const client = { id: "gw", key, keyId: "k1", audience: "https://login.example.com/" };
    expect(await scheme(`${party.origin}/introspect`, { client }).ask("t")).toBe("ann");
    const assertion = new URLSearchParams(party.requests[0]!.body).get("client_assertion") ?? "";
    const [header = "", claims = "", signature = ""] = assertion.split(".");
    const publicKey = createPublicKey(privateKey);
    const isGood = verify(
      "sha256",
      Buffer.from(`${header}.${claims}`),
      { key: publicKey, dsaEncoding: "ieee-p1363" },
      Buffer.from(signature, "base64url"),
    );
    expect(isGood).toBe(true);
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
      iss: "gw",
      sub: "gw",
      aud: "https://login.example.com/",
    });
  });

  it("finds the endpoint by discovery, from the issuer that is configured alone", async () => {
    const party = await startParty();
    const issuer = "https://login.example.com/";
    const metadata = `${party.origin}/metadata`;
    party.on("/introspect", active());
    party.on("/metadata", {
      body: JSON.stringify({ issuer: "https://evil.example.com/", introspection_endpoint: `${party.origin}/introspect` }),
    });
    const { ask } = scheme("", { endpoint: { metadata, issuer } });
    expect(await ask("t")).toMatch(/^unavailable/);
    party.on("/metadata", { body: JSON.stringify({ issuer, introspection_endpoint: `${party.origin}/introspect` }) });
    expect(await ask("t")).toBe("ann");
  });
});

describe("introspection at oidc-provider", () => {
  it("accepts its tokens until they are revoked", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    afterAll(() => server.close());
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = {
      client_id: "gw",
      client_secret: "a-secret-of-tests",
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    };
    const provider = new Provider(issuer, {
      clients: [client],
      features: {
        clientCredentials: { enabled: true },
        introspection: { enabled: true },
        revocation: { enabled: true },
        devInteractions: { enabled: false },
      },
    });
    server.on("request", provider.callback());
    const headers = {
      authorization: `Basic ${Buffer.from("gw:a-secret-of-tests").toString("base64")}`,
      "content-type": "application/x-www-form-urlencoded",
    };
    const post = (path: string, body: string) => fetch(`${issuer}${path}`, { method: "POST", headers, body });
    const { access_token: token } = (await (await post("/token", "grant_type=client_credentials")).json()) as {
      access_token: string;
    };
    const { ask } = scheme("", {
      endpoint: { metadata: `${issuer}/.well-known/openid-configuration`, issuer },
      client: { id: "gw", secret: secret("a-secret-of-tests"), in: "basic" },
      rules: { issuer, audience: "any" },
      identity: { subject: ["client_id"], roles: null, scopes: null, tenant: null, tier: null },
    });
    // The provider counts by the real clock.
    time.wall = Date.now();
    expect(await ask(token)).toBe("gw");
    expect(await ask(`${token}x`)).toBe("invalid: The token is not active.");
    await post("/token/revocation", `token=${token}`);
    time.pass(30_000);
    expect(await ask(token)).toBe("invalid: The token is not active.");
  });
});
