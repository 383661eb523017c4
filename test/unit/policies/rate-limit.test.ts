import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rateLimit } from "../../../compiler/policies/rate-limit/index.ts";
import type { Expression, Slot } from "../../../runtime/exchange/exchange.ts";
import { fail } from "../../../runtime/expressions/error.ts";
import { clock } from "../../../runtime/life/clock.ts";
import { callerOf, network } from "../../../runtime/policies/rate-limit/caller.ts";
import type { Counter } from "../../../runtime/policies/rate-limit/counter.ts";
import { Counters } from "../../../runtime/policies/rate-limit/counters.ts";
import {
  createSlidingWindowLimit,
  createTokenBucketLimit,
  type TokenBucketConfig,
} from "../../../runtime/policies/rate-limit/index.ts";
import { parts, SlidingWindow } from "../../../runtime/policies/rate-limit/sliding-window.ts";
import { TokenBucket } from "../../../runtime/policies/rate-limit/token-bucket.ts";
import type { RateLimitOptions } from "../../../schema/policies.gen.ts";
import { type FakeRequest, fakeAnswer, fakeExchange, problemOf } from "../../harness/fake-exchange.ts";
import { fakePolicyContext, findings, loweredConfig } from "../../harness/fake-policy-context.ts";

/** Where a process may have got to: from its start to four months of running. */
const start = fc.integer({ min: 0, max: 1e10 });
const steps = (longest: number): fc.Arbitrary<number[]> =>
  fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: longest }), fc.double({ min: 0, max: longest, noNaN: true })), {
    minLength: 1,
    maxLength: 200,
  });

/** Times at which the counter let a request pass, when one comes after each step. */
function passed(counter: Counter, from: number, waits: readonly number[]): number[] {
  let now = from;
  return waits.flatMap((wait) => {
    now += wait;
    const left = counter.left(now);
    const took = counter.take(now);
    expect(took).toBe(left > 0);
    return took ? [now] : [];
  });
}

