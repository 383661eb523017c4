import { describe, expect, it, onTestFinished } from "vitest";
import type { Exchange, Expression, Slot, StartValue } from "../../../runtime/exchange/exchange.ts";
import { Alone } from "../../../runtime/life/alone.ts";
import { Household } from "../../../runtime/life/household.ts";
import {
  createForwardedDecision,
  type ForwardedDecisionConfig,
} from "../../../runtime/policies/external-authorization/forwarded-decision.ts";
import {
  createExternalAuthorization,
  type ExternalAuthorizationConfig,
} from "../../../runtime/policies/external-authorization/index.ts";
import { createJsonDecision } from "../../../runtime/policies/external-authorization/json-decision.ts";
import type { Protocol } from "../../../runtime/policies/external-authorization/protocol.ts";
import { type FakeRequest, fakeExchange, fakeUpstreamRequest } from "../../harness/fake-exchange.ts";
import { type Behaviour, type Party, startParty } from "../../harness/party.ts";
import { NotedLog } from "../../life/support/things.ts";

const expression = <T>(value: (x: Exchange) => T): Expression<T> => value as Expression<T>;
const url = (text: string): StartValue => text as StartValue;

/** The policy as it lives in a started gateway. */
async function started(protocol: Protocol, change: Partial<ExternalAuthorizationConfig> = {}) {
  const policy = createExternalAuthorization({
    at: "policies.yaml:7",
    protocol,
    headers: [],
    timeoutMs: 5_000,
    maxPending: 16,
    allowsOnFailure: false,
    cache: null,
    maxBody: null,
    toService: [],
    slot: 0 as Slot,
    detail: undefined,
    ...change,
  });
  const log = new NotedLog();
  const house = new Household([policy], new Alone([policy]), log);
  onTestFinished(() => house.stop());
  await house.start();
  const status = async (request: FakeRequest = {}): Promise<number> => {
    const x = fakeExchange(request);
    return (await policy.request(x)) ? x.answer!.status : 200;
  };
  return { policy, log, status };
}

const subject = expression((x) => x.identity?.subject ?? "nobody");
const json = (form: "http" | "opa" | "authzen", party: Party, path = "/decide") =>
  createJsonDecision({
    url: url(party.origin + path),
    form,
    members: form === "opa" ? [{ path: ["input", "user"], value: subject }] : [{ path: ["user"], value: subject }],
  });
const forwarded = (as: "get" | "same", party: Party, change: Partial<ForwardedDecisionConfig> = {}) =>
  createForwardedDecision({
    url: url(`${party.origin}/verify/`),
    as,
    forward: ["authorization", "cookie"],
    toService: [],
    toClient: [],
    ...change,
  });
const identity = (name: string, more = {}) => ({ subject: name, scheme: "bearerAuth", roles: [], scopes: [], ...more });
const said = (value: unknown): Behaviour => ({ body: JSON.stringify(value) });

