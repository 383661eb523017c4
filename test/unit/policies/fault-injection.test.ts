import { expect, test } from "vitest";
import type { AnswerHarm, Harm } from "../../../runtime/exchange/answer-harm.ts";
import type { Exchange, Expression, Slot } from "../../../runtime/exchange/exchange.ts";
import {
  createFaultInjection,
  type FaultInjectionConfig,
  type FaultRule,
} from "../../../runtime/policies/fault-injection/index.ts";
import { fakeAnswer, fakeExchange } from "../../harness/fake-exchange.ts";
import { settled, TurnedClock } from "../../harness/turned-clock.ts";

const rule = (change: Partial<FaultRule>): FaultRule => ({
  summary: "a rule",
  when: null,
  share: 1,
  delay: null,
  abort: null,
  bytesPerSecond: null,
  resetAfter: null,
  ...change,
});

const inject = (rules: readonly FaultRule[], change: Partial<FaultInjectionConfig> = {}) =>
  createFaultInjection({
    at: "policies.yaml:7",
    gateway: "shop",
    rules,
    maxDelayed: 1_000,
    seed: 7,
    slot: 0 as Slot,
    ...change,
  });

/** What the step makes of so many requests: the status of its answer, or 0. */
function statuses(policy: ReturnType<typeof inject>, count: number): number[] {
  return Array.from({ length: count }, () => {
    const x = fakeExchange();
    return policy.request(x) === true ? x.answer!.status : 0;
  });
}

/** Of each status, how many in a hundred. */
const shareOf = (all: readonly number[], status: number): number =>
  (100 * all.filter((one) => one === status).length) / all.length;

test("as many requests are picked out as `percentage` says, to within what chance allows", () => {
  const all = statuses(inject([rule({ share: 0.05, abort: 503 })]), 100_000);
  // Six standard deviations of a binomial distribution with p = 0.05.
  expect(Math.abs(shareOf(all, 503) - 5)).toBeLessThan(0.42);
});

test("a rule is asked for what the rules before it have left", () => {
  const all = statuses(inject([rule({ share: 0.5, abort: 500 }), rule({ share: 0.5, abort: 503 })]), 100_000);
  expect(Math.abs(shareOf(all, 500) - 50)).toBeLessThan(1);
  expect(Math.abs(shareOf(all, 503) - 25)).toBeLessThan(1);
});

test("with a seed the same requests are picked out after each start, and others with another", () => {
  const rules = [rule({ share: 0.3, abort: 503 })];
  const once = statuses(inject(rules, { seed: 7 }), 200);
  expect(statuses(inject(rules, { seed: 7 }), 200)).toEqual(once);
  expect(statuses(inject(rules, { seed: 8 }), 200)).not.toEqual(once);
});

test("without one, two gateways that start together do not pick out the same ones", () => {
  const rules = [rule({ share: 0.5, abort: 503 })];
  expect(statuses(inject(rules, { seed: null }), 200)).not.toEqual(statuses(inject(rules, { seed: null }), 200));
});

test("a condition that is false keeps the next rule's turn", () => {
  // What the compiler makes of an expression.
  const whenPost = ((x: Exchange) => x.method === "POST") as Expression<boolean>;
  const policy = inject([rule({ when: whenPost, abort: 500 }), rule({ abort: 503 })]);
  const [get, post] = [fakeExchange(), fakeExchange({ method: "POST" })];
  policy.request(get);
  policy.request(post);
  expect([get.answer!.status, post.answer!.status]).toEqual([503, 500]);
});

test("a delay is as long as it says, and then the request goes on", async () => {
  const clock = new TurnedClock();
  const x = fakeExchange();
  let passes: boolean | undefined;
  void Promise.resolve(inject([rule({ delay: { minMs: 200, maxMs: 200 } })]).request(x)).then((answers) => {
    passes = !answers;
  });
  await clock.turn(199);
  expect(passes).toBeUndefined();
  await clock.turn(1);
  await settled();
  expect(passes).toBe(true);
  expect(x.injected).toBe("delay 200ms");
});

