import { expect, test } from "vitest";
import { fixed } from "./chance.ts";
import type { EndpointPlan, Mood } from "./endpoint.ts";
import { perform, type Result, type Stage } from "./run.ts";

/** Opens after five failures, for 5 s, give or take a fifth. */
const withBreaker = {
  service: "timeout: { response: 1s }\nbreaker: { consecutive: 5, open: 5s, probes: 3 }",
};

/** One endpoint: it fails until a second, and then is as said. */
const failingUntil = (second: number, then: Mood): EndpointPlan[] => [
  {
    moods: [
      { from: 0, mood: { latency: fixed(5), fails: { share: 1, afterMs: 5, how: 500 } } },
      { from: second, mood: then },
    ],
  },
];

/** Five requests that fail, one after the other, from the begin on. */
const open = (stage: Stage): void => {
  for (let request = 0; request < 5; request++) stage.at(request * 0.01, () => stage.ask());
};

const arrivedAfter = ({ arrivals }: Result, second: number): number => arrivals.flat().filter((at) => at > second * 1_000).length;

const statusesAt = ({ requests }: Result, second: number): (number | "broken")[] =>
  requests.filter(({ at }) => at === second * 1_000).map(({ status }) => status);

test("open, nothing reaches the service, and clients get 503 at once", async () => {
  const result = await perform(failingUntil(60, "stalled"), 4, withBreaker, (stage) => {
    open(stage);
    for (let request = 0; request < 300; request++) stage.at(1 + request / 100, () => stage.ask());
  });
  expect(arrivedAfter(result, 0.9)).toBe(0);
  const refused = result.requests.filter(({ at }) => at >= 1_000);
  expect(refused.every(({ status, took }) => status === 503 && took === 0)).toBe(true);
});

test("half open, 500 requests wait for a service that hangs: one reaches it (safe-client-gateway#3442)", async () => {
  const result = await perform(failingUntil(2, "stalled"), 10, withBreaker, (stage) => {
    open(stage);
    // Behind the longest open time.
    stage.at(6.5, () => {
      for (let request = 0; request < 500; request++) stage.ask();
    });
  });
  expect(arrivedAfter(result, 1)).toBe(1);
  expect(statusesAt(result, 6.5).filter((status) => status === 503)).toHaveLength(499);
});

test("a client that leaves during the probe gives its place back: the next request probes (nora#585, resilience4j#903)", async () => {
  const slow: Mood = { latency: fixed(500) };
  const result = await perform(failingUntil(2, slow), 10, withBreaker, (stage) => {
    open(stage);
    stage.at(6.5, () => {
      const leave = stage.ask();
      // While it is under way, no other one may pass; behind it, the next.
      stage.at(6.6, () => stage.ask());
      stage.at(6.7, leave);
      stage.at(6.8, () => stage.ask());
    });
  });
  expect(statusesAt(result, 6.6)).toEqual([503]);
  expect(statusesAt(result, 6.8)).toEqual([200]);
});

test("it is closed again after as many good probes as it asks for, and everything passes", async () => {
  const result = await perform(failingUntil(2, { latency: fixed(5) }), 20, withBreaker, (stage) => {
    open(stage);
    for (let request = 0; request < 3; request++) stage.at(6.5 + request * 0.1, () => stage.ask());
    stage.at(7, () => {
      for (let request = 0; request < 200; request++) stage.ask();
    });
  });
  expect(statusesAt(result, 7)).toEqual(Array(200).fill(200));
});

test("each time that the service has not recovered, it is left alone for twice as long", async () => {
  const result = await perform(failingUntil(60, { latency: fixed(5) }), 60, withBreaker, (stage) => {
    open(stage);
    for (let request = 0; request < 600; request++) stage.at(0.1 + request / 10, () => stage.ask());
  });
  const probes = result.arrivals.flat().filter((at) => at > 1_000);
  const gaps = [50, ...probes].slice(1).map((at, index) => at - [50, ...probes][index]!);
  // 5, 10, 20 seconds, each give or take a fifth, and up to 100 ms until somebody asks.
  for (const [index, gap] of gaps.slice(0, 3).entries()) {
    expect(gap).toBeGreaterThan(5_000 * 2 ** index * 0.8 - 1);
    expect(gap).toBeLessThan(5_000 * 2 ** index * 1.2 + 101);
  }
  expect(gaps.length).toBeGreaterThanOrEqual(3);
});

test("of instances that open together, first probes are spread over 20 % of the open time and more (failsafe-go#142)", async () => {
  const first: number[] = [];
  for (let seed = 1; seed <= 100; seed++) {
    const result = await perform(
      failingUntil(2, { latency: fixed(5) }),
      7,
      withBreaker,
      (stage) => {
        open(stage);
        for (let request = 0; request < 120; request++) stage.at(3.8 + request / 50, () => stage.ask());
      },
      seed,
    );
    first.push(result.arrivals.flat().find((at) => at > 1_000)!);
  }
  expect(Math.max(...first) - Math.min(...first)).toBeGreaterThanOrEqual(0.2 * 5_000);
  // Not two heaps at both ends: no tenth of the span has a third of them.
  const span = Math.max(...first) - Math.min(...first);
  const heaps = Array.from({ length: 10 }, (_, tenth) =>
    first.filter((at) => Math.min(9, Math.floor(((at - Math.min(...first)) / span) * 10)) === tenth),
  );
  expect(Math.max(...heaps.map(({ length }) => length))).toBeLessThan(33);
});