describe("only a decision lets a request pass", () => {
  // OPA's REST API, “Data API”; AuthZEN Authorization API 1.0 §5.5.
  const rows: readonly (readonly [string, "http" | "opa" | "authzen", Behaviour, number])[] = [
    ["true", "http", said({ allow: true }), 200],
    ["false", "http", said({ allow: false }), 403],
    ["true", "opa", said({ result: true }), 200],
    ["false", "opa", said({ result: false }), 403],
    ["an object that allows", "opa", said({ result: { allow: true, why: "admin" } }), 200],
    ["an object that does not", "opa", said({ result: { allow: false } }), 403],
    ["an undefined rule", "opa", said({}), 403],
    ["an undefined rule with an id", "opa", said({ decision_id: "4" }), 403],
    ["true as text", "opa", said({ result: "true" }), 503],
    ["what is not denied", "opa", said({ result: { deny: false } }), 503],
    ["a list", "opa", said({ result: [true] }), 503],
    ["null", "opa", said({ result: null }), 503],
    ["one", "opa", said({ result: 1 }), 503],
    ["allow as text", "opa", said({ result: { allow: "true" } }), 503],
    ["true", "authzen", said({ decision: true, context: { id: "0" } }), 200],
    ["false", "authzen", said({ decision: false }), 403],
    ["no decision", "authzen", said({ context: {} }), 503],
    ["a decision as text", "authzen", said({ decision: "true" }), 503],
    ["an inherited name", "http", { body: '{"__proto__":{"allow":true}}' }, 503],
    ["a list of decisions", "http", said([{ allow: true }]), 503],
    ["an empty 200", "http", {}, 503],
    ["an empty 200", "opa", {}, 503],
    ["an HTML page", "authzen", { body: "<html>ok</html>" }, 503],
    ["204", "opa", { status: 204 }, 503],
    ["201 that allows", "http", { status: 201, body: '{"allow":true}' }, 503],
    ["500 that allows", "opa", { status: 500, body: '{"result":true}' }, 503],
    ["404", "opa", { status: 404, body: '{"result":true}' }, 503],
    ["302", "opa", { redirect: "/other" }, 503],
    ["an answer that never ends", "opa", "endless", 503],
    ["an answer that breaks off", "authzen", "truncated", 503],
    ["no HTTP", "http", "garbage", 503],
    ["a reset", "opa", "reset", 503],
  ];
  it.each(rows)("%s (%s)", async (_, form, behaviour, expected) => {
    const party = await startParty();
    party.on("/decide", behaviour);
    party.on("/other", said({ result: true, allow: true, decision: true }));
    const { status } = await started(json(form, party));
    expect(await status({ identity: identity("ann") })).toBe(expected);
    expect(party.requests).toHaveLength(1);
  });

  it("an answer that does not come in time is none, and is not waited for", async () => {
    const party = await startParty();
    for (const behaviour of ["silent", "stuck"] as const) {
      party.on("/decide", behaviour);
      const { status, log } = await started(json("opa", party), { timeoutMs: 30 });
      expect(await status()).toBe(503);
      expect(log.lines.at(-1)).toContain("out of reach");
    }
  });

  it("a URL that cannot be called stops the start, and is not shown", async () => {
    for (const text of ["", "decisions.internal", "https://ann:secret@decisions.internal/", "ftp://decisions.internal/"]) {
      const protocol = createJsonDecision({ url: url(text), form: "http", members: [] });
      const failure = await started(protocol).then(
        () => "started",
        (error: Error) => error.message,
      );
      expect(failure).toMatch(/^policies\.yaml:7 externalAuthorization.* the URL .* is not an http or https URL/);
      expect(failure).not.toContain("secret");
    }
  });

  it("an expression without a value asks nothing and lets nobody in", async () => {
    const party = await startParty();
    party.on("/decide", said({ allow: true }));
    const { ExpressionError } = await import("../../../runtime/expressions/error.ts");
    const absent = expression(() => {
      throw new ExpressionError("absent");
    });
    const protocol = createJsonDecision({
      url: url(`${party.origin}/decide`),
      form: "http",
      members: [{ path: ["a"], value: absent }],
    });
    expect(await (await started(protocol)).status()).toBe(403);
    expect(party.requests).toEqual([]);
  });
});

describe("onFailure: allow", () => {
  it.each<readonly [string, Behaviour | "gone", number]>([
    ["nobody listens", "gone", 200],
    ["500", { status: 500 }, 200],
    ["429", { status: 429 }, 200],
    ["a reset", "reset", 200],
    ["a refusal", said({ result: false }), 403],
    ["an undefined rule", said({}), 403],
    ["a redirect", { redirect: "/other" }, 503],
    ["404", { status: 404 }, 503],
    ["no JSON", { body: "ok" }, 503],
    ["more than may be read", "endless", 503],
  ])("lets a request pass only where the service is out of reach: %s", async (_, behaviour, expected) => {
    const party = await startParty();
    if (behaviour !== "gone") party.on("/decide", behaviour);
    const { status } = await started(json("opa", party), { allowsOnFailure: true });
    if (behaviour === "gone") await party.leave();
    expect(await status()).toBe(expected);
    if (behaviour === "gone") await party.comeBack();
  });

  it("does not open for a flood: what is beyond `maxPending` is refused", async () => {
    const party = await startParty();
    party.on("/decide", "silent");
    const { status } = await started(json("opa", party), { allowsOnFailure: true, maxPending: 1, timeoutMs: 200 });
    expect(await Promise.all([status(), status()])).toEqual([200, 503]);
  });
});