/** The most that any span of this length let pass. */
function mostWithin(times: readonly number[], span: number): number {
  let first = 0;
  let most = 0;
  for (const [index, time] of times.entries()) {
    while (time - times[first]! >= span) first++;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

describe("SlidingWindow", () => {
  it("never lets more than the limit pass in any window", () => {
    const shapes = fc.record({ limit: fc.integer({ min: 1, max: 30 }), window: fc.constantFrom(1000, 7000, 60_000) });
    fc.assert(
      fc.property(shapes, start, steps(15_000), ({ limit, window }, from, waits) => {
        const times = passed(new SlidingWindow({ limit, part: window / parts }), from, waits);
        expect(mostWithin(times, window)).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it("gives the whole limit back after a window and a tenth", () => {
    const counter = new SlidingWindow({ limit: 3, part: 100 });
    expect([1, 2, 3, 4].map((now) => counter.take(now))).toEqual([true, true, true, false]);
    expect(counter.take(1099)).toBe(false);
    expect(counter.left(1100)).toBe(3);
    expect(counter.isFresh(1100)).toBe(true);
  });

  it("knows when there is more", () => {
    fc.assert(
      fc.property(steps(300), start, (waits, from) => {
        const counter = new SlidingWindow({ limit: 5, part: 100 });
        passed(counter, from, waits);
        const now = from + waits.reduce((sum, wait) => sum + wait, 0);
        const left = counter.left(now);
        const wait = counter.nextIn(now);
        if (left === 5) expect(wait).toBe(0);
        else {
          expect(wait).toBeGreaterThan(0);
          expect(counter.left(now + wait * 0.999 - 0.01)).toBe(left);
          expect(counter.left(now + wait + 0.01)).toBeGreaterThan(left);
        }
      }),
    );
  });
});

describe("TokenBucket", () => {
  it("lets at most the burst and what was refilled pass in any span", () => {
    const shapes = fc.record({ interval: fc.constantFrom(1000 / 3, 3000, 0.7), burst: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(shapes, start, steps(9000), fc.integer({ min: 1, max: 50 }), (shape, from, waits, intervals) => {
        const times = passed(new TokenBucket(shape), from, waits);
        expect(mostWithin(times, intervals * shape.interval)).toBeLessThanOrEqual(shape.burst + intervals);
      }),
    );
  });

  it("refills one token an interval, up to the burst", () => {
    const counter = new TokenBucket({ interval: 100, burst: 2 });
    expect([0, 0, 0, 99, 100, 100, 200, 1000, 1000, 1000].map((now) => counter.take(now))).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  it("knows when there is more", () => {
    fc.assert(
      fc.property(steps(300), fc.integer({ min: 0, max: 1e8 }), (waits, from) => {
        const counter = new TokenBucket({ interval: 100, burst: 5 });
        passed(counter, from, waits);
        const now = from + waits.reduce((sum, wait) => sum + wait, 0);
        const left = counter.left(now);
        const wait = counter.nextIn(now);
        if (left === 5) expect(wait).toBeLessThan(0.01);
        else {
          expect(counter.left(now + wait * 0.999 - 0.01)).toBe(left);
          expect(counter.left(now + wait + 0.01)).toBeGreaterThan(left);
        }
      }),
    );
  });

  it("is not confused by a clock that steps back", () => {
    const counter = new TokenBucket({ interval: 100, burst: 1 });
    expect([1000, 990, 1099, 1100].map((now) => counter.take(now))).toEqual([true, false, false, true]);
  });
});

describe("Counters", () => {
  const buckets = (most: number, burst = 2): Counters => new Counters(() => new TokenBucket({ interval: 1000, burst }), most);

  it("gives every caller a counter of its own and keeps it", () => {
    const counters = buckets(10);
    expect(counters.of("a", 0)).toBe(counters.of("a", 0));
    expect(counters.of("a", 0)).not.toBe(counters.of("b", 0));
  });

  it("forgets callers whose counters are as good as new, so that it holds no more than are active", () => {
    const counters = buckets(1_000_000);
    let largest = 0;
    for (let caller = 0; caller < 20_000; caller++) {
      counters.of(`caller ${caller}`, caller).take(caller);
      largest = Math.max(largest, counters.size);
    }
    // A counter is used for 1000 ms and one caller comes each millisecond.
    expect(largest).toBeLessThan(3000);
  });

  it("never holds more than its bound", () => {
    const counters = buckets(50);
    for (let caller = 0; caller < 500; caller++) {
      counters.of(`caller ${caller}`, 0).take(0);
      expect(counters.size).toBeLessThanOrEqual(50);
    }
  });

  it("never gives a caller that used up its limit a new one, whoever comes", () => {
    const counters = buckets(50);
    const exhausted = Array.from({ length: 40 }, (_, index) => `exhausted ${index}`);
    for (const caller of exhausted) {
      counters.of(caller, 0).take(0);
      counters.of(caller, 0).take(0);
    }
    for (let caller = 0; caller < 5000; caller++) counters.of(`caller ${caller}`, 0).take(0);
    expect(exhausted.filter((caller) => counters.of(caller, 0).take(0))).toEqual([]);
  });

  it("lets newcomers share one counter while everybody has used up the limit", () => {
    const counters = buckets(10);
    const callers = Array.from({ length: 10 }, (_, index) => `caller ${index}`);
    for (const caller of callers) for (let time = 0; time < 2; time++) counters.of(caller, 0).take(0);
    expect(["x", "y", "z", "x"].map((caller) => counters.of(caller, 0).take(0))).toEqual([true, true, false, false]);
    expect(counters.size).toBe(10);
    expect(counters.of("z", 1_000_000).take(1_000_000)).toBe(true);
  });
});

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

  it("does not keep long values", () => {
    const [one, other] = ["a", "b"].map((end) =>
      key({ by: "header", name: "x-tenant" }, { headers: ["X-Tenant", "x".repeat(9000) + end] }),
    );
    expect(one!.length).toBeLessThan(64);
    expect(one).not.toBe(other);
  });
});

describe("the policy", () => {
  const { monotonic } = clock;
  let now = 0;
  beforeEach(() => {
    now = 6_000_000;
    clock.monotonic = () => now;
  });
  afterEach(() => {
    clock.monotonic = monotonic;
  });

  const config = (change: Partial<TokenBucketConfig> = {}): TokenBucketConfig => ({
    limit: 2,
    window: 60_000,
    burst: 2,
    caller: { by: "peer.ip" },
    maxKeys: 100,
    fields: { name: '"per-minute"', policy: '"per-minute";q=2;w=60' },
    // The brand of a slot: a number that the plan gives out.
    slot: 0 as Slot,
    ...change,
  });

  /** Status, `Retry-After` and the two fields of one request. */
  function ask(policy: ReturnType<typeof createTokenBucketLimit>, request: FakeRequest = {}): unknown[] {
    const x = fakeExchange(request);
    const answered = policy.request(x);
    expect(answered).toBe(x.answer !== undefined);
    x.answer ??= fakeAnswer();
    policy.response(x);
    return [x.answer.status, ...["retry-after", "ratelimit", "ratelimit-policy"].map((name) => x.answer!.headers.get(name))];
  }

  it("counts down, refuses, says when to come back, and lets the client in then", () => {
    const policy = createTokenBucketLimit(config());
    expect(ask(policy)).toEqual([200, undefined, '"per-minute";r=1;t=30', '"per-minute";q=2;w=60']);
    expect(ask(policy)).toEqual([200, undefined, '"per-minute";r=0;t=30', '"per-minute";q=2;w=60']);
    now += 100;
    expect(ask(policy)).toEqual([429, "30", '"per-minute";r=0;t=30', '"per-minute";q=2;w=60']);
    now += 30_000;
    expect(ask(policy)[0]).toBe(200);
    expect(ask(policy)[0]).toBe(429);
  });

  it("counts each caller alone", () => {
    const policy = createSlidingWindowLimit(config({ limit: 1 }));
    expect(ask(policy)[0]).toBe(200);
    expect(ask(policy)).toEqual([429, "66", '"per-minute";r=0;t=66', '"per-minute";q=2;w=60']);
    expect(ask(policy, { peer: { ip: "192.0.2.2" } })[0]).toBe(200);
  });

  it("answers with a problem", () => {
    const policy = createTokenBucketLimit(config({ burst: 1 }));
    policy.request(fakeExchange());
    const x = fakeExchange();
    policy.request(x);
    expect(problemOf(x)).toEqual({ type: "urn:gatewright:problem:too-many-requests", title: "Too many requests", status: 429 });
    expect(x.answer!.source).toBe("rateLimit");
  });

  it("says nothing where its authors want it to, and where it was never asked", () => {
    const silent = createTokenBucketLimit(config({ fields: null, burst: 1 }));
    expect(ask(silent)).toEqual([200, undefined, undefined, undefined]);
    expect(ask(silent)).toEqual([429, "30", undefined, undefined]);
    const x = fakeExchange();
    x.answer = fakeAnswer({ status: 401 });
    createTokenBucketLimit(config()).response(x);
    expect(x.answer.headers.lines).toEqual([]);
  });

  it("shares the fields with other limits, in the order of the chain, and with the service", () => {
    const first = createTokenBucketLimit(config());
    const second = createSlidingWindowLimit(
      config({ limit: 10, slot: 1 as Slot, fields: { name: '"b"', policy: '"b";q=10;w=60' } }),
    );
    const x = fakeExchange();
    first.request(x);
    second.request(x);
    x.answer = fakeAnswer({ headers: ["ratelimit", '"service";r=7'] });
    second.response(x);
    first.response(x);
    expect(x.answer.headers.get("ratelimit")).toBe('"per-minute";r=1;t=30, "b";r=9;t=66, "service";r=7');
    expect(x.answer.headers.get("ratelimit-policy")).toBe('"per-minute";q=2;w=60, "b";q=10;w=60');
  });
});

describe("the definition", () => {
  const options = (change: Partial<RateLimitOptions> = {}): RateLimitOptions => ({
    limit: "20/m",
    by: "peer.ip",
    per: "operation",
    algorithm: "tokenBucket",
    headers: true,
    maxKeys: 100_000,
    ...change,
  });

  it.each<[string[], Partial<RateLimitOptions>]>([
    [[], {}],
    [[], { limit: "5000/d", burst: 40 }],
    [["rate-limit/window-too-long at /limit"], { limit: "5000/2d" }],
    [["rate-limit/burst-without-bucket at /burst"], { algorithm: "slidingWindow", burst: 40 }],
    [[], { by: { header: "X-Tenant" } }],
    [["rate-limit/unsuitable-header at /by/header"], { by: { header: "authorization" } }],
    [["rate-limit/unsuitable-header at /by/header"], { by: { header: "X-Forwarded-For" } }],
  ])("finds %j in %j", (expected, change) => {
    expect(findings(rateLimit, options(change))).toEqual(expected);
  });

  it("needs an identity only to count by it", () => {
    expect(rateLimit.requires!(options({ by: "identity.subject" }))).toEqual(["identity"]);
    expect(rateLimit.requires!(options())).toEqual([]);
  });

  it("gives a bucket the limit as burst unless told otherwise", () => {
    const lowered = rateLimit.lower(options(), fakePolicyContext());
    expect(lowered).toMatchObject({
      factory: { name: "createTokenBucketLimit" },
      summary: "20/m by peer.ip",
      hooks: ["request", "response"],
    });
    expect(loweredConfig(rateLimit, options())).toEqual({
      limit: 20,
      window: 60_000,
      burst: 20,
      caller: { by: "peer.ip" },
      maxKeys: 100_000,
      fields: { name: '"per-minute"', policy: '"per-minute";q=20;w=60' },
      slot: { kind: "slot" },
    });
    expect(loweredConfig(rateLimit, options({ burst: 5, headers: false }))).toMatchObject({ burst: 5, fields: null });
    expect(rateLimit.lower(options({ headers: false }), fakePolicyContext())).toMatchObject({ hooks: ["request"] });
  });

  it.each<[string, Partial<RateLimitOptions>]>([
    ['"per-second"', { limit: "1/s" }],
    ['"per-30s"', { limit: "1/30s" }],
    ['"per-hour-by-subject"', { limit: "1/h", by: "identity.subject" }],
    ['"per-day-by-x-tenant-"', { limit: "1/d", by: { header: "X-Tenant!" } }],
    ['"per-minute-by-operation"', { by: "operation" }],
    ['"partners"', { name: "partners" }],
  ])("calls the limit %s", (name, change) => {
    expect(loweredConfig(rateLimit, options(change))).toMatchObject({ fields: { name } });
  });

  it("shares counters between operations only where asked to", () => {
    const instance = (change: Partial<RateLimitOptions>, id: string): unknown => {
      const context = fakePolicyContext();
      const lowered = rateLimit.lower(options(change), { ...context, operation: { ...context.operation!, id } });
      return lowered.kind === "call" ? lowered.instance : undefined;
    };
    expect(instance({}, "a")).not.toBe(instance({}, "b"));
    expect(instance({ per: "declaration" }, "a")).toBe(instance({ per: "declaration" }, "b"));
  });
});
