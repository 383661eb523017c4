import { describe, expect, it } from "vitest";
import type { SecurityRequirementIr } from "../../../compiler/ir/gateway.ts";
import { lowerSecurity } from "../../../compiler/policies/security/lower.ts";
import type { Authentication, Exchange, Identity, SecurityScheme, UpstreamRequest } from "../../../runtime/exchange/exchange.ts";
import {
  createAsyncSecurity,
  createSecurity,
  createSingleSecurity,
  type SchemeUse,
} from "../../../runtime/policies/security/index.ts";
import { fakeExchange, fakeUpstreamRequest, problemOf } from "../../harness/fake-exchange.ts";
import { fakeOrigin } from "../../harness/fake-policy-context.ts";

/** Reads what it says of the request from a header of its own name: a subject, `!` for wrong, `?` for what is out of reach. */
class HeaderScheme implements SecurityScheme<Authentication> {
  declare readonly __resource: "identity";
  readonly challenge: string;
  asked = 0;
  readonly name: string;
  readonly grants: "roles" | "scopes";

  constructor(name: string, grants: "roles" | "scopes" = "roles") {
    this.name = name;
    this.grants = grants;
    this.challenge = `Test realm="${name}"`;
  }

  authenticate(x: Exchange): Authentication {
    this.asked++;
    const sent = x.headers.get(this.name);
    if (sent === undefined) return "absent";
    if (sent === "!") return "invalid";
    if (sent === "?") return { rejected: "unavailable", reason: "The issuer is out of reach.", retryAfter: 7 };
    if (sent === "~") return { rejected: "malformed", reason: "The token came twice." };
    if (sent === "x") return { rejected: "invalid", reason: "The token has expired.", challenge: `Test realm="${this.name} x"` };
    const [subject = "", ...granted] = sent.split(" ");
    const none: Pick<Identity, "roles" | "scopes"> = { roles: ["everybody"], scopes: ["anything"] };
    return { subject, scheme: this.name, ...none, [this.grants]: granted };
  }

  conceal(upstream: UpstreamRequest): void {
    upstream.headers.delete(this.name);
  }
}

const use = (scheme: SecurityScheme<Authentication>, ...needs: string[]): SchemeUse<Authentication> => ({ scheme, needs });

/** `pass subject`, `pass` for nobody, or status, problem type and challenges. */
async function outcome(policy: { request(x: Exchange): boolean | Promise<boolean> }, ...headers: string[]): Promise<string> {
  const x = fakeExchange({ headers });
  const answered = await policy.request(x);
  expect(answered).toBe(x.answer !== undefined);
  if (!answered) return `pass ${x.identity?.subject ?? ""}`.trim();
  const challenges = x.answer!.headers.all("www-authenticate").map((challenge) => /"(.*)"/.exec(challenge)![1]);
  return [String(x.answer!.status), problemOf(x).type.split(":").at(-1), ...challenges].join(" ");
}

describe("createSingleSecurity", () => {
  const policy = createSingleSecurity({ scheme: new HeaderScheme("key") });

  it.each([
    ["pass acme", ["key", "acme"]],
    ["401 authentication-required key", []],
    ["401 invalid-credentials key", ["key", "!"]],
    ["401 invalid-credentials key x", ["key", "x"]],
    ["400 unreadable-credentials key", ["key", "~"]],
    ["503 credentials-unverifiable", ["key", "?"]],
  ])("answers `%s` to %j", async (expected, headers) => {
    expect(await outcome(policy, ...headers)).toBe(expected);
  });

  it("keeps the credential from the service", () => {
    const upstream = fakeUpstreamRequest(fakeExchange({ headers: ["key", "acme", "Accept", "*/*"] }));
    policy.upstreamRequest(fakeExchange(), upstream);
    expect(upstream.headers.lines).toEqual(["Accept", "*/*"]);
  });

  it("refuses to take a promise for an identity", () => {
    const scheme = new HeaderScheme("key");
    Object.assign(scheme, { authenticate: async () => "invalid" });
    const x = fakeExchange();
    expect(() => createSingleSecurity({ scheme }).request(x)).toThrow("declared synchronous");
    expect(() => createSecurity({ requirements: [[[use(scheme, "admin")]]], optional: false }).request(x)).toThrow(
      "declared synchronous",
    );
    expect(x.identity).toBeUndefined();
  });
});

