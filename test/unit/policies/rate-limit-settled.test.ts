import { expect, it } from "vitest";
import { costText } from "../../../compiler/policies/rate-limit/cost.ts";
import { rateLimit } from "../../../compiler/policies/rate-limit/index.ts";
import type { Exchange, Expression, Slot } from "../../../runtime/exchange/exchange.ts";
import { fail } from "../../../runtime/expressions/error.ts";
import type { Int } from "../../../runtime/expressions/int.ts";
import { TokenBucket } from "../../../runtime/limits/token-bucket.ts";
import { createSettledLimit } from "../../../runtime/policies/rate-limit/settled.ts";
import type { CounterStore, Counters, Failed, Taken } from "../../../runtime/stores/store.ts";
import type { RateLimitOptions } from "../../../schema/policies.gen.ts";
import { fakeAnswer, fakeExchange } from "../../harness/fake-exchange.ts";
import { findings } from "../../harness/fake-policy-context.ts";

// The brand of a compiled expression: what the printer makes is such a function.
const usage = ((x: Exchange) => Number(x.answer!.headers.get("x-usage") ?? fail("absent"))) as Expression<Int>;

const passed: Taken = { passed: true, left: 5, moreIn: 1000, retryIn: 0, at: 77 };

/** A limit over counters that say `taken`, and what they were told to settle. */
function limited(taken: Taken | Failed, onStoreFailure: "allow" | null = null) {
  const settled: unknown[] = [];
  const counters: Pick<Counters, "take" | "settle"> = {
    take: () => taken,
    settle: (...what) => void settled.push(what),
  };
  const policy = createSettledLimit({
    // The policy takes and settles alone.
    store: { counters: () => counters } as unknown as CounterStore,
    rule: { id: "orders", law: new TokenBucket({ limit: 10, window: 60_000, burst: 10 }), fields: null },
    tiers: null,
    caller: { by: "peer.ip" },
    cost: 3,
    after: usage,
    bypass: null,
    maxKeys: 10,
    onStoreFailure,
    // The brand of a slot: a number that the plan gives out.
    slot: 0 as Slot,
  });
  return { policy, settled };
}

/** One exchange from begin to end; what was settled. */
function settledBy(outcome: Exchange["outcome"], usageField: readonly string[], taken: Taken | Failed = passed): unknown[] {
  const { policy, settled } = limited(taken, "allow");
  const x = fakeExchange({ peer: { ip: "192.0.2.1" } });
  void policy.request(x);
  x.answer ??= fakeAnswer();
  for (let index = 0; index < usageField.length; index += 2) x.answer.headers.add(usageField[index]!, usageField[index + 1]!);
  policy.response(x);
  // What further steps make of the head does not change what the request has cost.
  x.answer.headers.delete("x-usage");
  expect(settled).toEqual([]);
  x.outcome = outcome;
  policy.done(x);
  return settled;
}

it.each<[string, readonly string[], unknown[]]>([
  ["more than was reserved, beyond the limit", ["X-Usage", "400"], [["192.0.2.1", 3, 77, 400]]],
  ["less", ["X-Usage", "1"], [["192.0.2.1", 3, 77, 1]]],
  ["nothing", ["X-Usage", "0"], [["192.0.2.1", 3, 77, 0]]],
  ["less than nothing, which is nothing", ["X-Usage", "-9"], [["192.0.2.1", 3, 77, 0]]],
  ["more than any limit allows, which is bounded", ["X-Usage", "1e15"], [["192.0.2.1", 3, 77, 4_294_967_295]]],
  ["what does not say: what was reserved", [], []],
])("settles an answer that cost %s, once it has ended", (_, field, expected) => {
  expect(settledBy("complete", field)).toEqual(expected);
});

it.each<Exchange["outcome"]>(["refused", "pending"])("leaves it at what was reserved where an exchange ends as %s", (outcome) => {
  expect(settledBy(outcome, ["X-Usage", "400"])).toEqual([]);
});

it.each<Exchange["outcome"]>(["clientGone", "upstreamBroken"])(
  "charges what was reserved at least where an answer breaks off (%s), and more where its head said so",
  (outcome) => {
    expect(settledBy(outcome, ["X-Usage", "400"])).toEqual([["192.0.2.1", 3, 77, 400]]);
    expect(settledBy(outcome, ["X-Usage", "1"])).toEqual([]);
    expect(settledBy(outcome, [])).toEqual([]);
  },
);

it("settles nothing where nothing was taken: refused, not counted, or let pass while the store failed", () => {
  const refused: Taken = { ...passed, passed: false, retryIn: 1000 };
  expect(settledBy("complete", ["X-Usage", "400"], refused)).toEqual([]);
  expect(settledBy("complete", ["X-Usage", "400"], { failed: "gone" })).toEqual([]);
  const { policy, settled } = limited(passed);
  const x = fakeExchange();
  x.answer = fakeAnswer();
  policy.response(x);
  policy.done(x);
  expect(settled).toEqual([]);
});

it("settles nothing for an exchange that never had an answer", () => {
  const { policy, settled } = limited(passed);
  const x = fakeExchange();
  void policy.request(x);
  x.outcome = "clientGone";
  policy.done(x);
  expect(settled).toEqual([]);
});

const options: RateLimitOptions = {
  limit: "20/m",
  by: "peer.ip",
  cost: 1,
  per: "operation",
  algorithm: "tokenBucket",
  headers: true,
  maxKeys: 10,
};

it("reserves no more than there ever is, and says what is reserved", () => {
  const of = (reserve: number): string[] => findings(rateLimit, { ...options, cost: { after: "response.status", reserve } });
  expect(of(20)).toEqual([]);
  expect(of(21)).toEqual(["rate-limit/cost-over-limit at /limit"]);
  expect(costText({ after: " response.status ", reserve: 9 })).toEqual(["cost `response.status` after the answer, 9 reserved"]);
});
