import { expect, test } from "vitest";
import { exponential } from "./chance.ts";
import type { EndpointPlan } from "./endpoint.ts";
import { isGood } from "./figures.ts";
import type { GatewayOptions } from "./gateway.ts";
import { perform, type RequestResult } from "./run.ts";

/** Requests that the service can answer in a second. */
const capacity = 200;
const service: EndpointPlan = { workers: 20, moods: [{ from: 0, mood: { latency: exponential(100) } }] };

const limited: GatewayOptions = {
  policies: `concurrency: { limit: { min: 5, initial: 20, max: 200 }, queue: {} }
priority: { class: "request.path.startsWith('/important') ? 'critical' : 'low'" }`,
};

/** Milliseconds after which clients have no use for an answer. */
const deadline = 1_000;

/** So many times as much as the service can answer, for a minute, of which a quarter is important. The first 10 s do not count. */
async function under(times: number, gateway: GatewayOptions): Promise<readonly RequestResult[]> {
  const { requests } = await perform([service], 60, gateway, (stage) => {
    const gap = exponential(1 / (capacity * times));
    const next = (from: number): void => {
      const second = from + gap(stage.chance);
      if (second >= 60) return;
      stage.at(second, () => {
        stage.ask({ path: stage.chance() < 0.25 ? "/important" : "/others" });
        next(second);
      });
    };
    next(0);
  });
  return requests.filter(({ at }) => at >= 10_000);
}

const inTime = (all: readonly RequestResult[]): RequestResult[] => all.filter((one) => isGood(one) && one.took <= deadline);
const shareInTime = (all: readonly RequestResult[], path: string): number => {
  const chosen = all.filter((one) => one.path === path);
  return inTime(chosen).length / chosen.length;
};

test("at twice the capacity, at least 99 % of the important requests are answered in time", async () => {
  const all = await under(2, limited);
  expect(shareInTime(all, "/important")).toBeGreaterThanOrEqual(0.99);
  // What they leave is for the others: half of the capacity for three quarters of twice as much.
  expect(shareInTime(all, "/others")).toBeGreaterThan(0.3);
});

test("and the service works as much as it can, in time: at least 97 % of its capacity", async () => {
  expect(inTime(await under(2, limited)).length / 50).toBeGreaterThanOrEqual(0.97 * capacity);
});

test("without a limit nobody is answered in time: control", async () => {
  expect(inTime(await under(2, {}))).toEqual([]);
});

test("at 80 % of the capacity nobody is refused", async () => {
  const all = await under(0.8, limited);
  expect(all.every(isGood)).toBe(true);
});
