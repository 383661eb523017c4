import type { RequestListener } from "node:http";
import { expect, it, onTestFinished, vi } from "vitest";
import { clock } from "../../runtime/life/clock.ts";
import type { OperationRetry } from "../../runtime/upstream/attempts/retry-rules.ts";
import type { RetryingService } from "../../runtime/upstream/attempts/retrying-service.ts";
import type { AttemptWatcher } from "../../runtime/upstream/attempts/watcher.ts";
import { createPowerOfTwo } from "../../runtime/upstream/balance/two-choices.ts";
import { DoneLog, forwarding, gateway, plainForward, using } from "../runtime/support/gateway.ts";
import { exchange, RawClient } from "../runtime/support/raw-client.ts";
import { atOnce, origin, retrying } from "./support/retrying.ts";

const well: RequestListener = (request, response) => {
  request.resume();
  request.on("end", () => response.end("well"));
};
const failing =
  (status: number, headers: Record<string, string> = {}, body = ""): RequestListener =>
  (request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(status, headers).end(body));
  };

/** Each request in turn is for the next listener; the last one stays. */
function inTurn(...listeners: readonly RequestListener[]): RequestListener {
  let turn = 0;
  return (request, response) => listeners[Math.min(turn++, listeners.length - 1)]!(request, response);
}

const served = (service: RetryingService, body: (url: string) => Promise<void>, retry?: OperationRetry): Promise<void> =>
  using(gateway(forwarding(service, {}, { ...plainForward, ...(retry === undefined ? {} : { retry }) })), ({ port }) =>
    body(`http://127.0.0.1:${port}`),
  );

it("an answer that is retried is not the client's", async () => {
  const { url, seen } = await origin(inTurn(failing(503, {}, "no"), failing(500), well));
  const log = new DoneLog();
  const service = retrying([url], { retry: atOnce });
  await using(gateway(forwarding(service, { done: log.hook })), async ({ port }) => {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    expect([answer.status, await answer.text()]).toEqual([200, "well"]);
  });
  expect(seen).toEqual({ requests: 3, connections: 1 });
  const { upstream } = await log.take();
  expect(upstream?.attempts.map(({ status, error }) => [status, error])).toEqual([
    [503, ""],
    [500, ""],
    [200, ""],
  ]);
});

it("the last answer goes to the client, whatever it is", async () => {
  const { url, seen } = await origin(failing(503, { "X-Reason": "closed" }, "no"));
  await served(retrying([url], { retry: atOnce }), async (gate) => {
    const answer = await fetch(gate);
    expect([answer.status, answer.headers.get("x-reason"), await answer.text()]).toEqual([503, "closed", "no"]);
  });
  expect(seen.requests).toBe(3);
});

it("an answer that is retried is read to its end where it is short, and left where it is long", async () => {
  for (const [bytes, connections] of [
    [10_000, 1],
    [10_000_000, 2],
  ] as const) {
    const { url, seen } = await origin(inTurn(failing(503, { "Content-Length": String(bytes) }, "a".repeat(bytes)), well));
    await served(retrying([url], { retry: { backoff: { base: 0, max: 0 } } }), async (gate) => {
      expect(await (await fetch(gate)).text()).toBe("well");
      // The first is done with before the next one needs a connection.
      await vi.waitFor(async () => expect(await (await fetch(gate)).text()).toBe("well"));
    });
    expect([bytes, seen.connections <= connections]).toEqual([bytes, true]);
  }
});

it("a retry goes to an endpoint that was not tried", async () => {
  const bad = await origin(failing(500));
  const good = await Promise.all([origin(well), origin(well)]);
  await served(
    retrying(
      [bad, ...good].map(({ url }) => url),
      { retry: atOnce },
    ),
    async (gate) => {
      for (let count = 0; count < 30; count++) expect((await fetch(gate)).status).toBe(200);
    },
  );
  // In turn: a third of the requests begin there, and none ends there.
  expect(bad.seen.requests).toBe(10);
});

