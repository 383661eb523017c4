import type { RequestListener } from "node:http";
import { expect, it, onTestFinished, vi } from "vitest";
import type { Attempt } from "../../runtime/upstream/attempts/attempt.ts";
import { createGrpcCalls } from "../../runtime/upstream/attempts/grpc-calls.ts";
import {
  createHedgingService,
  type HedgingService,
  type HedgingServiceConfig,
} from "../../runtime/upstream/attempts/hedging-service.ts";
import { LatencyQuantile } from "../../runtime/upstream/attempts/latency-quantile.ts";
import type { Outcome } from "../../runtime/upstream/attempts/outcome.ts";
import { stillClock } from "../harness/still-clock.ts";
import { DoneLog, forwarding, gateway, plainForward, using } from "../runtime/support/gateway.ts";
import { atOnce, origin, type RetryingChange, retryingConfig } from "./support/retrying.ts";
import { Waiting } from "./support/waiting.ts";

const saying =
  (words: string): RequestListener =>
  (_, response) =>
    void response.end(words);
const well = saying("well");
const silent: RequestListener = () => {};
const status =
  (code: number): RequestListener =>
  (_, response) =>
    void response.writeHead(code).end();

/** Each request in turn is for the next listener; the last one stays. */
function inTurn(...listeners: readonly RequestListener[]): RequestListener {
  let turn = 0;
  return (request, response) => listeners[Math.min(turn++, listeners.length - 1)]!(request, response);
}

function hedging(urls: readonly string[], hedge: HedgingServiceConfig["hedge"], change: RetryingChange = {}): HedgingService {
  const service = createHedgingService({ ...retryingConfig(urls, change), hedge });
  onTestFinished(() => service.close());
  return service;
}

const soon = { after: 20, attempts: 2 };

/** What is late is so by this clock, which nobody's slowness turns. */
const time = stillClock();

const text = async (port: number, path = "/"): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text();

it("where an answer is late, another endpoint is asked: the first answer is the client's, and the loser is abandoned and no failure (grpc/proposal#558)", async () => {
  let left = 0;
  const late: RequestListener = (request) => void request.socket.on("close", () => left++);
  const ends: Outcome[] = [];
  const answers = inTurn(late, well);
  // In turn, whichever comes first: the first request finds nobody.
  const [one, other] = await Promise.all([origin(answers), origin(answers)]);
  const service = hedging([one.url, other.url], soon, { watchers: [{ ended: (_, outcome) => void ends.push(outcome) }] });
  const log = new DoneLog();
  await using(gateway(forwarding(service, { done: log.hook })), async ({ port }) => {
    const answer = fetch(`http://127.0.0.1:${port}/`);
    await vi.waitFor(() => expect(one.seen.requests + other.seen.requests).toBe(1));
    time.pass(20);
    expect([(await answer).status, await (await answer).text()]).toEqual([200, "well"]);
    await vi.waitFor(() => expect(left).toBe(1));
  });
  expect([one.seen.requests, other.seen.requests]).toEqual([1, 1]);
  expect(ends).toEqual(["abandoned", "ok"]);
  expect([service.hedges, service.retries]).toEqual([1, 0]);
  const { upstream, outcome } = await log.take();
  expect([outcome, upstream?.error, upstream?.attempts.map(({ error }) => error)]).toEqual(["complete", "", ["abandoned", ""]]);
});

it("the first may still win, and what answers in time is asked once", async () => {
  const waiting = new Waiting();
  const { url, seen } = await origin(inTurn(waiting.as(saying("first")), silent, well));
  const service = hedging([url], soon);
  await using(gateway(forwarding(service)), async ({ port }) => {
    const first = text(port);
    await waiting.count(1);
    time.pass(20);
    await vi.waitFor(() => expect(seen.requests).toBe(2));
    waiting.answer();
    expect([await first, await text(port)]).toEqual(["first", "well"]);
  });
  expect([seen.requests, service.hedges]).toEqual([3, 1]);
});

it("logs name the endpoint that answered, and not the one that was asked last", async () => {
  const waiting = new Waiting();
  const answers = inTurn(waiting.as(saying("first")), silent);
  const [one, other] = await Promise.all([origin(answers), origin(answers)]);
  const log = new DoneLog();
  const service = hedging([one.url, other.url], soon);
  await using(gateway(forwarding(service, { done: log.hook })), async ({ port }) => {
    const first = text(port);
    await waiting.count(1);
    time.pass(20);
    await vi.waitFor(() => expect(one.seen.requests + other.seen.requests).toBe(2));
    waiting.answer();
    expect(await first).toBe("first");
  });
  const { upstream } = await log.take();
  expect(upstream?.attempts).toHaveLength(2);
  expect(upstream?.endpoint).toBe(upstream?.attempts[0]!.endpoint.url);
});

