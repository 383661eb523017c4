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
import { DoneLog, forwarding, gateway, plainForward, using } from "../runtime/support/gateway.ts";
import { atOnce, origin, type RetryingChange, retryingConfig } from "./support/retrying.ts";

const well: RequestListener = (_, response) => void response.end("well");
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
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    expect([answer.status, await answer.text()]).toEqual([200, "well"]);
    await vi.waitFor(() => expect(left).toBe(1), { timeout: 20_000 });
  });
  expect([one.seen.requests, other.seen.requests]).toEqual([1, 1]);
  expect(ends).toEqual(["abandoned", "ok"]);
  expect([service.hedges, service.retries]).toEqual([1, 0]);
  const { upstream, outcome } = await log.take();
  expect([outcome, upstream?.error, upstream?.attempts.map(({ error }) => error)]).toEqual(["complete", "", ["abandoned", ""]]);
});

it("the first may still win, and what answers in time is asked once", async () => {
  const { url, seen } = await origin(inTurn((_, response) => void setTimeout(() => response.end("first"), 150), silent, well));
  const service = hedging([url], soon);
  await using(gateway(forwarding(service)), async ({ port }) => {
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("first");
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("well");
  });
  expect([seen.requests, service.hedges]).toEqual([3, 1]);
});

it("logs name the endpoint that answered, and not the one that was asked last", async () => {
  const slow: RequestListener = (_, response) => void setTimeout(() => response.end("first"), 150);
  const answers = inTurn(slow, silent);
  const [one, other] = await Promise.all([origin(answers), origin(answers)]);
  const log = new DoneLog();
  const service = hedging([one.url, other.url], soon);
  await using(gateway(forwarding(service, { done: log.hook })), async ({ port }) => {
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("first");
  });
  const { upstream } = await log.take();
  expect(upstream?.attempts).toHaveLength(2);
  expect(upstream?.endpoint).toBe(upstream?.attempts[0]!.endpoint.url);
});

it("an answer that rules would send again does not win while another may come", async () => {
  for (const bad of [status(503), (request) => request.socket.destroy()] satisfies RequestListener[]) {
    const { url, seen } = await origin(inTurn((_, response) => void setTimeout(() => response.end("slow"), 200), bad));
    await using(gateway(forwarding(hedging([url], soon, { retry: { attempts: 1 } }))), async ({ port }) => {
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("slow");
    });
    expect(seen.requests).toBe(2);
  }
});

it("where both fail, the rules decide", async () => {
  const { url, seen } = await origin(
    inTurn((_, response) => void setTimeout(() => response.writeHead(500).end(), 100), status(503), well),
  );
  await using(gateway(forwarding(hedging([url], soon, { retry: atOnce }))), async ({ port }) => {
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  });
  expect(seen.requests).toBe(3);
});

it("hedges and retries share one budget", async () => {
  const { url, seen } = await origin((_, response) => void setTimeout(() => response.writeHead(503).end(), 100));
  const service = hedging([url], soon, { retry: { ...atOnce, budget: { ratio: 0, min: 0.1 } } });
  await using(gateway(forwarding(service)), async ({ port }) => {
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
  });
  // One token in ten seconds, which the first hedge took.
  expect([seen.requests, service.hedges, service.retries]).toEqual([3, 1, 0]);
  expect(service.budget.exhausted).toBeGreaterThan(0);
});

it("what does harm twice, and a body on its way, is asked once", async () => {
  const { url, seen } = await origin((request, response) => {
    request.resume();
    setTimeout(() => response.end("well"), 150);
  });
  const service = hedging([url], soon);
  await using(gateway(forwarding(service)), async ({ port }) => {
    expect((await fetch(`http://127.0.0.1:${port}/`, { method: "POST" })).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/`, { method: "PUT", body: "a" })).status).toBe(200);
  });
  expect([seen.requests, service.hedges]).toEqual([2, 0]);
});

it.each(["-1", "whenever", "600000"])(
  "after `grpc-retry-pushback-ms: %s` no further attempt is made beside the first (gRFC A6, pushback)",
  async (pushback) => {
    let first: (() => unknown) | undefined;
    const busy: RequestListener = (_, response) =>
      void response.writeHead(200, { "grpc-status": "14", "grpc-retry-pushback-ms": pushback }).end();
    const waits: RequestListener = (_, response) => void (first = () => response.end("first"));
    const calls = inTurn(waits, busy, silent);
    const others = inTurn(silent, well);
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
      await vi.waitFor(() => expect(ends).toHaveLength(1), { timeout: 20_000 });
      // Whoever comes later is late later: when its answer is, that of the call has been looked at.
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("well");
      first!();
      expect(await (await call).text()).toBe("first");
    });
    expect([count, service.hedges]).toEqual([2, 2]);
  },
);

it("a client that leaves leaves both", async () => {
  const ends: Outcome[] = [];
  const { url } = await origin(silent);
  const service = hedging([url], soon, { watchers: [{ ended: (_, outcome) => void ends.push(outcome) }] });
  await using(gateway(forwarding(service)), async ({ port }) => {
    const leaving = new AbortController();
    const answer = fetch(`http://127.0.0.1:${port}/`, { signal: leaving.signal });
    await vi.waitFor(() => expect(service.hedges).toBe(1), { timeout: 20_000 });
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await vi.waitFor(() => expect(ends).toEqual(["abandoned", "abandoned"]), { timeout: 20_000 });
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
  const { url, seen } = await origin((request, response) => {
    const ms = request.url === "/slow" ? 60 : 0;
    setTimeout(() => response.end(), ms);
  });
  // The service itself would wait for a minute.
  const service = hedging([url], { after: 60_000, attempts: 2 });
  const own = { soon: { after: 20 }, share: { after: 0.5, attempts: 3 }, once: { after: 1, attempts: 1 } };
  const sent = async (hedge: keyof typeof own, path: string, count: number): Promise<number> => {
    const before = service.hedges;
    const any = forwarding(service, { id: hedge }, { ...plainForward, hedge: own[hedge] });
    await using(gateway(any), async ({ port }) => {
      for (let turn = 0; turn < count; turn++) await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    });
    return service.hedges - before;
  };
  expect(await sent("soon", "/slow", 1)).toBe(1);
  expect(await sent("once", "/slow", 1)).toBe(0);
  // Of what others had to wait for, nothing is known to it: it has to see 20 answers of its own.
  expect(await sent("share", "/slow", 1)).toBe(0);
  await sent("share", "/quick", 20);
  expect(await sent("share", "/slow", 1)).toBe(2);
  expect(seen.requests).toBeGreaterThanOrEqual(2 + 1 + 1 + 20 + 3);
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