const key = new HeaderScheme("key");
const token = new HeaderScheme("token", "scopes");
const certificate = new HeaderScheme("certificate");

/** Sync and async must decide alike. */
const both: readonly [string, typeof createSecurity | typeof createAsyncSecurity][] = [
  ["createSecurity", createSecurity],
  ["createAsyncSecurity", createAsyncSecurity],
];

describe.each(both)("%s", (_, create) => {
  it.each([
    ["pass acme", ["key", "acme"]],
    ["pass anna", ["token", "anna"]],
    ["pass acme", ["key", "acme", "token", "anna"]],
    ["pass anna", ["key", "!", "token", "anna"]],
    ["401 authentication-required key token", []],
    ["401 invalid-credentials key token", ["token", "!"]],
  ])("one of two schemes: `%s` to %j", async (expected, headers) => {
    const policy = create({ requirements: [[[use(key)], [use(token)]]], optional: false });
    expect(await outcome(policy, ...headers)).toBe(expected);
  });

  it.each([
    // What could hold is neither refused for good nor let through.
    ["503 credentials-unverifiable", ["key", "?"]],
    ["503 credentials-unverifiable", ["key", "?", "token", "!"]],
    ["503 credentials-unverifiable", ["key", "!", "token", "?"]],
    ["503 credentials-unverifiable", ["token", "?"]],
    ["503 credentials-unverifiable", ["key", "?", "token", "?"]],
    ["pass anna", ["key", "?", "token", "anna"]],
    ["pass acme", ["key", "acme", "token", "?"]],
    ["401 invalid-credentials key x token", ["key", "x"]],
    ["400 unreadable-credentials key token", ["key", "~"]],
  ])("one of two, out of reach or not: `%s` to %j", async (expected, headers) => {
    const policy = create({ requirements: [[[use(key)], [use(token)]]], optional: false });
    expect(await outcome(policy, ...headers)).toBe(expected);
  });

  it.each([
    ["503 credentials-unverifiable", ["certificate", "gateway", "key", "?"]],
    ["401 invalid-credentials certificate key", ["certificate", "!", "key", "?"]],
    ["401 authentication-required certificate key", ["key", "?"]],
    ["503 credentials-unverifiable", ["certificate", "?", "key", "?"]],
  ])("together, out of reach or not: `%s` to %j", async (expected, headers) => {
    const policy = create({ requirements: [[[use(certificate), use(key)]]], optional: false });
    expect(await outcome(policy, ...headers)).toBe(expected);
  });

  it.each([
    ["503 credentials-unverifiable", ["key", "acme", "token", "?"]],
    ["403 insufficient-scope", ["key", "acme", "token", "anna"]],
    ["403 insufficient-scope", ["key", "acme", "token", "!"]],
    ["403 insufficient-scope", ["key", "acme"]],
  ])("known and not enough, beside another: `%s` to %j", async (expected, headers) => {
    const policy = create({ requirements: [[[use(key, "admin")], [use(token, "write")]]], optional: false });
    expect(await outcome(policy, ...headers)).toBe(expected);
  });

  it.each([
    ["401 authentication-required certificate key", ["certificate", "gateway"]],
    ["403 insufficient-scope", ["certificate", "gateway", "key", "acme"]],
    // That it would not be enough is known, whatever else is not.
    ["403 insufficient-scope", ["certificate", "gateway", "key", "?"]],
  ])("known and not enough, together with another: `%s` to %j", async (expected, headers) => {
    const policy = create({ requirements: [[[use(certificate, "admin"), use(key)]]], optional: false });
    expect(await outcome(policy, ...headers)).toBe(expected);
  });

  it.each([
    ["pass", []],
    ["503 credentials-unverifiable", ["key", "?"]],
    ["401 invalid-credentials key x", ["key", "x"]],
  ])("optional, out of reach or not: `%s` to %j", async (expected, headers) => {
    const policy = create({ requirements: [[[use(key)]]], optional: true });
    expect(await outcome(policy, ...headers)).toBe(expected);
  });

  it("does not call a credential wrong that cannot be verified, beside one that is missing: nobody is slowed for it", async () => {
    const policy = create({ requirements: [[[use(certificate), use(key)]]], optional: true });
    expect(await outcome(policy, "certificate", "?")).toBe("401 authentication-required certificate key");
    expect(await outcome(policy, "certificate", "?", "key", "x")).toBe("401 invalid-credentials certificate key x");
  });

  it("says when to try again, and why", async () => {
    const x = fakeExchange({ headers: ["key", "?"] });
    await create({ requirements: [[[use(key)]]], optional: false }).request(x);
    expect(x.answer!.headers.get("retry-after")).toBe("7");
    expect(problemOf(x).detail).toBe("The issuer is out of reach.");
  });

  it.each([
    ["pass gateway", ["certificate", "gateway", "key", "acme"]],
    ["401 authentication-required certificate key", ["certificate", "gateway"]],
    ["401 invalid-credentials certificate key", ["certificate", "gateway", "key", "!"]],
    ["401 authentication-required certificate key", ["key", "acme"]],
  ])("two schemes together: `%s` to %j", async (expected, headers) => {
    const policy = create({ requirements: [[[use(certificate), use(key)]]], optional: false });
    expect(await outcome(policy, ...headers)).toBe(expected);
  });

  it.each([
    ["pass acme", ["key", "acme admin auditor"]],
    ["403 insufficient-scope", ["key", "acme admin"]],
    ["403 insufficient-scope", ["key", "acme Admin auditor"]],
    ["401 authentication-required key", []],
  ])("roles: `%s` to %j", async (expected, headers) => {
    const policy = create({ requirements: [[[use(key, "admin", "auditor")]]], optional: false });
    expect(await outcome(policy, ...headers)).toBe(expected);
  });

  it("asks for roles or for scopes, whichever the scheme grants", async () => {
    expect(await outcome(create({ requirements: [[[use(key, "anything")]]], optional: false }), "key", "acme")).toBe(
      "403 insufficient-scope",
    );
    expect(await outcome(create({ requirements: [[[use(token, "everybody")]]], optional: false }), "token", "anna")).toBe(
      "403 insufficient-scope",
    );
    expect(await outcome(create({ requirements: [[[use(token, "read")]]], optional: false }), "token", "anna read")).toBe(
      "pass anna",
    );
  });

  it("looks for another alternative when one lacks a role", async () => {
    const policy = create({ requirements: [[[use(key, "admin")], [use(token)]]], optional: false });
    expect(await outcome(policy, "key", "acme", "token", "anna")).toBe("pass anna");
    expect(await outcome(policy, "key", "acme")).toBe("403 insufficient-scope");
  });

  it("holds every requirement, and takes the identity of the first", async () => {
    const policy = create({ requirements: [[[use(certificate)]], [[use(key)], [use(token)]]], optional: false });
    expect(await outcome(policy, "certificate", "gateway", "token", "anna")).toBe("pass gateway");
    expect(await outcome(policy, "certificate", "gateway")).toBe("401 authentication-required key token");
    expect(await outcome(policy, "key", "acme")).toBe("401 authentication-required certificate");
  });

  it("says who it was when it refuses for want of a role", async () => {
    const x = fakeExchange({ headers: ["key", "acme"] });
    expect(await create({ requirements: [[[use(key, "admin")]]], optional: false }).request(x)).toBe(true);
    expect(x.identity?.subject).toBe("acme");
  });

  it("asks a scheme once for each request", async () => {
    const scheme = new HeaderScheme("key");
    const policy = create({
      requirements: [[[use(scheme, "admin")], [use(scheme, "auditor")]], [[use(scheme)]]],
      optional: false,
    });
    expect(await outcome(policy, "key", "acme auditor")).toBe("pass acme");
    expect(scheme.asked).toBe(1);
  });

  it.each([
    ["pass", []],
    ["pass acme", ["key", "acme"]],
    ["401 invalid-credentials key certificate token", ["key", "!"]],
    ["401 invalid-credentials key certificate token", ["token", "!"]],
    ["401 authentication-required key certificate token", ["certificate", "gateway"]],
    ["403 insufficient-scope", ["certificate", "gateway", "token", "anna"]],
  ])("optional credentials: `%s` to %j", async (expected, headers) => {
    const policy = create({ requirements: [[[use(key)], [use(certificate), use(token, "read")]]], optional: true });
    expect(await outcome(policy, ...headers)).toBe(expected);
  });

  it("lets nobody through an alternative without schemes, or a requirement without alternatives", async () => {
    expect(await outcome(create({ requirements: [[[]]], optional: false }))).toBe("401 authentication-required");
    expect(await outcome(create({ requirements: [[]], optional: false }), "key", "acme")).toBe("401 authentication-required");
  });

  it("keeps every credential from the service, used or not", () => {
    const upstream = fakeUpstreamRequest(fakeExchange({ headers: ["key", "acme", "Accept", "*/*", "token", "anna"] }));
    create({ requirements: [[[use(key)], [use(token)]]], optional: false }).upstreamRequest(fakeExchange(), upstream);
    expect(upstream.headers.lines).toEqual(["Accept", "*/*"]);
  });
});

