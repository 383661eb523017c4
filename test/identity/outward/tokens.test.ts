import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Identity, StartValue } from "../../../runtime/exchange/exchange.ts";
import { createTokenCredential, type TokenCredentialConfig } from "../../../runtime/identity/outward/token-credential.ts";
import { Alone } from "../../../runtime/life/alone.ts";
import { Household } from "../../../runtime/life/household.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { type Behaviour, type Party, startParty } from "../../harness/party.ts";
import { TurnedClock } from "../../harness/turned-clock.ts";
import { NotedLog } from "../../life/support/things.ts";

const until = (look: () => void): Promise<void> => vi.waitFor(look, { timeout: 20_000, interval: 10 });

/** Answers with ever new tokens. */
function tokens(expiresIn: unknown = 100): Behaviour {
  let count = 0;
  return () => ({ body: JSON.stringify({ access_token: `token-${++count}`, token_type: "Bearer", expires_in: expiresIn }) });
}

async function living(party: Party, change: Partial<TokenCredentialConfig> = {}) {
  const credential = createTokenCredential({
    name: "services.orders.authenticate",
    token: `${party.origin}/token`,
    client: { id: "shop", secret: "s:cret &" as StartValue, method: "basic" },
    grant: "clientCredentials",
    parameters: ["scope", "orders:read orders:write", "audience", "orders"],
    ...change,
  });
  const log = new NotedLog();
  const house = new Household([credential], new Alone([credential]), log);
  onTestFinished(() => house.stop());
  await house.start();
  return { log, credential, give: async () => credential.give(fakeExchange(), undefined) };
}

const unavailable = (retryAfter: string) => ({ status: 503, headers: ["Retry-After", retryAfter] });

