import { afterEach, describe, expect, it, vi } from "vitest";
import { rateLimit } from "../../../compiler/policies/rate-limit/index.ts";
import { network } from "../../../runtime/addresses/network.ts";
import type { Expression, Slot } from "../../../runtime/exchange/exchange.ts";
import { fail } from "../../../runtime/expressions/error.ts";
import type { Int } from "../../../runtime/expressions/int.ts";
import { clock } from "../../../runtime/life/clock.ts";
import { SlidingWindow } from "../../../runtime/limits/sliding-window.ts";
import { TokenBucket } from "../../../runtime/limits/token-bucket.ts";
import { callerOf } from "../../../runtime/policies/rate-limit/caller.ts";
import { createRateLimit, type RateLimitConfig, type RuleConfig } from "../../../runtime/policies/rate-limit/index.ts";
import { createMemoryStore } from "../../../runtime/stores/memory/memory-store.ts";
import type { CounterStore, Failed } from "../../../runtime/stores/store.ts";
import type { RateLimitOptions } from "../../../schema/policies.gen.ts";
import { type FakeRequest, fakeAnswer, fakeExchange, problemOf } from "../../harness/fake-exchange.ts";
import { fakePolicyContext, findings, loweredConfig } from "../../harness/fake-policy-context.ts";

