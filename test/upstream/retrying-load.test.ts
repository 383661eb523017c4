import type { RequestListener } from "node:http";
import { expect, it } from "vitest";
import { AttemptBudget } from "../../runtime/upstream/attempts/attempt-budget.ts";
import { Backoff } from "../../runtime/upstream/attempts/backoff.ts";
import type { RetryingService } from "../../runtime/upstream/attempts/retrying-service.ts";
import type { AttemptWatcher } from "../../runtime/upstream/attempts/watcher.ts";
import { createEndpointLoads } from "../../runtime/upstream/balance/endpoint-load.ts";
import { createRoundRobin } from "../../runtime/upstream/balance/round-robin.ts";
import { createPowerOfTwo } from "../../runtime/upstream/balance/two-choices.ts";
import { seededChance } from "../harness/seeded-chance.ts";
import { forwarding, gateway, using } from "../runtime/support/gateway.ts";
import { defaultRetry, origin, retrying } from "./support/retrying.ts";

const well: RequestListener = (_, response) => void response.end("well");

/** Statuses of so many requests from so many clients, each of which sends one after the other. 0: no answer, or not whole. */
async function statuses(service: RetryingService, clients: number, each: number, during: (done: number) => void = () => {}) {
  const counts = new Map<number, number>();
  let done = 0;
  await using(gateway(forwarding(service)), async ({ port }) => {
    const client = async (): Promise<void> => {
      for (let count = 0; count < each; count++) {
        const status = await fetch(`http://127.0.0.1:${port}/`).then(
          async (answer) => ((await answer.text()) === "well" || answer.status !== 200 ? answer.status : 0),
          () => 0,
        );
        counts.set(status, (counts.get(status) ?? 0) + 1);
        during(++done);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
  });
  return counts;
}

it.each([
  ["roundRobin", createRoundRobin],
  ["powerOfTwo", createPowerOfTwo],
])(
  "one of three endpoints fails at random half of the time: at least 99.9 % of idempotent requests are good with the default budget (%s)",
  async (_, balancer) => {
    const chance = seededChance(13);
    const half: RequestListener = (request, response) => {
      const draw = chance();
      if (draw < 0.25) response.writeHead(500).end();
      else if (draw < 0.4) response.writeHead(503).end();
      else if (draw < 0.5) request.socket.destroy();
      else response.end("well");
    };
    const bad = await origin(half);
    const good = await Promise.all([origin(well), origin(well)]);
    const service = retrying(
      [bad, ...good].map(({ url }) => url),
      { loadBalancer: balancer() },
    );
    const counts = await statuses(service, 20, 100);
    expect(counts.get(200)! / 2_000).toBeGreaterThanOrEqual(0.999);
    // It was asked, and it failed.
    expect(service.retries).toBeGreaterThan(0);
  },
);

it("an endpoint of three is killed under load: no idempotent request fails", async () => {
  const slow: RequestListener = (_, response) => void setTimeout(() => response.end("well"), 5);
  const origins = await Promise.all([origin(slow), origin(slow), origin(slow)]);
  let lost = 0;
  const watcher: AttemptWatcher = { ended: (_, outcome) => void (lost += outcome === "reset" || outcome === "unsent" ? 1 : 0) };
  const watchers = [createEndpointLoads(), watcher];
  const service = retrying(
    origins.map(({ url }) => url),
    { loadBalancer: createPowerOfTwo(), watchers },
  );
  const counts = await statuses(service, 30, 50, (done) => {
    if (done === 500) origins[0]!.kill();
  });
  expect([...counts]).toEqual([[200, 1_500]]);
  // It was in the middle of something when it was killed.
  expect(lost).toBeGreaterThan(0);
});

it("a service is gone for 3 s at 1,000 requests per second with three attempts: at most 1.25 times as many reach it in the second after", () => {
  const budget = new AttemptBudget(defaultRetry.budget);
  const backoff = new Backoff(defaultRetry.backoff);
  const goneFrom = 20_000;
  const backAt = 23_000;
  /** Attempts by the millisecond at which they are made, with the retries that each has behind it. */
  const due = new Map<number, number[]>();
  const plan = (at: number, retry: number): void => void due.set(at, [...(due.get(at) ?? []), retry]);
  const load = new Map<number, number>();
  for (let now = 0; now < backAt + 1_000; now++) {
    budget.deposit(now);
    plan(now, 0);
    for (const retry of due.get(now) ?? []) {
      const second = Math.floor(now / 1_000);
      load.set(second, (load.get(second) ?? 0) + 1);
      const fails = now >= goneFrom && now < backAt;
      if (fails && retry < defaultRetry.attempts - 1 && budget.take(now))
        plan(now + 1 + Math.floor(backoff.before(retry)), retry + 1);
    }
  }
  // The positive control: retries there were.
  expect(load.get(20)).toBeGreaterThan(1_500);
  expect(load.get(23)).toBeLessThanOrEqual(1_250);
});