describe("forwardAuth and extAuthz", () => {
  it("tell what is forwarded, and never the target as it came (ingress-nginx#8644, GHSA-pxq7-h93f-9jrg)", async () => {
    const party = await startParty();
    party.on("/verify/", { status: 204 });
    const { status } = await started(forwarded("get", party));
    const request = {
      method: "POST",
      path: "/admin/a b%2Fc".replace(" ", "%20"),
      sentTarget: "/public/../admin/a%20b%2Fc#?x",
      query: "x=1",
      authority: "shop.example.com:8443",
      peer: { ip: "198.51.100.7", secure: true },
      headers: [
        "Cookie",
        "a=1",
        "Cookie",
        "b=2",
        "X-Forwarded-Uri",
        "/public",
        "X-Original-URL",
        "/public",
        "User-Agent",
        "healthcheck",
      ],
    };
    expect(await status(request)).toBe(200);
    const [{ method, headers }] = party.requests as [Party["requests"][number]];
    expect([method, headers["x-forwarded-method"], headers["x-forwarded-uri"]]).toEqual(["GET", "POST", "/admin/a%20b%2Fc?x=1"]);
    expect(headers).toMatchObject({
      "x-forwarded-host": "shop.example.com:8443",
      "x-forwarded-proto": "https",
      "x-forwarded-for": "198.51.100.7",
      cookie: "a=1; b=2",
    });
    expect(headers).not.toHaveProperty("x-original-url");
    expect(headers).not.toHaveProperty("user-agent");
  });

  it("ask with method and path of the request (Envoy's ext_authz over HTTP), and the body where it is wanted", async () => {
    const party = await startParty();
    party.on("/verify/orders/7", (request, body) => ({ status: request.method === "PUT" && body === "whole" ? 200 : 403 }));
    const { status } = await started(forwarded("same", party), { maxBody: 8 });
    expect(await status({ method: "PUT", path: "/orders/7", query: "a=%2F", body: "whole" })).toBe(200);
    expect(party.requests[0]).toMatchObject({ method: "PUT", target: "/verify/orders/7?a=%2F" });
    expect(await status({ method: "PUT", path: "/orders/7", body: "longer than eight" })).toBe(413);
    expect(party.requests).toHaveLength(1);
  });

  it.each(["/a/%2e%2e/admin", "/a\\..\\admin", "/a/../admin"])(
    "do not ask about a path that would be read as another: %s",
    async (path) => {
      const party = await startParty();
      for (const known of ["/verify/admin", "/verify/a/admin"]) party.on(known, { status: 200 });
      const { status } = await started(forwarded("same", party));
      expect(await status({ path })).toBe(403);
      expect(party.requests).toEqual([]);
    },
  );

  it.each<readonly ["get" | "same", number, number]>([
    ["get", 200, 200],
    ["get", 204, 200],
    ["same", 204, 503],
    ["get", 401, 401],
    ["same", 403, 403],
    ["get", 302, 503],
    ["get", 404, 503],
    ["same", 500, 503],
  ])("%s: %i comes to %i", async (as, theirs, ours) => {
    const party = await startParty();
    const behaviour = theirs === 302 ? { redirect: "/login" } : { status: theirs };
    for (const path of ["/verify/", "/verify/orders"]) party.on(path, behaviour);
    expect(await (await started(forwarded(as, party))).status()).toBe(ours);
  });

  it("pass the challenge of a refusal on, and further fields by name", async () => {
    const party = await startParty();
    party.on("/verify/", {
      status: 401,
      headers: { "WWW-Authenticate": 'Bearer realm="a"', "X-Reason": "old", "Set-Cookie": "s=1" },
    });
    const { policy } = await started(forwarded("get", party, { toClient: ["x-reason"] }));
    const x = fakeExchange();
    expect(await policy.request(x)).toBe(true);
    expect([x.answer?.headers.get("www-authenticate"), x.answer?.headers.get("x-reason")]).toEqual(['Bearer realm="a"', "old"]);
    expect(x.answer?.headers.has("set-cookie")).toBe(false);
  });

  it("copy named fields of the answer to the service, where no client can write them", async () => {
    const party = await startParty();
    party.on("/verify/", { status: 200, headers: { "X-Auth-Request-User": "ann", "X-Other": "no" } });
    const toService = ["x-auth-request-user", "x-auth-request-groups"];
    const { policy } = await started(forwarded("get", party, { toService }), { toService });
    const x = fakeExchange({ headers: ["X-Auth-Request-User", "root", "X-Auth-Request-Groups", "admins"] });
    expect(await policy.request(x)).toBe(false);
    const upstream = fakeUpstreamRequest(x);
    policy.upstreamRequest(x, upstream);
    expect(upstream.headers.all("x-auth-request-user")).toEqual(["ann"]);
    expect(upstream.headers.has("x-auth-request-groups")).toBe(false);
    expect(upstream.headers.has("x-other")).toBe(false);
  });
});