describe("the gateway's own token", () => {
  it("is asked for as RFC 6749 §4.4 says: name and secret form-encoded in `Authorization`, scope and audience in the body", async () => {
    const party = await startParty();
    party.on("/token", tokens());
    const { give } = await living(party);
    expect(await give()).toBe("Bearer token-1");
    const [request] = party.requests;
    expect(request).toMatchObject({
      method: "POST",
      body: "grant_type=client_credentials&scope=orders%3Aread+orders%3Awrite&audience=orders",
    });
    expect(Buffer.from(request!.headers.authorization!.slice(6), "base64").toString()).toBe("shop:s%3Acret+%26");
  });

  it("stands with the secret in the body where the method is `post`", async () => {
    const party = await startParty();
    party.on("/token", tokens());
    const { give } = await living(party, { client: { id: "shop", secret: "s&" as StartValue, method: "post" }, parameters: [] });
    await give();
    expect(party.requests[0]!.body).toBe("grant_type=client_credentials&client_id=shop&client_secret=s%26");
    expect(party.requests[0]!.headers.authorization).toBeUndefined();
  });

  it("is asked for once by a thousand requests that wait, at the start and when it has ended (Spring Cloud Gateway #2079)", async () => {
    const party = await startParty();
    const clock = new TurnedClock();
    party.on("/token", tokens());
    const { give } = await living(party);
    const crowd = async () => new Set(await Promise.all(Array.from({ length: 1_000 }, give)));
    expect(await crowd()).toEqual(new Set(["Bearer token-1"]));
    await clock.turn(100_000);
    expect(await crowd()).toEqual(new Set(["Bearer token-2"]));
    expect(party.requests).toHaveLength(2);
  });

  it("is replaced in the background before it ends, so that nobody waits", async () => {
    const party = await startParty();
    const clock = new TurnedClock();
    party.on("/token", tokens());
    const { give, credential } = await living(party);
    await give();
    await clock.turn(69_000);
    expect(credential.give(fakeExchange(), undefined)).toBe("Bearer token-1");
    expect(party.requests).toHaveLength(1);
    await clock.turn(17_000);
    expect(credential.give(fakeExchange(), undefined)).toBe("Bearer token-1");
    await until(() => expect(credential.give(fakeExchange(), undefined)).toBe("Bearer token-2"));
    expect(party.requests).toHaveLength(2);
  });

  it("is used until it ends while the token endpoint is gone, then 503 with `Retry-After`, and comes back by itself", async () => {
    const party = await startParty();
    const clock = new TurnedClock();
    party.on("/token", tokens());
    const { give, credential, log } = await living(party);
    await give();
    party.on("/token", { status: 500, body: "<html>" });
    await clock.turn(90_000);
    expect(credential.give(fakeExchange(), undefined)).toBe("Bearer token-1");
    await until(() => expect(log.lines.join("\n")).toContain("answers with 500"));
    expect(credential.give(fakeExchange(), undefined)).toBe("Bearer token-1");
    await clock.turn(5_000);
    expect(await give()).toMatchObject(unavailable("2"));
    const asked = party.requests.length;
    // Nobody else asks until the pause is over.
    expect(credential.give(fakeExchange(), undefined)).toMatchObject(unavailable("2"));
    expect(party.requests).toHaveLength(asked);
    party.on("/token", tokens());
    await clock.turn(2_000);
    expect(await give()).toBe("Bearer token-1");
    expect(log.lines.filter((line) => line.includes("no token for the service"))).toHaveLength(1);
    expect(log.lines.at(-1)).toContain("can be had again");
  });

  it.each([
    ["HTML with 200", { body: "<html>" }, "not a JSON object"],
    ["no token", { body: "{}" }, "without an `access_token`"],
    ["a token that would end the field", { body: '{"access_token":"a\\r\\nX: y","token_type":"Bearer"}' }, "that can be sent"],
    ["a token of another type", { body: '{"access_token":"a","token_type":"DPoP"}' }, "not a bearer token"],
    ["a token that has ended", { body: '{"access_token":"a","token_type":"Bearer","expires_in":0}' }, "that has ended"],
    ["a refusal", { status: 401, body: '{"error":"invalid_client"}' }, "answers with 401 (invalid_client)"],
    ["a refusal of its own words", { status: 400, body: '{"error":"shop:secret"}' }, 'answers with 400"'],
    ["more than anybody needs", "endless", "bytes"],
    ["half an answer", "truncated", "ended before its answer was whole"],
    ["a way elsewhere", { redirect: "http://127.0.0.1:9/" }, "which is not followed"],
  ] as const)("is not had from an endpoint that answers with %s: 503, and the log says why", async (_, behaviour, reason) => {
    const party = await startParty();
    party.on("/token", behaviour);
    const { give, log } = await living(party);
    expect(await give()).toMatchObject({ status: 503 });
    expect(log.lines.join("\n")).toContain(reason);
    expect(log.lines.join("\n")).not.toContain("s:cret");
  });

  it("is not waited for longer than ten seconds where the endpoint does not answer", async () => {
    const party = await startParty();
    const clock = new TurnedClock();
    party.on("/token", "silent");
    const { give, log } = await living(party);
    const given = give();
    for (let second = 0; second < 12; second++) {
      await until(() => expect(party.requests.length).toBeGreaterThan(0));
      await clock.turn(1_000);
    }
    expect(await given).toMatchObject({ status: 503 });
    expect(log.lines.join("\n")).toContain("no token for the service");
  });

  it.each([["3600"], [3600], [undefined]])(
    "may say that it lives for %j seconds, as Microsoft's first version does",
    async (life) => {
      const party = await startParty();
      party.on("/token", tokens(life));
      const { give } = await living(party);
      expect([await give(), await give()]).toEqual(["Bearer token-1", "Bearer token-1"]);
    },
  );

  it("that a service refuses is asked for once more, by the next request, unless it is new", async () => {
    const party = await startParty();
    const clock = new TurnedClock();
    party.on("/token", tokens());
    const { give, credential } = await living(party);
    await give();
    credential.refused("Bearer token-1");
    expect(await give()).toBe("Bearer token-1");
    await clock.turn(5_000);
    credential.refused("Bearer of-somebody-else");
    expect(await give()).toBe("Bearer token-1");
    credential.refused("Bearer token-1");
    expect(await give()).toBe("Bearer token-2");
    // A service that refuses every token does not make the gateway ask each time.
    for (let index = 0; index < 10; index++) {
      credential.refused("Bearer token-2");
      await give();
    }
    expect(party.requests).toHaveLength(2);
  });
});

