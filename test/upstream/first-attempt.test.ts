import { expect, it } from "vitest";
import type { StartValue } from "../../runtime/exchange/exchange.ts";
import { createBreakers } from "../../runtime/upstream/attempts/breakers.ts";
import { createFallbackAnswer } from "../../runtime/upstream/attempts/fallback.ts";
import { createFallbackService } from "../../runtime/upstream/attempts/fallback-service.ts";
import { firstAttemptAt } from "../../runtime/upstream/attempts/first-attempt.ts";
import { createSubsets } from "../../runtime/upstream/attempts/subsets.ts";
import { DoneLog, forwarding, gateway, plainForward, using } from "../runtime/support/gateway.ts";
import { origin, type RetryingChange, retrying } from "./support/retrying.ts";

// What a roll-out learns of a new service that was not asked. The one before may answer in its place.

const failed = { hasFailed: true, isAbandoned: false, took: 0 };

/** What one request says of a service with these endpoints. */
async function said(urls: readonly string[], change: RetryingChange): Promise<ReturnType<typeof firstAttemptAt>> {
  const log = new DoneLog();
  const next = retrying(urls, { name: "next", ...change });
  let learned: ReturnType<typeof firstAttemptAt>;
  await using(gateway(forwarding(next, { done: log.hook }, plainForward)), async ({ port }) => {
    await (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer();
    learned = firstAttemptAt("next", await log.take());
  });
  return learned;
}

const openBreaker = () => {
  const breakers = createBreakers({
    service: "next",
    perOperation: false,
    window: 10_000,
    minimum: 1,
    open: 60_000,
    maxOpen: 60_000,
    probes: 1,
  });
  breakers.adopt({ "": { waitMs: 60_000, openings: 1 } });
  return breakers;
};

it("that it has no endpoint which can be used is its failure, whoever answers in its place", async () => {
  const before = await origin((_, response) => response.end("before"));
  const service = retrying([before.url], { name: "before" });
  const nobody = retrying([], { name: "before" });
  const answer = createFallbackAnswer({ status: 200, headers: [], body: "" as StartValue });
  expect(await said([], {})).toEqual(failed);
  expect(await said([], { fallback: createFallbackService({ service }) })).toEqual(failed);
  expect(before.seen.requests).toBe(1);
  expect(await said([], { fallback: createFallbackService({ service: nobody }) })).toEqual(failed);
  expect(await said([], { fallback: answer })).toEqual(failed);
  const subsets = createSubsets({ subsets: [{ name: "v2", metadata: { version: "2" }, mayBeAny: false }] });
  expect(await said([before.url], { subsets, fallback: createFallbackService({ service }) })).toEqual(failed);
  expect(before.seen.requests).toBe(2);
});

it("that its breaker is open is none, as what opened it was, also where the one in its place has no endpoint", async () => {
  const before = await origin((_, response) => response.end("before"));
  const service = retrying([before.url], { name: "before" });
  const nobody = retrying([], { name: "before" });
  expect(await said([before.url], { breakers: openBreaker() })).toBeUndefined();
  expect(await said([before.url], { breakers: openBreaker(), fallback: createFallbackService({ service }) })).toBeUndefined();
  expect(before.seen.requests).toBe(1);
  const fallback = createFallbackService({ service: nobody });
  expect(await said([before.url], { breakers: openBreaker(), fallback })).toBeUndefined();
});