describe("the cache of decisions", () => {
  const cache = { ttlMs: 60_000, by: null, perIdentity: true, maxEntries: 2 };

  it("asks once for the same question, also while it is being asked", async () => {
    const party = await startParty();
    party.on("/decide", said({ allow: true }));
    const { status } = await started(json("http", party), { cache });
    const ann = { identity: identity("ann") };
    expect(await Promise.all([status(ann), status(ann), status(ann)])).toEqual([200, 200, 200]);
    expect(await status(ann)).toBe(200);
    expect(party.requests).toHaveLength(1);
  });

  it("never gives one identity what was decided about another: subject, issuer, roles and claims make it", async () => {
    const party = await startParty();
    party.on("/decide", said({ allow: true }), said({ allow: false }));
    const { status } = await started(json("http", party), {
      cache: { ...cache, by: [expression(() => "all")], maxEntries: 100 },
    });
    expect(await status({ identity: identity("ann", { roles: ["admin"], issuer: "a", claims: { plan: "gold" } }) })).toBe(200);
    const others = [
      identity("bob", { roles: ["admin"], issuer: "a", claims: { plan: "gold" } }),
      identity("ann", { issuer: "a", claims: { plan: "gold" } }),
      identity("ann", { roles: ["admin"], issuer: "b", claims: { plan: "gold" } }),
      identity("ann", { roles: ["admin"], issuer: "a", claims: { plan: "free" } }),
      identity("ann", { roles: ["admin"], issuer: "a", claims: { plan: "gold" }, scheme: "other" }),
    ];
    for (const other of others) expect(await status({ identity: other })).toBe(403);
    expect(await status()).toBe(403);
  });

  it("nor one operation what was decided about another", async () => {
    const party = await startParty();
    party.on("/decide", said({ allow: true }), said({ allow: false }));
    const { status } = await started(json("http", party), { cache });
    expect(await status({ operation: { id: "getOrder" } })).toBe(200);
    expect(await status({ operation: { id: "deleteOrder" } })).toBe(403);
  });

  it("shares decisions where that was asked for", async () => {
    const party = await startParty();
    party.on("/decide", said({ allow: true }), said({ allow: false }));
    const shared = { ...cache, by: [expression(() => "all")], perIdentity: false };
    const { status } = await started(json("http", party), { cache: shared });
    expect([await status({ identity: identity("ann") }), await status({ identity: identity("bob") })]).toEqual([200, 200]);
  });

  it("keeps refusals, no failures, nothing beyond the end of the credential, and a bounded number", async () => {
    const party = await startParty();
    party.on("/decide", { status: 500 }, said({ allow: false }), said({ allow: true }));
    const { status } = await started(json("http", party), { cache });
    const ann = { identity: identity("ann") };
    expect([await status(ann), await status(ann), await status(ann)]).toEqual([503, 403, 403]);
    expect(party.requests).toHaveLength(2);
    const over = { identity: identity("old", { expiresAt: Date.now() - 1 }) };
    expect([await status(over), await status(over)]).toEqual([200, 200]);
    expect(party.requests).toHaveLength(4);
    for (const name of ["b", "c"]) await status({ identity: identity(name) });
    expect(await status(ann)).toBe(200);
    expect(party.requests).toHaveLength(7);
  });
});