describe("a token for the caller", () => {
  const identity = (change: Partial<Identity> = {}): Identity => ({
    subject: "ann",
    scheme: "login",
    issuer: "https://id.test",
    roles: [],
    scopes: [],
    ...change,
  });
  const ask = async (party: Party, change: Partial<TokenCredentialConfig> = {}) => {
    const { credential, log } = await living(party, { grant: "exchange", parameters: ["audience", "orders"], ...change });
    return {
      log,
      give: async (token: string | undefined, who?: Partial<Identity>) =>
        credential.give(fakeExchange({ identity: identity(who) }), token),
    };
  };

  it("is exchanged for the caller's as RFC 8693 §2.1 says", async () => {
    const party = await startParty();
    party.on("/token", tokens());
    const { give } = await ask(party);
    expect(await give("Bearer of-ann")).toBe("Bearer token-1");
    expect(Object.fromEntries(new URLSearchParams(party.requests[0]!.body))).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: "of-ann",
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      audience: "orders",
    });
  });

  it("is asked for as Microsoft Entra ID wants it with the profile `onBehalfOf`", async () => {
    const party = await startParty();
    party.on("/token", tokens());
    const { give } = await ask(party, { grant: "onBehalfOf", parameters: ["scope", "api://orders/.default"] });
    await give("bEaReR  of-ann");
    expect(Object.fromEntries(new URLSearchParams(party.requests[0]!.body))).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: "of-ann",
      requested_token_use: "on_behalf_of",
      scope: "api://orders/.default",
    });
  });

  it("is never that of another caller, nor of another token of the same one", async () => {
    const party = await startParty();
    party.on("/token", tokens());
    const { give } = await ask(party);
    const callers: readonly [string, Partial<Identity>][] = [
      ["of-ann", {}],
      ["of-ann-with-fewer-scopes", {}],
      ["of-ann", { subject: "bob" }],
      ["of-ann", { issuer: "https://other.test" }],
      ["of-ann", { scheme: "other" }],
    ];
    const first = await Promise.all(callers.map(([token, who]) => give(`Bearer ${token}`, who)));
    expect(new Set(first).size).toBe(callers.length);
    expect(await Promise.all(callers.map(([token, who]) => give(`Bearer ${token}`, who)))).toEqual(first);
    expect(party.requests).toHaveLength(callers.length);
  });

  it("does not outlive the credential that it was given for", async () => {
    const party = await startParty();
    const clock = new TurnedClock();
    party.on("/token", tokens(3_600));
    const { give } = await ask(party);
    const expiresAt = Date.UTC(2026, 11, 1) + 60_000;
    expect(await give("Bearer of-ann", { expiresAt })).toBe("Bearer token-1");
    await clock.turn(60_000);
    expect(await give("Bearer of-ann", { expiresAt })).toBe("Bearer token-2");
  });

  it("that the endpoint does not give is 403, said to the caller alone; others have theirs", async () => {
    const party = await startParty();
    party.on("/token", (_, body) =>
      body.includes("of-ann")
        ? { status: 400, body: '{"error":"invalid_grant"}' }
        : { body: '{"access_token":"t","token_type":"bearer"}' },
    );
    const { give, log } = await ask(party);
    expect(await give("Bearer of-ann")).toMatchObject({ status: 403, slug: "not-on-behalf" });
    expect(await give("Bearer of-bob", { subject: "bob" })).toBe("Bearer t");
    expect(log.lines.join("\n")).not.toContain("no token for the service");
  });

  it("is not asked for without a token of the caller", async () => {
    const party = await startParty();
    const { give } = await ask(party);
    for (const sent of [undefined, "Basic YTpi", "Bearer", "Bearer a b"]) expect(await give(sent)).toBeUndefined();
    expect(party.requests).toEqual([]);
  });
});