it("an answer that rules would send again does not win while another may come", async () => {
  for (const bad of [status(503), (request) => request.socket.destroy()] satisfies RequestListener[]) {
    const waiting = new Waiting();
    const { url, seen } = await origin(inTurn(waiting.as(saying("slow")), bad));
    const ends: Outcome[] = [];
    const watchers = [{ ended: (_: Attempt, outcome: Outcome) => void ends.push(outcome) }];
    await using(gateway(forwarding(hedging([url], soon, { retry: { attempts: 1 }, watchers }))), async ({ port }) => {
      const slow = text(port);
      await waiting.count(1);
      time.pass(20);
      // The bad answer is here, and has been looked at.
      await vi.waitFor(() => expect(ends).toHaveLength(1));
      waiting.answer();
      expect(await slow).toBe("slow");
    });
    expect(seen.requests).toBe(2);
  }
});

it("where both fail, the rules decide", async () => {
  const waiting = new Waiting();
  const { url, seen } = await origin(inTurn(waiting.as(status(500)), status(503), well));
  const ends: Outcome[] = [];
  const watchers = [{ ended: (_: Attempt, outcome: Outcome) => void ends.push(outcome) }];
  await using(gateway(forwarding(hedging([url], soon, { retry: atOnce, watchers }))), async ({ port }) => {
    const answer = fetch(`http://127.0.0.1:${port}/`);
    await waiting.count(1);
    time.pass(20);
    await vi.waitFor(() => expect(ends).toHaveLength(1));
    waiting.answer();
    expect((await answer).status).toBe(200);
  });
  expect(seen.requests).toBe(3);
});

it("hedges and retries share one budget", async () => {
  const waiting = new Waiting();
  const { url, seen } = await origin(waiting.as(status(503)));
  const service = hedging([url], soon, { retry: { ...atOnce, budget: { ratio: 0, min: 0.1 } } });
  await using(gateway(forwarding(service)), async ({ port }) => {
    const first = fetch(`http://127.0.0.1:${port}/`);
    await waiting.count(1);
    time.pass(20);
    await waiting.count(2);
    waiting.answer();
    expect((await first).status).toBe(503);
    // One token in ten seconds, which the first hedge took: there is none for a retry, and none for another hedge.
    const exhausted = service.budget.exhausted;
    expect(exhausted).toBeGreaterThan(0);
    const second = fetch(`http://127.0.0.1:${port}/`);
    await waiting.count(1);
    time.pass(20);
    await vi.waitFor(() => expect(service.budget.exhausted).toBeGreaterThan(exhausted));
    waiting.answer();
    expect((await second).status).toBe(503);
  });
  expect([seen.requests, service.hedges, service.retries]).toEqual([3, 1, 0]);
});

it("what does harm twice, and a body on its way, is asked once", async () => {
  const waiting = new Waiting();
  const { url, seen } = await origin((request, response) => {
    request.resume();
    waiting.as(well)(request, response);
  });
  const service = hedging([url], soon);
  await using(gateway(forwarding(service)), async ({ port }) => {
    const ask = (options: RequestInit) => fetch(`http://127.0.0.1:${port}/`, options);
    const answers = [ask({ method: "POST" }), ask({ method: "PUT", body: "a" })];
    await waiting.count(2);
    // One that is late at the same time, and is asked twice: whoever else is late has been looked at.
    answers.push(ask({}));
    await waiting.count(3);
    time.pass(20);
    await waiting.count(4);
    waiting.answer();
    expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual([200, 200, 200]);
  });
  expect([seen.requests, service.hedges]).toEqual([4, 1]);
});

it.each(["-1", "whenever", "600000"])(
  "after `grpc-retry-pushback-ms: %s` no further attempt is made beside the first (gRFC A6, pushback)",
  async (pushback) => {
    let first: (() => unknown) | undefined;
    const busy: RequestListener = (_, response) =>
      void response.writeHead(200, { "grpc-status": "14", "grpc-retry-pushback-ms": pushback }).end();
    const waits: RequestListener = (_, response) => void (first = () => response.end("first"));
    const calls = inTurn(waits, busy, silent);
    let isAsked = false;
    const others = inTurn(() => void (isAsked = true), well);
    let count = 0;
    const { url } = await origin((request, response) => {
      if (request.url !== "/call") return others(request, response);
      count++;
      calls(request, response);
    });
    const retry = { ...atOnce, on: ["UNAVAILABLE"] } as const;
    const ends: Outcome[] = [];
    const watchers = [{ ended: (_: Attempt, outcome: Outcome) => void ends.push(outcome) }];
    const service = hedging([url], { after: 20, attempts: 3 }, { retry, watchers, grpc: createGrpcCalls() });
    await using(gateway(forwarding(service)), async ({ port }) => {
      const call = fetch(`http://127.0.0.1:${port}/call`, { headers: { "Content-Type": "application/grpc" } });
      await vi.waitFor(() => expect(count).toBe(1));
      time.pass(20);
      await vi.waitFor(() => expect(ends).toHaveLength(1));
      // One that is late at the same time as the call would be again: when it is asked twice, the call has been looked at.
      const other = text(port);
      await vi.waitFor(() => expect(isAsked).toBe(true));
      time.pass(20);
      expect(await other).toBe("well");
      first!();
      expect(await (await call).text()).toBe("first");
    });
    expect([count, service.hedges]).toEqual([2, 2]);
  },
);