it("one of three endpoints answers 500 in 1 ms, the others in 100 ms: it gets less than 5 %, and no retry (linkerd2#11669)", async () => {
  const tries = new Map<string, number>();
  const bad = await origin((request, response) => {
    const id = String(request.headers["x-id"]);
    tries.set(id, (tries.get(id) ?? 0) + 1);
    response.writeHead(500).end();
  });
  const slow: RequestListener = (_, response) => void setTimeout(() => response.end("well"), 100);
  const good = await Promise.all([origin(slow), origin(slow)]);
  const service = retrying(
    [bad, ...good].map(({ url }) => url),
    { loadBalancer: createPowerOfTwo() },
  );
  await served(service, async (gate) => {
    const clients = Array.from({ length: 8 }, async (_, client) => {
      for (let count = 0; count < 40; count++)
        expect((await fetch(gate, { headers: { "X-Id": `${client}-${count}` } })).status).toBe(200);
    });
    await Promise.all(clients);
  });
  expect(bad.seen.requests / 320).toBeLessThan(0.05);
  expect(Math.max(...tries.values())).toBe(1);
});

it("a service that wants to be left alone for longer than the client waits is left alone: its answer goes out at once (RFC 9110 §10.2.3)", async () => {
  const inAMinute = new Date(Date.now() + 60_000).toUTCString();
  for (const [status, value] of [
    [503, "60"],
    [429, "60"],
    [503, inAMinute],
  ] as const) {
    const { url, seen } = await origin(failing(status, { "Retry-After": value }));
    const service = retrying([url], { timeout: { connect: 2_000, response: 5_000 }, retry: { on: ["overloaded"] } });
    await served(service, async (gate) => {
      const answer = await fetch(gate);
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([status, value]);
    });
    expect([seen.requests, service.retries]).toEqual([1, 0]);
  }
});

it("a retry waits as long as the service asks, where the client has the time", async () => {
  const times: number[] = [];
  const noted: RequestListener = (request, response) => {
    times.push(performance.now());
    if (times.length === 1) failing(503, { "Retry-After": "1" })(request, response);
    else well(request, response);
  };
  const { url } = await origin(noted);
  await served(retrying([url], { retry: atOnce }), async (gate) => expect((await fetch(gate)).status).toBe(200));
  expect(times[1]! - times[0]!).toBeGreaterThan(990);
});

const breaking: RequestListener = (request) => void request.on("end", () => request.socket.destroy()).resume();

it.each<[string, string, OperationRetry | undefined, number, number]>([
  ["PUT", "", undefined, 200, 2],
  ["DELETE", "", undefined, 200, 2],
  ["POST", "", undefined, 502, 1],
  ["PATCH", "", undefined, 502, 1],
  // The client's field proves nothing (istio#13851).
  ["POST", "Idempotency-Key: a\r\n", undefined, 502, 1],
  ["POST", "Idempotency-Key: a\r\n", { honoursKey: true }, 200, 2],
  ["POST", "", { honoursKey: true }, 502, 1],
  ["POST", "", { isIdempotent: true }, 200, 2],
])(
  "%s %s of an operation with %j: %i after %i requests, where the first was sent and its connection broke",
  async (method, field, own, status, requests) => {
    const { url, seen } = await origin(inTurn(breaking, well));
    const service = retrying([url], { retry: atOnce });
    await using(
      gateway(forwarding(service, {}, { ...plainForward, ...(own === undefined ? {} : { retry: own }) })),
      async ({ port }) => {
        const answer = await exchange(port, `${method} / HTTP/1.1\r\nHost: a\r\n${field}Content-Length: 4\r\n\r\nbody`);
        expect([answer.status, seen.requests]).toEqual([status, requests]);
      },
    );
  },
);

it("what could not be sent is sent again, whatever the method", async () => {
  const one = await origin(well);
  one.kill();
  let revived: Promise<void> | undefined;
  // It comes back as soon as it was missed, long before the last of the attempts.
  const watcher: AttemptWatcher = { ended: () => void (revived ??= one.revive()) };
  const service = retrying([one.url], { watchers: [watcher], retry: { attempts: 10, backoff: { base: 500, max: 500 } } });
  await served(service, async (gate) => {
    expect((await fetch(gate, { method: "POST", body: "order" })).status).toBe(200);
  });
  expect(service.retries).toBeGreaterThan(0);
  expect(one.seen.requests).toBe(1);
});

