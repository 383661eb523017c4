import { beforeEach, describe, expect, it, vi } from "vitest";
import { clock } from "../../../runtime/life/clock.ts";
import type { Attempt } from "../../../runtime/upstream/attempts/attempt.ts";
import { Breaker, type BreakerConfig } from "../../../runtime/upstream/attempts/breaker.ts";
import { Breakers } from "../../../runtime/upstream/attempts/breakers.ts";
import { FailureWindow } from "../../../runtime/upstream/attempts/failure-window.ts";
import type { Outcome } from "../../../runtime/upstream/attempts/outcome.ts";

let now = 0;

beforeEach(() => {
  now = 1_000_000;
  vi.spyOn(clock, "monotonic").mockImplementation(() => now);
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  return () => vi.restoreAllMocks();
});

const config: BreakerConfig = { errorRate: 0.5, minimum: 4, window: 10_000, open: 5_000, maxOpen: 60_000, probes: 3 };

/** One that has begun. */
function begun(breaker: Breaker): Attempt {
  const attempt = { startedAt: now, headAt: 0, endedAt: 0 } as Attempt;
  breaker.began(attempt);
  return attempt;
}

function end(breaker: Breaker, attempt: Attempt, outcome: Outcome, ms = 1): void {
  now = Math.max(now, attempt.startedAt + ms);
  attempt.endedAt = now;
  attempt.headAt = now;
  breaker.ended(attempt, outcome);
}

function run(breaker: Breaker, outcome: Outcome, count = 1, ms = 1): void {
  for (let index = 0; index < count; index++) end(breaker, begun(breaker), outcome, ms);
}

describe("it opens", () => {
  it("at the share of failures, and not below the least number of attempts", () => {
    const breaker = new Breaker(config);
    run(breaker, "reset", 3);
    expect(breaker.state).toBe("closed");
    run(breaker, "reset");
    expect([breaker.state, breaker.permits]).toEqual(["open", false]);
  });

  it("not for failures that are older than the window", () => {
    const breaker = new Breaker(config);
    run(breaker, "serverError", 3);
    now += 11_000;
    run(breaker, "serverError", 3);
    expect(breaker.state).toBe("closed");
  });

  it("at failures one after another", () => {
    const breaker = new Breaker({ ...config, consecutive: 3 });
    run(breaker, "ok", 100);
    run(breaker, "timeoutHead", 2);
    run(breaker, "ok");
    run(breaker, "timeoutHead", 2);
    expect(breaker.state).toBe("closed");
    run(breaker, "timeoutHead");
    expect(breaker.state).toBe("open");
  });

  it("not for what was under way at one endpoint that died, while others answer", () => {
    const breaker = new Breaker({ ...config, consecutive: 3, errorRate: 2 });
    const underWay = Array.from({ length: 30 }, () => begun(breaker));
    run(breaker, "ok");
    for (const attempt of underWay) end(breaker, attempt, "reset");
    expect(breaker.state).toBe("closed");
    run(breaker, "reset", 3);
    expect(breaker.state).toBe("open");
  });

  it("at the share of slow answers, where they are looked at", () => {
    const breaker = new Breaker({ ...config, slowMs: 1_000, slowRate: 0.5 });
    run(breaker, "ok", 4, 900);
    expect(breaker.state).toBe("closed");
    run(breaker, "ok", 4, 1_100);
    expect(breaker.state).toBe("open");
  });

  it.each<Outcome>(["abandoned", "local", "overloaded"])("never for what is no failure of the service: %s", (outcome) => {
    const breaker = new Breaker({ ...config, consecutive: 3 });
    run(breaker, outcome, 1_000);
    expect(breaker.state).toBe("closed");
  });
});

function opened(change: Partial<BreakerConfig> = {}): Breaker {
  const breaker = new Breaker({ ...config, ...change });
  run(breaker, "reset", 4);
  return breaker;
}

