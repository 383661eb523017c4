import { expect, test } from "vitest";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

/** What `explain` says behind the endpoints of the service. */
async function explained(service: string, listener = ""): Promise<readonly string[]> {
  const gateway = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080${listener} } }
routes:
  all: { match: { path: "/**" }, service: orders, policies: { public: a test } }
services:
${service.replaceAll(/^/gm, "  ")}
`;
  const { code, stdout, stderr } = await gatewright(["explain", "GET /a"], { cwd: temporaryFolder({ "gateway.yaml": gateway }) });
  expect(code, stderr).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  return lines
    .slice(lines.findLastIndex((line) => line.startsWith("forward ")) + 1)
    .map((line) => line.replace(/ {2}\(.*\)$/, ""));
}

test("explain says how a service chooses among its endpoints, and what it does where they fail", async () => {
  const service = `orders:
  endpoints: [{ url: http://orders-1:8080, zone: a }, { url: http://orders-2:8080, zone: b, priority: 1 }]
  loadBalancer: { zone: a, slowStart: 30s }
  sticky: { cookie: route, key: { env: STICKY_KEY } }
  connections: { least: 3 }
  health: { active: { path: /healthz, dependencies: true }, passive: { errorRate: 50% } }
  breaker: { per: operation }
  fallback: { service: standby }
standby: { endpoints: [http://standby:8080] }`;
  expect(await explained(service)).toEqual([
    "balance    powerOfTwo, by priority, zone a first, slow start 30s",
    "sticky     by the cookie route",
    "kept       3 connections at least to each endpoint, in each worker, one ahead",
    "checks     /healthz, every 5s, within 1s, 3 bad or 2 good in a row decide, shows its dependencies",
    "ejection   after 5 failures in a row, at 50% of 20 or more, for 10s at first, 50% at most",
    "panic      where no endpoint is left, all get requests",
    "breaker    of the operation, opens at 50% failures of 20 or more in 10s, at 20 in a row, for 5s at first",
    "fallback   the service standby",
    "           failures: serverError, unsent, reset, timeoutHead, timeoutBody, protocol",
    "           neither good nor bad: overloaded, local, abandoned",
  ]);
});

test("explain says which requests go to which subset of the endpoints", async () => {
  const service = `orders:
  endpoints: [{ url: http://orders-1:8080, metadata: { version: v1 } }, { url: http://orders-2:8080, metadata: { version: v2, tier: a } }]
  subsets:
    - { name: next, metadata: { version: v2, tier: a }, when: "request.method == 'GET'", whenEmpty: any }`;
  expect(await explained(service)).toEqual([
    "balance    powerOfTwo",
    "subsets    next (version: v2 and tier: a) where request.method == 'GET', or any, all others: any endpoint",
  ]);
});

test("explain says which zones go first", async () => {
  const service = `orders:
  endpoints: [{ url: http://orders-1:8080, zone: a }, { url: http://orders-2:8080, zone: b }]
  loadBalancer: { zone: a, region: [b, "\${env:THIRD:-c}"] }`;
  expect(await explained(service)).toEqual(["balance    powerOfTwo, zone a first, then its region (b, ${env:THIRD:-c})"]);
});

test("explain says how requests go over from one zone to another", async () => {
  const endpoints = "endpoints: [{ url: http://orders-1:8080, zone: a }, { url: http://orders-2:8080, zone: b }]";
  const of = (failover: string) => explained(`orders:\n  ${endpoints}\n  loadBalancer: { zone: a, failover: ${failover} }`);
  expect(await of("{ by: latency, slower: 2 }")).toEqual([
    "balance    powerOfTwo, zone a first",
    "fail-over  to the quickest of the zones that are equally near, also where a zone is 2 times as slow as one further away, 1% of the requests at most measure zones that would get none",
  ]);
  expect((await of("{ slower: 3, probe: 0.2% }"))[1]).toBe(
    "fail-over  to the next zones, which share, also where a zone is 3 times as slow as one further away, 0.2% of the requests at most measure zones that would get none",
  );
});

test("explain says of several endpoints which way they are chosen, and of one nothing", async () => {
  expect(await explained("orders: { endpoints: [http://orders-1:8080, http://orders-2:8080] }")).toEqual([
    "balance    powerOfTwo",
  ]);
  expect(await explained("orders: { endpoints: [http://orders-1:8080] }")).toEqual([]);
});

test("explain says how long a request may take, who may ask for less, and what the service is told of it", async () => {
  expect(
    await explained(
      "orders: { endpoints: [http://orders-1:8080], deadline: { field: X-Time-Left, unit: s } }",
      ", trustedProxies: [10.0.0.0/8], timeouts: { answer: 1m }, deadline: { field: X-Time-Left }",
    ),
  ).toEqual([
    "time       the answer is whole within 60000ms",
    "deadline   callers behind trusted proxies may ask for less time, in grpc-timeout or X-Time-Left (ms)",
    "deadline   what is left of the time of an attempt, in X-Time-Left, in seconds",
  ]);
});

test("explain says how calls of gRPC end", async () => {
  expect(await explained("orders: { endpoints: [http://orders-1:8080], protocol: grpc, deadline: {} }")).toEqual([
    "deadline   what is left of the time of an attempt, for gRPC calls in grpc-timeout",
    "gRPC       a call ends as its status says",
    "           abandoned: CANCELLED",
    "           serverError: UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS",
    "           timeoutHead: DEADLINE_EXCEEDED",
    "           overloaded: RESOURCE_EXHAUSTED",
    "           ok: all others",
  ]);
});