describe("lowerSecurity", () => {
  const requirement = (...alternatives: Record<string, string[]>[]): SecurityRequirementIr => ({
    alternatives: alternatives.map((alternative) => ({
      schemes: Object.entries(alternative).map(([name, scopes]) => ({ name, scopes })),
    })),
    origin: fakeOrigin(""),
  });
  const wayOf = (name: string) => ({ async: name === "bearerAuth" });

  it.each<[string, string, SecurityRequirementIr[], boolean]>([
    ["createSingleSecurity", "partnerKey", [requirement({ partnerKey: [] })], false],
    ["createSingleSecurity", "partnerKey", [requirement({ partnerKey: [] }), requirement({ partnerKey: [] })], false],
    ["createSecurity", "partnerKey, optional", [requirement({ partnerKey: [] })], true],
    ["createSecurity", "partnerKey [admin]", [requirement({ partnerKey: ["admin"] })], false],
    ["createAsyncSecurity", "bearerAuth", [requirement({ bearerAuth: [] })], false],
    [
      "createAsyncSecurity",
      "partnerKey with mtls or bearerAuth [a, b]",
      [requirement({ partnerKey: [], mtls: [] }, { bearerAuth: ["a", "b"] })],
      false,
    ],
    ["createSecurity", "mtls and partnerKey", [requirement({ mtls: [] }), requirement({ partnerKey: [] })], false],
    ["createSecurity", "mtls and (a or b)", [requirement({ mtls: [] }), requirement({ a: [] }, { b: [] })], false],
  ])("takes %s for %s", (factory, summary, requirements, optional) => {
    const lowered = lowerSecurity(requirements, wayOf, optional);
    expect(lowered.factory.name).toBe(factory);
    expect(lowered.summary).toBe(summary);
    expect(lowered.async).toBe(factory === "createAsyncSecurity");
    expect(lowered).toMatchObject({ kind: "call", mayAnswer: true, hooks: ["request", "upstreamRequest"], instance: "" });
  });

  it("names schemes by reference", () => {
    const lowered = lowerSecurity([requirement({ partnerKey: ["admin"] }, {})], wayOf, false);
    expect(lowered.config).toEqual({
      requirements: [[[{ scheme: { kind: "resource", room: "identity", name: "partnerKey" }, needs: ["admin"] }]]],
      optional: false,
    });
  });

  it.each([[[]], [[requirement()]], [[requirement({})]], [[requirement({ partnerKey: [] }), requirement({})]]])(
    "never makes a step that lets everybody in",
    (requirements) => {
      expect(() => lowerSecurity(requirements, wayOf, false)).toThrow("name a scheme");
    },
  );
});

describe("a request that needs several credentials", () => {
  it("is known by the first, and whoever ends it knows of the others, each once", () => {
    const [one, other] = [new HeaderScheme("x-one"), new HeaderScheme("x-other")];
    const both = [
      { scheme: one, needs: [] },
      { scheme: other, needs: [] },
    ];
    const security = createSecurity({ requirements: [[both], [[{ scheme: other, needs: [] }]]], optional: false });
    const x = fakeExchange({ headers: ["x-one", "alice", "x-other", "bob"] });
    expect(security.request(x)).toBe(false);
    expect([x.identity?.subject, x.furtherIdentities?.map(({ subject }) => subject)]).toEqual(["alice", ["bob"]]);
    const single = fakeExchange({ headers: ["x-other", "bob"] });
    createSecurity({ requirements: [[both, [{ scheme: other, needs: [] }]]], optional: false }).request(single);
    expect([single.identity?.subject, single.furtherIdentities]).toEqual(["bob", undefined]);
  });
});