it("a client that leaves leaves both", async () => {
  const ends: Outcome[] = [];
  const { url, seen } = await origin(silent);
  const service = hedging([url], soon, { watchers: [{ ended: (_, outcome) => void ends.push(outcome) }] });
  await using(gateway(forwarding(service)), async ({ port }) => {
    const leaving = new AbortController();
    const answer = fetch(`http://127.0.0.1:${port}/`, { signal: leaving.signal });
    await vi.waitFor(() => expect(seen.requests).toBe(1));
    time.pass(20);
    await vi.waitFor(() => expect(service.hedges).toBe(1));
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await vi.waitFor(() => expect(ends).toEqual(["abandoned", "abandoned"]));
    expect(service.endpoints[0]!.pool.size).toBe(0);
  });
});

it("late is what most answers are not, once enough of them were seen", async () => {
  const { url } = await origin(well);
  const service = hedging([url], { after: 0.95, attempts: 2 });
  await using(gateway(forwarding(service)), async ({ port }) => {
    expect(service.hedgeAfter).toBeUndefined();
    for (let count = 0; count < 30; count++) await (await fetch(`http://127.0.0.1:${port}/`)).text();
    expect(service.hedgeAfter).toBeGreaterThanOrEqual(1);
  });
});

it("an operation has its own time after which an answer is late, by its own answers where it is a share, or is asked once", async () => {
  const waiting = new Waiting();
  const { url } = await origin((request, response) => (request.url === "/slow" ? waiting.as(well) : well)(request, response));
  // The service itself would wait for a minute.
  const service = hedging([url], { after: 60_000, attempts: 2 });
  const own = { soon: { after: 20 }, share: { after: 0.5, attempts: 3 }, once: { after: 1, attempts: 1 } };
  const of = (hedge: keyof typeof own) => gateway(forwarding(service, { id: hedge }, { ...plainForward, hedge: own[hedge] }));
  await using(of("share"), async (share) =>
    using(of("once"), async (once) =>
      using(of("soon"), async (soon) => {
        // Of what others had to wait for, nothing is known to `share`: it has to see 20 answers of its own.
        const ports = [share.port, once.port, soon.port];
        const first: Promise<string>[] = [];
        for (const [index, port] of ports.entries()) {
          first.push(text(port, "/slow"));
          await waiting.count(index + 1);
        }
        time.pass(20);
        // The last one is asked twice, and those that came before it have been looked at.
        await waiting.count(4);
        expect(service.hedges).toBe(1);
        waiting.answer();
        expect(await Promise.all(first)).toEqual(["well", "well", "well"]);

        for (let turn = 0; turn < 20; turn++) await text(share.port, "/quick");
        const last = text(share.port, "/slow");
        await waiting.count(1);
        for (const count of [2, 3]) {
          time.pass(20);
          await waiting.count(count);
        }
        expect(service.hedges).toBe(3);
        waiting.answer();
        expect(await last).toBe("well");
      }),
    ),
  );
});

it("a quantile is at most a fifth above the true one, and forgets", () => {
  const quantile = new LatencyQuantile(0.95);
  for (let count = 1; count <= 1_000; count++) quantile.add(count, 0);
  expect(quantile.value! / 950).toBeGreaterThanOrEqual(1);
  expect(quantile.value! / 950).toBeLessThan(1.21);
  for (let second = 1; second <= 200; second++) for (let count = 0; count < 100; count++) quantile.add(5, second * 1_000);
  expect(quantile.value!).toBeLessThan(7);
});

it("clients that leave at once do not make each answer a late one", () => {
  const quantile = new LatencyQuantile(0.95);
  const ended = (ms: number, outcome: Outcome): void =>
    // What it reads of an attempt.
    quantile.ended({ startedAt: 1_000, headAt: outcome === "ok" ? 1_000 + ms : 0, endedAt: 1_000 + ms } as Attempt, outcome);
  for (let count = 0; count < 100; count++) {
    ended(100, "ok");
    for (let left = 0; left < 30; left++) ended(2, "abandoned");
  }
  expect(quantile.value).toBeGreaterThanOrEqual(100);
  // Those that were given up because another was quicker count with what they were waited for.
  for (let count = 0; count < 100; count++) ended(1_000, "abandoned");
  expect(quantile.value).toBeGreaterThanOrEqual(1_000);
});
