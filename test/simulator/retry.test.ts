import { expect, test } from "vitest";
import { exponential, fixed } from "./chance.ts";
import type { EndpointPlan, Mood } from "./endpoint.ts";
import { figuresOf } from "./figures.ts";
import type { GatewayOptions } from "./gateway.ts";
import { type Load, perform, play } from "./run.ts";

const always = (mood: Mood): EndpointPlan => ({ moods: [{ from: 0, mood }] });
const retrying = (algorithm: string, more = ""): GatewayOptions => ({
  service: `loadBalancer: { algorithm: ${algorithm} }\nretry: {}\n${more}`,
});

test("one of 3 answers 500 in 1 ms: less than 5 % go to it after 5 s, and no second attempt does (linkerd2#11669)", async () => {
  const failing: Mood = { latency: fixed(1), fails: { share: 1, afterMs: 1, how: 500 } };
  const good: Mood = { latency: exponential(100) };
  const load: Load = { endpoints: [always(failing), always(good), always(good)], perSecond: 300, seconds: 30 };
  for (const gateway of [{}, retrying("powerOfTwo")]) {
    const { requests, arrivals } = await play(load, gateway);
    expect(figuresOf({ requests, arrivals }, 5).shares[0]).toBeLessThan(0.05);
    for (const { endpoints } of requests) expect(endpoints.slice(1)).not.toContain(0);
  }
  // Without checks of health, and with retries: nobody notices.
  expect(figuresOf(await play(load, retrying("powerOfTwo")), 0).good).toBe(1);
});

test("1,000 requests fail at once: as many retries as the budget has, whatever waits in its pause (envoy#30205)", async () => {
  const failing = always({ latency: fixed(10), fails: { share: 1, afterMs: 10, how: 503 } });
  const load: Load = { endpoints: [failing, failing, failing], perSecond: 0, seconds: 30, atOnce: { second: 1, count: 1_000 } };
  const { requests } = await play(load, retrying("powerOfTwo"));
  const retries = requests.reduce((sum, { endpoints }) => sum + endpoints.length - 1, 0);
  // A fifth of the requests, and 10 for each of ten seconds.
  expect(retries).toBe(200 + 100);
});

const half: EndpointPlan = always({ latency: exponential(50), fails: { share: 0.5, afterMs: 20, how: 500 } });
const others: EndpointPlan[] = [always({ latency: exponential(50) }), always({ latency: exponential(50) })];
const halfFailing: Load = { endpoints: [half, ...others], perSecond: 300, seconds: 60 };

test("a request that is not idempotent is sent once, whatever becomes of it", async () => {
  const { requests } = await play({ ...halfFailing, method: "POST", seconds: 10 }, retrying("roundRobin"));
  expect(requests.every(({ endpoints }) => endpoints.length === 1)).toBe(true);
});

test("gone for 3 s at 1,000 requests in a second: at most 1.25 times as much in the first second after", async () => {
  const gone: EndpointPlan = {
    moods: [
      { from: 0, mood: { latency: fixed(5) } },
      { from: 5, mood: { latency: fixed(5), fails: { share: 1, afterMs: 1, how: "reset" } } },
      { from: 8, mood: { latency: fixed(5) } },
    ],
  };
  const result = await perform([gone, gone, gone], 12, retrying("powerOfTwo"), (stage) => {
    for (let request = 0; request < 12_000; request++) stage.at(request / 1_000, () => stage.ask());
  });
  const arrived = (second: number): number =>
    result.arrivals.flat().filter((at) => at >= second * 1_000 && at < (second + 1) * 1_000).length;
  expect(arrived(8)).toBeLessThanOrEqual(1_250);
  // While it is gone, too, once the budget of the good time is used up.
  expect(Math.max(arrived(6), arrived(7))).toBeLessThanOrEqual(1_250);
});
