import { connect, constants } from "node:http2";
import { describe, expect, it } from "vitest";
import { RawClient } from "../runtime/support/raw-client.ts";
import { gatewayFile, get, start } from "./support/gateway.ts";
import { Origin } from "./support/origin.ts";

const quick = "retry: { attempts: 5, backoff: { base: 1ms, max: 1ms } }";

describe("retries and a breaker", () => {
  it("an attempt that opens the breaker is the last, and the client is told", async () => {
    const origin = await Origin.start((_, response) => void response.writeHead(500).end());
    const gateway = await start(gatewayFile([origin.url], `${quick}\nbreaker: { consecutive: 2, open: 1m }`));
    const answer = await get(gateway.port, "/");
    expect([answer.status, origin.seen.length]).toEqual([503, 2]);
    expect(answer.body).toContain("urn:gatewright:problem:breaker-open");
    expect((await get(gateway.port, "/")).status).toBe(503);
    expect(origin.seen.length).toBe(2);
  });

  it("so it is with a fallback, which takes the place of that answer", async () => {
    const origin = await Origin.start((_, response) => void response.writeHead(500).end());
    const options = `${quick}\nbreaker: { consecutive: 2, open: 1m }\nfallback: { respond: { status: 200, body: { orders: [] } } }`;
    const gateway = await start(gatewayFile([origin.url], options));
    const answer = await get(gateway.port, "/");
    expect([answer.status, answer.body, origin.seen.length]).toEqual([200, '{"orders":[]}', 2]);
  });
});

describe("retries and health", () => {
  it("an endpoint that is ejected meanwhile gets no further attempt", async () => {
    const [bad, good] = [await Origin.start((_, response) => void response.writeHead(500).end()), await Origin.start()];
    const options = `${quick}\nloadBalancer: { algorithm: roundRobin }\nhealth: { passive: { consecutive: 3, eject: 1m } }`;
    const gateway = await start(gatewayFile([bad.url, good.url], options));
    for (let count = 0; count < 20; count++) expect((await get(gateway.port, "/")).status).toBe(200);
    expect(bad.seen.length).toBe(3);
  });
});

describe("an answer that breaks off after its head is not asked for again", () => {
  const breaking = () =>
    Origin.start((_, response) => {
      response.writeHead(200, { "Transfer-Encoding": "chunked" });
      response.write("part", () => setTimeout(() => response.destroy(), 20));
    });

  it("HTTP/1.1: no last chunk, and the connection is closed", async () => {
    const origin = await breaking();
    const gateway = await start(gatewayFile([origin.url], quick));
    const client = new RawClient(gateway.port).write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const text = await client.rest();
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).toMatch(/\r\n4\r\npart\r\n$/);
    expect(origin.seen.length).toBe(1);
  });

  it("HTTP/2: the stream is reset, and not with NO_ERROR (envoy#36200)", async () => {
    const origin = await breaking();
    const file = gatewayFile([origin.url], quick).replace('port: "${env:PORT}" }', 'port: "${env:PORT}", http2: true }');
    const gateway = await start(file);
    const session = connect(`http://127.0.0.1:${gateway.port}`);
    try {
      const code = await new Promise((resolve, reject) => {
        session.on("error", reject);
        const stream = session.request({ ":path": "/" });
        stream
          .on("error", () => {})
          .on("close", () => resolve(stream.rstCode))
          .resume();
      });
      expect(code).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    } finally {
      session.destroy();
    }
    expect(origin.seen.length).toBe(1);
  });
});

it("retries, and those that the budget did not have, are counted for all workers", async () => {
  const origin = await Origin.start((_, response) => void response.writeHead(503).end());
  const budget = "retry: { attempts: 2, backoff: { base: 1ms, max: 1ms }, budget: { ratio: 0%, min: 12/m } }";
  const gateway = await start(gatewayFile([origin.url], budget));
  for (let count = 0; count < 5; count++) expect((await get(gateway.port, "/")).status).toBe(503);
  // 12 in a minute are two in the ten seconds of the window.
  expect(origin.seen.length).toBe(5 + 2);
  const { body } = await get(gateway.adminPort!, "/metrics");
  expect(body).toMatch(/^gatewright_upstream_retries_total\{service="orders"\} 2$/m);
  expect(body).toMatch(/^gatewright_upstream_attempt_budget_exhausted_total\{service="orders"\} 3$/m);
});
