import { describe, expect, it } from "vitest";
import { built, startWorkers, workersOf } from "../faults/gateway.ts";
import { gatewayFile, get, start, stateOf, statuses } from "./support/gateway.ts";
import { Origin } from "./support/origin.ts";

const failing = (): Promise<Origin> => Origin.start((_, response) => void response.writeHead(500).end());

const soon = { timeout: 30_000, interval: 50 };

describe("a breaker", () => {
  it("opens where requests fail, answers at once, and closes when the service works again", async () => {
    const origin = await failing();
    const gateway = await start(gatewayFile([origin.url], "breaker: { minimum: 5, open: 500ms, probes: 2 }"));
    expect(await statuses(gateway.port, 5)).toEqual([500, 500, 500, 500, 500]);
    const answer = await get(gateway.port, "/");
    expect([answer.status, origin.seen.length]).toEqual([503, 5]);
    expect(answer.body).toContain("urn:gatewright:problem:breaker-open");
    expect(answer.headers.find(([name]) => name.toLowerCase() === "retry-after")?.[1]).toBe("1");
    expect((await stateOf(gateway)).state.breakers).toEqual([{ state: "open" }]);
    origin.answer = (_, response) => void response.end();
    await gateway.advance(600);
    expect(await statuses(gateway.port, 3)).toEqual([200, 200, 200]);
    expect((await stateOf(gateway)).state.breakers).toEqual([{ state: "closed" }]);
    const { body } = await get(gateway.adminPort!, "/metrics");
    expect(body).toMatch(/^gatewright_service_breaker_opened_total\{service="orders"[^}]*\} 1$/m);
  });

  it("of an operation leaves the others alone", async () => {
    const origin = await Origin.start(
      (request, response) => void response.writeHead(request.url!.startsWith("/one") ? 500 : 200).end(),
    );
    const gateway = await start(gatewayFile([origin.url], "breaker: { minimum: 5, open: 1m, per: operation }"));
    await statuses(gateway.port, 6, "/one/a");
    expect((await get(gateway.port, "/one/a")).status).toBe(503);
    expect((await get(gateway.port, "/two")).status).toBe(200);
  });

  it("counts no connection and no answer in time as failures", async () => {
    const origin = await Origin.start(() => {});
    const gateway = await start(gatewayFile([origin.url], "timeout: { response: 1s }\nbreaker: { minimum: 3, open: 1m }"));
    for (let count = 1; count <= 3; count++) {
      const answer = get(gateway.port, "/");
      await expect.poll(() => origin.seen.length, soon).toBe(count);
      await gateway.advance(2_000);
      expect((await answer).status).toBe(504);
    }
    expect((await get(gateway.port, "/")).status).toBe(503);
    const gone = await Origin.start();
    await gone.stop();
    const other = await start(gatewayFile([gone.url], "breaker: { consecutive: 2, open: 1m }"));
    expect(await statuses(other.port, 3)).toEqual([502, 502, 503]);
  });

  it("gives the place of a client that left back (nora#585)", async () => {
    const origin = await failing();
    const gateway = await start(gatewayFile([origin.url], "breaker: { minimum: 3, open: 200ms, probes: 1 }"));
    await statuses(gateway.port, 3);
    origin.answer = () => {};
    await gateway.advance(1_000);
    const controller = new AbortController();
    const left = fetch(`http://127.0.0.1:${gateway.port}/`, { signal: controller.signal }).catch(() => {});
    await expect.poll(() => origin.seen.length, soon).toBe(4);
    expect((await get(gateway.port, "/")).status).toBe(503);
    controller.abort();
    await left;
    origin.answer = (_, response) => void response.end();
    await expect.poll(async () => (await get(gateway.port, "/")).status, soon).toBe(200);
  });
});

it("is open in the workers of a new build as it was in those before", async () => {
  const origin = await failing();
  const out = await built({ "gateway.yaml": gatewayFile([origin.url], "breaker: { minimum: 3, open: 4m }") });
  const { port, program, admin } = await startWorkers(out, "http://127.0.0.1:1");
  // Each worker has to see for itself that the service fails.
  await expect.poll(async () => new Set(await statuses(port, 20)), { timeout: 60_000 }).toEqual(new Set([503]));
  const old = await workersOf(admin);
  process.kill(program.pid, "SIGHUP");
  await expect
    .poll(async () => {
      const now = await workersOf(admin).catch(() => []);
      return now.length === 2 && !now.some((one) => old.includes(one));
    }, soon)
    .toBe(true);
  const before = origin.seen.length;
  expect(new Set(await statuses(port, 20))).toEqual(new Set([503]));
  expect(origin.seen.length).toBe(before);
});

describe("a fallback", () => {
  it("answers in place of a service that is not asked", async () => {
    const origin = await failing();
    const options = `breaker: { minimum: 3, open: 1m }
fallback: { respond: { status: 200, headers: { X-Fallback: "yes" }, body: { orders: [] } } }`;
    const gateway = await start(gatewayFile([origin.url], options));
    await statuses(gateway.port, 3);
    const answer = await get(gateway.port, "/");
    const field = (name: string) => answer.headers.find(([one]) => one.toLowerCase() === name)?.[1];
    expect([answer.status, answer.body, field("x-fallback"), field("content-type")]).toEqual([
      200,
      '{"orders":[]}',
      "yes",
      "application/json",
    ]);
  });

  it("is another service, with the same request", async () => {
    const [origin, standby] = [
      await failing(),
      await Origin.start((request, response) => void response.end(`standby ${request.method} ${request.url}`)),
    ];
    const options = "breaker: { minimum: 3, open: 1m }\nfallback: { service: standby }";
    const gateway = await start(gatewayFile([origin.url], options, `  standby: { endpoints: ["${standby.url}/v2"] }\n`));
    await statuses(gateway.port, 3);
    const answer = await get(gateway.port, "/orders?a=1");
    expect([answer.status, answer.body]).toEqual([200, "standby GET /v2/orders?a=1"]);
  });

  it("is not asked while the service answers, whatever it says", async () => {
    const [origin, standby] = [await failing(), await Origin.start()];
    const options = "breaker: {}\nfallback: { service: standby }";
    const gateway = await start(gatewayFile([origin.url], options, `  standby: { endpoints: ["${standby.url}"] }\n`));
    expect(await statuses(gateway.port, 3)).toEqual([500, 500, 500]);
    expect(standby.seen).toEqual([]);
  });
});