describe("callerOf", () => {
  const key = (config: Parameters<typeof callerOf>[1], request: FakeRequest = {}): string =>
    callerOf(fakeExchange(request), config);

  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:0DB8:0001:0002::1", "2001:db8:1:2"],
    ["2001:db8:1:2::", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["::", "0:0:0:0"],
    ["1::2:3:4:5:6:7", "1:0:2:3"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0"],
  ])("counts %s as %s", (ip, expected) => {
    expect(network(ip)).toBe(expected);
    expect(key({ by: "peer.ip" }, { peer: { ip } })).toBe(expected);
  });

  it("keeps subjects of different schemes apart", () => {
    const identity = { subject: "acme", scheme: "partnerKey", roles: [], scopes: [] };
    expect(key({ by: "identity.subject" }, { identity })).not.toBe(
      key({ by: "identity.subject" }, { identity: { ...identity, scheme: "bearerAuth" } }),
    );
  });

  it("counts by operation, and by header, those without it together", () => {
    expect(key({ by: "operation" }, { operation: { id: "orders.v1.x" } })).toBe("orders.v1.x");
    expect(key({ by: "header", name: "x-tenant" }, { headers: ["X-Tenant", "blue"] })).toBe("blue");
    expect(key({ by: "header", name: "x-tenant" })).toBe("");
  });

  it("counts by the value of an expression, those without one together", () => {
    const tenant = ((x) => x.headers.get("x-tenant")?.toUpperCase() ?? fail("absent")) as Expression<string>;
    expect(key({ by: "expression", value: tenant }, { headers: ["X-Tenant", "blue"] })).toBe("BLUE");
    expect(key({ by: "expression", value: tenant })).toBe("");
    expect(key({ by: "expression", value: tenant }, { headers: ["X-Tenant", "x".repeat(9000)] }).length).toBeLessThan(64);
  });

  it("counts by several things together", () => {
    const both = [{ by: "peer.ip" }, { by: "header", name: "x-tenant" }] as const;
    const keys = [
      key(both, { headers: ["X-Tenant", "a"] }),
      key(both, { headers: ["X-Tenant", "b"] }),
      key(both, { headers: ["X-Tenant", "a"], peer: { ip: "192.0.2.2" } }),
      // What one says cannot be written into the other.
      key(both, { headers: ["X-Tenant", 'a","b'] }),
      key(both),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("does not keep long values", () => {
    const [one, other] = ["a", "b"].map((end) =>
      key({ by: "header", name: "x-tenant" }, { headers: ["X-Tenant", "x".repeat(9000) + end] }),
    );
    expect(one!.length).toBeLessThan(64);
    expect(one).not.toBe(other);
  });
});

/** A compiled expression, as far as a policy sees one. */
const expression = <T>(value: (x: Parameters<Expression<T>>[0]) => T): Expression<T> => value as Expression<T>;

describe("the policy", () => {
  let now = 6_000_000;
  const turn = (milliseconds: number): void => {
    now += milliseconds;
    vi.spyOn(clock, "monotonic").mockReturnValue(now);
  };
  afterEach(() => vi.restoreAllMocks());

  const rule = (change: Partial<RuleConfig> = {}): RuleConfig => ({
    id: "orders per-minute",
    law: new TokenBucket({ limit: 2, window: 60_000, burst: 2 }),
    fields: { draft: { name: '"per-minute"', policy: '"per-minute";q=2;w=60' }, x: null },
    ...change,
  });
  const config = (change: Partial<RateLimitConfig> = {}): RateLimitConfig => ({
    store: createMemoryStore({ name: "default", maxBytes: 1 }),
    rule: rule(),
    tiers: null,
    caller: { by: "peer.ip" },
    cost: 1,
    bypass: null,
    maxKeys: 100,
    onStoreFailure: null,
    // The brand of a slot: a number that the plan gives out.
    slot: 0 as Slot,
    ...change,
  });
  const made = (change: Partial<RateLimitConfig> = {}): ReturnType<typeof createRateLimit> => {
    turn(0);
    return createRateLimit(config(change));
  };

  /** Status, `Retry-After` and the two fields of one request. */
  function ask(policy: ReturnType<typeof createRateLimit>, request: FakeRequest = {}): unknown[] {
    const x = fakeExchange(request);
    // Alone in its process it waits for nobody.
    expect(policy.request(x)).toBe(x.answer !== undefined);
    x.answer ??= fakeAnswer();
    policy.response(x);
    return [x.answer.status, ...["retry-after", "ratelimit", "ratelimit-policy"].map((name) => x.answer!.headers.get(name))];
  }

  it("counts down, refuses, says when to come back, and lets the client in then", () => {
    const policy = made();
    expect(ask(policy)).toEqual([200, undefined, '"per-minute";r=1;t=30', '"per-minute";q=2;w=60']);
    expect(ask(policy)).toEqual([200, undefined, '"per-minute";r=0;t=30', '"per-minute";q=2;w=60']);
    turn(100);
    expect(ask(policy)).toEqual([429, "30", '"per-minute";r=0;t=30', '"per-minute";q=2;w=60']);
    turn(30_000);
    expect(ask(policy)[0]).toBe(200);
    expect(ask(policy)[0]).toBe(429);
  });

  it("tells to wait a whole second for a fraction of one (redis#14826)", () => {
    const policy = made({ rule: rule({ law: new TokenBucket({ limit: 10, window: 4000, burst: 1 }) }) });
    expect(ask(policy)[0]).toBe(200);
    expect(ask(policy).slice(0, 2)).toEqual([429, "1"]);
  });

  it("counts each caller alone", () => {
    const policy = made({ rule: rule({ law: new SlidingWindow({ limit: 1, window: 60_000 }) }) });
    expect(ask(policy)[0]).toBe(200);
    expect(ask(policy)).toEqual([429, "66", '"per-minute";r=0;t=66', '"per-minute";q=2;w=60']);
    expect(ask(policy, { peer: { ip: "192.0.2.2" } })[0]).toBe(200);
  });

  it("answers with a problem", () => {
    const policy = made({ rule: rule({ law: new TokenBucket({ limit: 2, window: 60_000, burst: 1 }) }) });
    policy.request(fakeExchange());
    const x = fakeExchange();
    policy.request(x);
    expect(problemOf(x)).toEqual({ type: "urn:gatewright:problem:too-many-requests", title: "Too many requests", status: 429 });
    expect(x.answer!.source).toBe("rateLimit");
  });

  it("says nothing where its authors want it to, and where it was never asked", () => {
    const silent = made({ rule: rule({ fields: null, law: new TokenBucket({ limit: 2, window: 60_000, burst: 1 }) }) });
    expect(ask(silent)).toEqual([200, undefined, undefined, undefined]);
    expect(ask(silent)).toEqual([429, "30", undefined, undefined]);
    const x = fakeExchange();
    x.answer = fakeAnswer({ status: 401 });
    made().response(x);
    expect(x.answer.headers.lines).toEqual([]);
  });

  it("shares the fields with other limits, in the order of the chain, and with the service", () => {
    const first = made();
    const fields = { draft: { name: '"b"', policy: '"b";q=10;w=60' }, x: null };
    const law = new SlidingWindow({ limit: 10, window: 60_000 });
    const second = made({ slot: 1 as Slot, rule: rule({ law, fields }) });
    const x = fakeExchange();
    first.request(x);
    second.request(x);
    x.answer = fakeAnswer({ headers: ["ratelimit", '"service";r=7'] });
    second.response(x);
    first.response(x);
    expect(x.answer.headers.get("ratelimit")).toBe('"per-minute";r=1;t=30, "b";r=9;t=66, "service";r=7');
    expect(x.answer.headers.get("ratelimit-policy")).toBe('"per-minute";q=2;w=60, "b";q=10;w=60');
  });

  it("tells of the limit with the least left where each field holds one number", () => {
    vi.spyOn(clock, "wall").mockReturnValue(1_800_000_000_500);
    const fields = (x: string) => ({ draft: null, x });
    const wide = made({
      rule: rule({ law: new TokenBucket({ limit: 100, window: 60_000, burst: 100 }), fields: fields("100") }),
    });
    const narrow = made({ slot: 1 as Slot, rule: rule({ fields: fields("2") }) });
    for (const order of [[wide, narrow] as const, [narrow, wide] as const]) {
      const x = fakeExchange({ peer: { ip: order[0] === wide ? "192.0.2.8" : "192.0.2.9" } });
      for (const policy of order) policy.request(x);
      x.answer = fakeAnswer();
      for (const policy of order.toReversed()) policy.response(x);
      const names = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
      expect(names.map((name) => x.answer!.headers.all(name))).toEqual([["2"], ["1"], ["1800000031"]]);
    }
  });

  it("costs nothing where a further limit refuses", () => {
    const store = createMemoryStore({ name: "default", maxBytes: 1 });
    const first = made({ store });
    const second = made({
      store,
      slot: 1 as Slot,
      rule: rule({ id: "b", law: new TokenBucket({ limit: 1, window: 60_000, burst: 1 }) }),
    });
    const statuses = Array.from({ length: 5 }, () => {
      const x = fakeExchange();
      if (first.request(x) === false) second.request(x);
      x.answer ??= fakeAnswer();
      second.response(x);
      first.response(x);
      return [x.answer.status, x.answer.headers.get("ratelimit")?.split(",")[0]];
    });
    expect(statuses).toEqual([
      [200, '"per-minute";r=1;t=30'],
      ...Array.from({ length: 4 }, () => [429, '"per-minute";r=1;t=30']),
    ]);
  });

  it("has limits for tiers, and the general one for those who are in none", () => {
    const tier = expression((x) => x.headers.get("x-tier") ?? fail("absent"));
    const of = (limit: number): RuleConfig =>
      rule({ id: `tier ${limit}`, law: new TokenBucket({ limit, window: 60_000, burst: limit }) });
    const policy = made({ tiers: { tier, rules: { gold: of(3), constructor: of(4) } } });
    const passes = (headers: readonly string[]): number =>
      Array.from({ length: 10 }, () => ask(policy, { headers })[0]).filter((status) => status === 200).length;
    expect(passes(["X-Tier", "gold"])).toBe(3);
    expect(passes(["X-Tier", "constructor"])).toBe(4);
    expect(passes([])).toBe(2);
    expect(passes(["X-Tier", "toString"])).toBe(0);
  });

  it("does not count those who bypass it, and counts those of whom that cannot be said", () => {
    const bypass = expression((x) => (x.headers.get("x-robot") ?? fail("absent")) === "ours");
    const policy = made({ bypass });
    for (let time = 0; time < 5; time++)
      expect(ask(policy, { headers: ["X-Robot", "ours"] })).toEqual([200, undefined, undefined, undefined]);
    expect([ask(policy)[0], ask(policy)[0], ask(policy)[0]]).toEqual([200, 200, 429]);
  });

  it("counts what a request costs: never less than nothing, and 1 where its cost is not known", () => {
    const law = new TokenBucket({ limit: 10, window: 60_000, burst: 10 });
    const cost = expression<Int>((x) => Number(x.headers.get("x-cost") ?? fail("absent")));
    const policy = made({ cost, rule: rule({ law }) });
    const left = (headers: readonly string[]): unknown => /r=(\d+)/.exec(String(ask(policy, { headers })[2]))?.[1];
    expect([left(["X-Cost", "7"]), left(["X-Cost", "-5"]), left([]), left(["X-Cost", "3"]), left(["X-Cost", "2"])]).toEqual([
      "3",
      "3",
      "2",
      "2",
      "0",
    ]);
  });

  it("does not tell to come back for what costs more than there ever is", () => {
    const policy = made({ cost: 3 });
    expect(ask(policy).slice(0, 2)).toEqual([429, undefined]);
    const x = fakeExchange();
    policy.request(x);
    expect(problemOf(x).detail).toBe("The request costs more than the limit allows at any time.");
  });

  it.each<[RateLimitConfig["onStoreFailure"], Failed | Promise<Failed>, number]>([
    ["refuse", { failed: "gone" }, 503],
    ["refuse", Promise.resolve({ failed: "gone" }), 503],
    ["allow", { failed: "gone" }, 200],
    ["allow", Promise.resolve({ failed: "gone" }), 200],
    // A worker whose primary process does not answer.
    [null, Promise.resolve({ failed: "gone" }), 503],
  ])("%s: does what is said for a store that fails", async (onStoreFailure, answer, status) => {
    const counters = { take: () => answer, settle() {}, look: () => answer, reset: () => answer };
    const store = { name: "stores.x", counters: () => counters } as unknown as CounterStore;
    const policy = made({ store, onStoreFailure });
    const x = fakeExchange();
    await policy.request(x);
    expect(x.answer?.status ?? 200).toBe(status);
    if (status === 503)
      expect([problemOf(x).type, x.answer!.headers.get("retry-after")]).toEqual(["urn:gatewright:problem:limit-unknown", "1"]);
  });
});

describe("the definition", () => {
  const options = (change: Partial<RateLimitOptions> = {}): RateLimitOptions => ({
    limit: "20/m",
    by: "peer.ip",
    cost: 1,
    per: "operation",
    algorithm: "tokenBucket",
    headers: true,
    maxKeys: 100_000,
    ...change,
  });

  it.each<[string[], Partial<RateLimitOptions>]>([
    [[], {}],
    [[], { limit: "5000/d", burst: 40 }],
    [["rate-limit/burst-without-bucket at /burst"], { algorithm: "slidingWindow", burst: 40 }],
    [["rate-limit/burst-without-bucket at /burst"], { algorithm: "fixedWindow", burst: 40 }],
    [[], { algorithm: "gcra", burst: 40 }],
    [[], { by: { header: "X-Tenant" } }],
    [["rate-limit/unsuitable-header at /by/header"], { by: { header: "authorization" } }],
    [["rate-limit/unsuitable-header at /by/header"], { by: { header: "X-Forwarded-For" } }],
    [["rate-limit/unsuitable-header at /by/1/header"], { by: ["peer.ip", { header: "Cookie" }] }],
    [["rate-limit/calendar-without-window at /limit"], { limit: "5/month" }],
    [["rate-limit/calendar-without-window at /timeZone"], { limit: "5/2h", algorithm: "fixedWindow", timeZone: "UTC" }],
    [["rate-limit/calendar-without-window at /timeZone"], { limit: "5/d", timeZone: "UTC" }],
    [["rate-limit/unknown-time-zone at /timeZone"], { limit: "5/d", algorithm: "fixedWindow", timeZone: "Mars/Olympus" }],
    [["rate-limit/cost-over-limit at /limit"], { cost: 21 }],
    [["rate-limit/cost-over-limit at /limit"], { cost: 2, algorithm: "gcra" }],
    [["rate-limit/cost-over-limit at /tiers/free"], { cost: 2, tiers: { free: "1/m" }, tier: "'x'" }],
    [["rate-limit/name-missing at /per"], { per: "name" }],
    [["rate-limit/tiers-without-tier at /tiers"], { tiers: { gold: "1/s" } }],
    [["rate-limit/tier-without-tiers at /tier"], { tier: "'gold'" }],
  ])("finds %j in %j", (expected, change) => {
    expect(findings(rateLimit, options(change))).toEqual(expected);
  });

  it("needs an identity only to count by it", () => {
    expect(rateLimit.requires!(options({ by: "identity.subject" }))).toEqual(["identity"]);
    expect(rateLimit.requires!(options({ by: ["peer.ip", "identity.subject"] }))).toEqual(["identity"]);
    expect(rateLimit.requires!(options())).toEqual([]);
  });

  it("gives a bucket the limit as burst unless told otherwise", () => {
    expect(rateLimit.lower(options(), fakePolicyContext())).toMatchObject({
      factory: { name: "createRateLimit" },
      summary: "20/m by peer.ip",
      hooks: ["request", "response"],
    });
    const bucket = (burst: number): unknown => ({
      kind: "make",
      factory: { module: "limits/token-bucket", name: "createTokenBucket" },
      config: { limit: 20, window: 60_000, burst },
    });
    expect(loweredConfig(rateLimit, options())).toMatchObject({
      rule: { law: bucket(20), fields: { draft: { name: '"per-minute"', policy: '"per-minute";q=20;w=60' }, x: null } },
      caller: { by: "peer.ip" },
      cost: 1,
      bypass: null,
      tiers: null,
      onStoreFailure: null,
    });
    expect(loweredConfig(rateLimit, options({ burst: 5, headers: false }))).toMatchObject({
      rule: { law: bucket(5), fields: null },
    });
    expect(loweredConfig(rateLimit, options({ algorithm: "gcra" }))).toMatchObject({ rule: { law: bucket(1) } });
  });

  it("keeps the counters of a limit that was not changed, wherever it stands by now", () => {
    const id = (line: number): unknown => {
      const context = fakePolicyContext();
      const lowered = rateLimit.lower(options(), { ...context, origin: { ...context.origin, line } });
      return lowered.kind === "call" ? (lowered.config as unknown as { rule: { id: string } }).rule.id : undefined;
    };
    expect(id(3)).toBe(id(30));
  });

  it.each<[string, Partial<RateLimitOptions>]>([
    ['"per-second"', { limit: "1/s" }],
    ['"per-30s"', { limit: "1/30s" }],
    ['"per-hour-by-subject"', { limit: "1/h", by: "identity.subject" }],
    ['"per-day-by-x-tenant-"', { limit: "1/d", by: { header: "X-Tenant!" } }],
    ['"per-minute-by-operation"', { by: "operation" }],
    ['"per-minute-by-subject-by-x-tenant"', { by: ["identity.subject", { header: "X-Tenant" }] }],
    ['"partners"', { name: "partners" }],
  ])("calls the limit %s", (name, change) => {
    expect(loweredConfig(rateLimit, options(change))).toMatchObject({ rule: { fields: { draft: { name } } } });
  });

  it.each<[RateLimitOptions["headers"], boolean, boolean]>([
    [true, true, false],
    ["draft", true, false],
    ["x", false, true],
    ["both", true, true],
  ])("tells clients by headers: %s", (headers, draft, x) => {
    const { rule: lowered } = loweredConfig(rateLimit, options({ headers })) as unknown as {
      rule: { fields: { draft: unknown; x: unknown } };
    };
    expect([lowered.fields.draft !== null, lowered.fields.x !== null]).toEqual([draft, x]);
  });

  it("shares counters between operations only where asked to", () => {
    const instance = (change: Partial<RateLimitOptions>, id: string): unknown => {
      const context = fakePolicyContext();
      const lowered = rateLimit.lower(options(change), { ...context, operation: { ...context.operation!, id } });
      return lowered.kind === "call" ? lowered.instance : undefined;
    };
    expect(instance({}, "a")).not.toBe(instance({}, "b"));
    expect(instance({ per: "declaration" }, "a")).toBe(instance({ per: "declaration" }, "b"));
    expect(instance({ per: "name", name: "all" }, "a")).toBe(instance({ per: "name", name: "all" }, "b"));
  });
});