test("delays out of a span are within it, and reach both of its ends", () => {
  const clock = new TurnedClock();
  const policy = inject([rule({ delay: { minMs: 10, maxMs: 20 } })]);
  const drawn = Array.from({ length: 500 }, () => {
    const x = fakeExchange();
    void policy.request(x);
    return Number(/\d+/.exec(x.injected!)![0]);
  });
  expect([Math.min(...drawn), Math.max(...drawn)]).toEqual([10, 20]);
  expect(clock.waiting).toBe(500);
});

test("a delay ends when its client leaves, and nothing more is done", async () => {
  const clock = new TurnedClock();
  const policy = inject([rule({ delay: { minMs: 60_000, maxMs: 60_000 }, abort: 503 })]);
  const x = fakeExchange();
  const result = policy.request(x);
  expect(clock.waiting).toBe(1);
  // As the transport does it.
  x.outcome = "clientGone";
  policy.done(x);
  expect(clock.waiting).toBe(0);
  // True ends the chain; nothing is sent to a client that is gone.
  expect(await result).toBe(true);
  expect(x.answer).toBeUndefined();
});

test("when the gateway drains, what waits goes on at once, and nothing waits any more", async () => {
  const clock = new TurnedClock();
  const policy = inject([rule({ delay: { minMs: 60_000, maxMs: 60_000 } })]);
  const waiting = [fakeExchange(), fakeExchange()].map((x) => policy.request(x));
  policy.drain();
  expect(clock.waiting).toBe(0);
  expect(await Promise.all(waiting)).toEqual([false, false]);
  expect(policy.request(fakeExchange())).toBe(false);
});

test("no more requests wait than may: further ones go on without a delay", async () => {
  const clock = new TurnedClock();
  const policy = inject([rule({ delay: { minMs: 1_000, maxMs: 1_000 } })], { maxDelayed: 2 });
  const [first, , third] = [fakeExchange(), fakeExchange(), fakeExchange()].map((x) => ({ x, result: policy.request(x) }));
  expect(third!.result).toBe(false);
  expect(third!.x.injected).toBeUndefined();
  await clock.turn(1_000);
  expect(await first!.result).toBe(false);
  expect(policy.request(fakeExchange())).not.toBe(false);
});

test("slow bodies hurry when the gateway drains, and are forgotten with their exchange", () => {
  const ended: string[] = [];
  const asked: AnswerHarm[] = [];
  const harmAnswer = (x: Exchange, harm: AnswerHarm): Harm => {
    asked.push(harm);
    return { end: () => ended.push(x.path) };
  };
  const policy = inject([rule({ bytesPerSecond: 100, resetAfter: 7 })], { harmAnswer });
  const [over, open] = [fakeExchange({ path: "/over" }), fakeExchange({ path: "/open" })];
  for (const x of [over, open]) expect(policy.request(x)).toBe(false);
  expect(asked[0]).toMatchObject({ bytesPerSecond: 100, resetAfter: 7 });
  policy.done(over);
  policy.drain();
  expect(ended).toEqual(["/over", "/open"]);
});

test("what was injected is told in Proxy-Status (RFC 9209), and nothing where nothing was", () => {
  const policy = inject([rule({ share: 0.5, abort: 503 })]);
  const told = Array.from({ length: 50 }, () => {
    const x = fakeExchange();
    if (policy.request(x) !== true) x.answer = fakeAnswer();
    policy.response(x);
    return `${x.answer!.status} ${x.answer!.headers.get("proxy-status") ?? "-"}`;
  });
  const abort = '503 shop; error=proxy_internal_response; details="faultInjection: abort"';
  expect([...new Set(told)].sort()).toEqual(["200 -", abort].sort());
});

test("/status and metrics count by operation and kind", () => {
  const policy = inject([rule({ summary: "100% abort 503", abort: 503 })]);
  statuses(policy, 3);
  expect(policy.state()).toEqual({
    rules: ["100% abort 503"],
    delayed: 0,
    injected: { delay: 0, abort: 3, reset: 0, slowBody: 0, resetAfter: 0 },
  });
  expect(policy.metrics()[0]!.samples).toEqual([{ labels: 'operation="orders.v1.listOrders",fault="abort"', value: 3 }]);
});