describe("half open", () => {
  it("lets one attempt pass, and one more at the same time with each that succeeds, and closes", () => {
    const breaker = opened();
    now += 5_000;
    expect(breaker.state).toBe("halfOpen");
    const first = begun(breaker);
    expect(breaker.permits).toBe(false);
    end(breaker, first, "ok");
    const [second, third] = [begun(breaker), begun(breaker)];
    expect(breaker.permits).toBe(false);
    end(breaker, second, "ok");
    expect(breaker.state).toBe("halfOpen");
    end(breaker, third, "ok");
    expect([breaker.state, breaker.permits]).toEqual(["closed", true]);
  });

  it("500 that wait for a service that hangs: one reaches it (safe-client-gateway#3442)", () => {
    const breaker = opened();
    now += 5_000;
    let passed = 0;
    for (let request = 0; request < 500; request++) {
      if (!breaker.permits) continue;
      passed++;
      begun(breaker);
    }
    expect(passed).toBe(1);
  });

  it.each<Outcome>(["abandoned", "local"])("a place is given back unused: %s (nora#585, resilience4j#903)", (outcome) => {
    const breaker = opened();
    now += 5_000;
    for (let client = 0; client < 100; client++) {
      expect(breaker.permits).toBe(true);
      run(breaker, outcome);
    }
    expect(breaker.state).toBe("halfOpen");
  });

  it("is open again after a failure, for twice as long each time, up to a bound", () => {
    const breaker = opened();
    for (const seconds of [5, 10, 20, 40, 60, 60]) {
      now += seconds * 1_000 - 1;
      expect(breaker.state).toBe("open");
      now += 1;
      expect(breaker.state).toBe("halfOpen");
      run(breaker, "reset");
    }
  });

  it("what began before it opened decides nothing", () => {
    const breaker = new Breaker(config);
    const old = begun(breaker);
    run(breaker, "reset", 4);
    now += 5_000;
    end(breaker, old, "reset");
    expect(breaker.state).toBe("halfOpen");
  });

  it("after it closed, old failures do not open it", () => {
    const breaker = opened();
    now += 5_000;
    run(breaker, "ok", 3);
    run(breaker, "reset", 3);
    expect(breaker.state).toBe("closed");
  });
});

it("is as open in the process that takes over as it was, and a closed one is not spoken of", () => {
  const before = opened();
  expect(new Breaker(config).handOver()).toBeUndefined();
  now += 2_000;
  const after = new Breaker(config);
  after.adopt(before.handOver()!);
  expect([after.state, after.waitMs]).toEqual(["open", 3_000]);
  now += 3_000;
  expect(after.state).toBe("halfOpen");
  run(after, "reset");
  // Its second time.
  expect(after.waitMs).toBe(10_000);
});

it("of a hundred instances that open together, the tries are spread over two fifths of the time (failsafe-go#142)", () => {
  let seed = 1;
  vi.mocked(Math.random).mockImplementation(() => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  });
  const waits = Array.from({ length: 100 }, () => opened().waitMs);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(4_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(6_000);
  expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(1_000);
});

describe("a window of failures", () => {
  it("agrees with a list of all, within a tenth of the window", () => {
    const window = new FailureWindow(1_000);
    const all: { at: number; bad: boolean }[] = [];
    let at = 5_000;
    for (let index = 0; index < 5_000; index++) {
      at += (index * 7919) % 23;
      const bad = index % 3 === 0;
      window.add(at, bad);
      all.push({ at, bad });
      const within = (ms: number) => all.filter((one) => one.at > at - ms);
      expect(window.all).toBeGreaterThanOrEqual(within(900).length);
      expect(window.all).toBeLessThanOrEqual(within(1_000).length + 1);
      expect(window.failed).toBeLessThanOrEqual(within(1_000).filter((one) => one.bad).length + 1);
      while (all[0]!.at < at - 2_000) all.shift();
    }
  });
});

describe("what begins while it is open", () => {
  it("in place of an attempt that failed is no probe: many requests that try the next endpoint do not lengthen its time", () => {
    const breaker = new Breaker({ ...config, consecutive: 3 });
    const first = Array.from({ length: 100 }, () => begun(breaker));
    for (const attempt of first) {
      end(breaker, attempt, "unsent", 0);
      end(breaker, begun(breaker), "unsent", 0);
    }
    expect([breaker.opened, breaker.waitMs]).toEqual([1, config.open]);
  });
});

it("a probe that streams lets others begin once its answer has begun", () => {
  const breaker = new Breaker(config);
  run(breaker, "reset", 4);
  now += 6_000;
  const stream = begun(breaker);
  expect(breaker.permits).toBe(false);
  stream.headAt = now;
  expect(breaker.permits).toBe(true);
  run(breaker, "ok", config.probes);
  expect(breaker.state).toBe("closed");
});

it("breakers of a build with another `per` are not taken over: nothing would ever close them", () => {
  const breakers = (perOperation: boolean): Breakers => new Breakers({ ...config, service: "orders", perOperation });
  const open = { waitMs: 5_000, openings: 1 };
  const [shared, own] = [breakers(false), breakers(true)];
  for (const one of [shared, own]) one.adopt({ "": open, "orders.list": open });
  expect(shared.states().map(({ operation, state }) => [operation, state])).toEqual([[undefined, "open"]]);
  expect(own.states().map(({ operation, state }) => [operation, state])).toEqual([["orders.list", "open"]]);
});
