import { describe, expect, it, onTestFinished } from "vitest";
import { refuse } from "../../../runtime/answers/problem.ts";
import type { Exchange } from "../../../runtime/exchange/exchange.ts";
import { createDamping, type Damping, type DampingConfig } from "../../../runtime/identity/damping/damping.ts";
import { networkOf } from "../../../runtime/identity/damping/network.ts";
import { timers } from "../../../runtime/life/timers.ts";
import { createTokenBucket } from "../../../runtime/limits/token-bucket.ts";
import { createDampedSecurity } from "../../../runtime/policies/security/damped.ts";
import type { CounterStore, LimitConfig, Taken } from "../../../runtime/stores/store.ts";
import { fakeExchange, problemOf } from "../../harness/fake-exchange.ts";

/** Counts in this process, as the store of one process does. */
function counting(): CounterStore {
  const used = new Map<string, number>();
  return {
    name: "default",
    counters: ({ law }: LimitConfig) => ({
      take: (key: string): Taken => {
        const count = (used.get(key) ?? 0) + 1;
        const passed = count <= law.most;
        if (passed) used.set(key, count);
        return { passed, left: 0, moreIn: 0, retryIn: passed ? 0 : 2_500, at: 0 };
      },
      settle: () => {},
      look: () => ({ left: 0, moreIn: 0 }),
      reset: () => true,
    }),
  } as unknown as CounterStore;
}

const broken = { name: "default", counters: () => ({ take: () => ({ failed: "gone" }) }) } as unknown as CounterStore;

/** Timers that go off when the test says so. */
function heldTimers(): { readonly waiting: (() => void)[]; readonly delays: number[] } {
  const { after } = timers;
  onTestFinished(() => void (timers.after = after));
  const held = { waiting: [] as (() => void)[], delays: [] as number[] };
  timers.after = (milliseconds, _owner, callback) => {
    held.delays.push(milliseconds);
    held.waiting.push(callback);
    return { cancel: () => {} };
  };
  return held;
}

const dampingOf = (change: Partial<DampingConfig> = {}): Damping =>
  createDamping({
    store: counting(),
    law: createTokenBucket({ limit: 3, window: 60_000, burst: 3 }),
    delay: 1_000,
    maxDelayed: 2,
    maxAddresses: 100,
    ...change,
  });

const refusal = (status: number, slug: string) => (x: Exchange) =>
  refuse(x, { status, slug, title: "title", source: "security" });
const wrong = refusal(401, "invalid-credentials");

/** What the step makes of a request from an address: `passes`, a status, or `waits`. */
function outcome(damping: Damping, request: (x: Exchange) => boolean | Promise<boolean>, ip = "192.0.2.1"): string {
  const x = fakeExchange({ peer: { ip } });
  const step = createDampedSecurity({ security: { request, upstreamRequest: () => {} }, damping });
  const refused = step.request(x);
  if (refused === false) return "passes";
  return refused instanceof Promise ? "waits" : String((problemOf(x) as { status: number }).status);
}

const times = (count: number, act: () => string): string[] => Array.from({ length: count }, act);

describe("damping of wrong credentials", () => {
  it("slows an address after its first failures, and only so many at a time: further ones get 429 with Retry-After", () => {
    const held = heldTimers();
    const damping = dampingOf();
    expect(times(6, () => outcome(damping, wrong))).toEqual(["401", "401", "401", "waits", "waits", "429"]);
    expect(held.delays).toEqual([1_000, 1_000]);
    for (const off of held.waiting.splice(0)) off();
    expect(outcome(damping, wrong)).toBe("waits");
    const x = fakeExchange({});
    outcome(damping, wrong);
    createDampedSecurity({ security: { request: wrong, upstreamRequest: () => {} }, damping }).request(x);
    expect([x.answer?.status, x.answer?.headers.get("retry-after")]).toEqual([429, "3"]);
    expect(damping.state()).toMatchObject({ waiting: 2 });
  });

  it("lets right credentials pass at once from the same address, however many were wrong there", () => {
    heldTimers();
    const damping = dampingOf();
    times(1_000, () => outcome(damping, wrong));
    expect(times(5, () => outcome(damping, () => false))).toEqual(["passes", "passes", "passes", "passes", "passes"]);
  });

  it("counts each address alone, and those of one IPv6 network together", () => {
    heldTimers();
    const damping = dampingOf({ maxDelayed: 100 });
    expect(times(4, () => outcome(damping, wrong, "192.0.2.1")).at(-1)).toBe("waits");
    expect(outcome(damping, wrong, "192.0.2.2")).toBe("401");
    const network = (host: number): string => outcome(damping, wrong, `2001:db8:0:7::${host.toString(16)}`);
    expect([1, 2, 3, 4].map(network)).toEqual(["401", "401", "401", "waits"]);
    expect(outcome(damping, wrong, "2001:db8:0:8::1")).toBe("401");
  });

  it.each([
    ["without credentials", refusal(401, "authentication-required")],
    ["whose credentials cannot be verified at the moment", refusal(503, "credentials-unverifiable")],
    ["whose credentials are right and not enough", refusal(403, "insufficient-scope")],
  ])("counts nobody %s", (_who, request) => {
    heldTimers();
    const damping = dampingOf();
    const status = outcome(damping, request);
    expect(times(50, () => outcome(damping, request)).every((one) => one === status)).toBe(true);
    expect(outcome(damping, wrong)).toBe("401");
  });

  it("slows whoever is wrong while the store does not say how many there were", () => {
    heldTimers();
    const damping = dampingOf({ store: broken });
    expect([outcome(damping, wrong), outcome(damping, () => false)]).toEqual(["waits", "passes"]);
  });

  it("waits for asynchronous schemes first", async () => {
    const held = heldTimers();
    const damping = dampingOf({ store: broken });
    const security = { request: async (x: Exchange) => wrong(x), upstreamRequest: () => {} };
    const done = createDampedSecurity({ security, damping }).request(fakeExchange({})) as Promise<boolean>;
    await expect.poll(() => held.waiting.length).toBe(1);
    held.waiting[0]!();
    expect(await done).toBe(true);
  });
});

describe("the network of an address", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:DB8:0:0:1:2:3:4", "2001:db8:0:0::/64"],
    ["2001:0db8:0001:0002::", "2001:db8:1:2::/64"],
    ["::1", "0:0:0:0::/64"],
    ["1::2:3:4:5:6", "1:0:0:2::/64"],
    ["unknown", "unknown"],
  ])("of %s is %s", (ip, network) => expect(networkOf(ip)).toBe(network));
});