it("a body is sent again up to its bound, and beyond it the answer stands", async () => {
  for (const [bytes, status] of [
    [65_536, 200],
    [65_537, 503],
  ] as const) {
    let length = 0;
    const counting: RequestListener = (request, response) => {
      request.on("data", (chunk: Buffer) => (length += chunk.length));
      request.on("end", () => response.end());
    };
    const { url } = await origin(inTurn(failing(503), counting));
    await served(retrying([url], { retry: atOnce }), async (gate) => {
      expect((await fetch(gate, { method: "PUT", body: "a".repeat(bytes) })).status).toBe(status);
    });
    expect(length).toBe(status === 200 ? bytes : 0);
  }
});

it("an answer that comes before the end of the body is retried with all of the body, as it goes on to come", async () => {
  let body = "";
  const early: RequestListener = (_, response) => void response.writeHead(503, { Connection: "close" }).end();
  const whole: RequestListener = (request, response) => {
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => response.end("well"));
  };
  const { url, seen } = await origin(inTurn(early, whole));
  const service = retrying([url], { retry: atOnce });
  await using(gateway(forwarding(service)), async ({ port }) => {
    const client = new RawClient(port).write("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    await vi.waitFor(() => expect(service.retries).toBe(1), { timeout: 20_000 });
    client.write("3\r\ntwo\r\n");
    await vi.waitFor(() => expect(seen.requests).toBe(2), { timeout: 20_000 });
    client.write("5\r\nthree\r\n0\r\n\r\n");
    expect((await client.answer()).status).toBe(200);
    client.close();
  });
  expect(body).toBe("onetwothree");
});

it("of 1,000 requests that fail at once, no more are sent again than the budget has, and none is decided after its pause (envoy#30205)", async () => {
  const waiting: (() => void)[] = [];
  const { url, seen } = await origin((_, response) => {
    if (waiting.length === 1_000) response.writeHead(503).end();
    else if (waiting.push(() => response.writeHead(503).end()) === 1_000) for (const end of waiting) end();
  });
  // However long it takes until all have come, it is one moment to the budget.
  const now = clock.monotonic();
  vi.spyOn(clock, "monotonic").mockReturnValue(now);
  onTestFinished(() => void vi.restoreAllMocks());
  const service = retrying([url], { retry: { attempts: 2, backoff: { base: 500, max: 500 } } });
  await served(service, async (gate) => {
    const answers = await Promise.all(Array.from({ length: 1_000 }, async () => (await fetch(gate)).status));
    expect(new Set(answers)).toEqual(new Set([503]));
  });
  // A fifth of the requests, and 10 each second of the window.
  expect(seen.requests).toBe(1_000 + 200 + 100);
  expect(service.budget.exhausted).toBe(700);
});

it("an answer that breaks off after its head is not asked for again, and the client knows that it is not whole (envoy#36200)", async () => {
  const { url, seen } = await origin((request, response) => {
    response.writeHead(200, { "Transfer-Encoding": "chunked" });
    response.write("part", () => setTimeout(() => request.socket.destroy(), 20));
  });
  await using(gateway(forwarding(retrying([url], { retry: atOnce }))), async ({ port }) => {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    await expect(answer.text()).rejects.toThrow();
  });
  expect(seen.requests).toBe(1);
});

it("an attempt has its own bound, and the request that of all of them", async () => {
  const silent: RequestListener = () => {};
  const { url, seen } = await origin(inTurn(silent, well));
  await served(retrying([url], { retry: { ...atOnce, perTry: 200 } }), async (gate) =>
    expect((await fetch(gate)).status).toBe(200),
  );
  expect(seen.requests).toBe(2);
  const other = await origin(silent);
  const service = retrying([other.url], {
    timeout: { connect: 2_000, response: 500 },
    retry: { ...atOnce, perTry: 300, attempts: 10 },
  });
  await served(service, async (gate) => expect((await fetch(gate)).status).toBe(504));
  expect(other.seen.requests).toBe(2);
});

it("a client that leaves during a pause leaves nothing behind", async () => {
  const { url, seen } = await origin(failing(503, { "Retry-After": "1" }));
  const service = retrying([url]);
  await served(service, async (gate) => {
    const leaving = new AbortController();
    const answer = fetch(gate, { signal: leaving.signal });
    await vi.waitFor(() => expect(service.retries).toBe(1));
    leaving.abort();
    await expect(answer).rejects.toThrow();
    // Longer than the pause.
    expect((await fetch(gate)).status).toBe(503);
  });
  expect(seen.requests).toBe(1 + 3);
});
