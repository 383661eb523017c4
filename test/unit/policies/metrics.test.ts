import { afterEach, describe, expect, it, vi } from "vitest";
import type { Answer, Exchange, Slot } from "../../../runtime/exchange/exchange.ts";
import type { ServerLoad } from "../../../runtime/gateway/load.ts";
import type { MetricFamily, MetricsSource } from "../../../runtime/gateway/metrics.ts";
import { clock } from "../../../runtime/life/clock.ts";
import { familiesOf } from "../../../runtime/metrics/families-of.ts";
import { createMetrics } from "../../../runtime/policies/metrics/index.ts";
import { mostCodes } from "../../../runtime/policies/metrics/operation-series.ts";
import { createService } from "../../../runtime/upstream/service.ts";
import { type FakeRequest, fakeAnswer, fakeExchange } from "../../harness/fake-exchange.ts";

const slot = 3 as Slot;
const metricsOf = (process = false) =>
  createMetrics({ buckets: [0.01, 0.1], native: true, process, own: null, thread: null, slot });
const idle: ServerLoad = {
  connections: 0,
  mostConnections: 10,
  requests: 0,
  mostRequests: 10,
  refusedConnections: 0,
  refusedRequests: 0,
  unread: undefined,
  bodies: undefined,
};
const orders = 'operation="orders.v1.listOrders",api="orders",version="v1",service="orders"';

/** Histograms as the counters that the text formats make of them. */
function* flat(families: Iterable<MetricFamily>): Generator<MetricFamily> {
  for (const family of families) {
    yield family;
    for (const { labels, counts, sum } of family.histograms ?? []) {
      const name = (suffix: string, samples: MetricFamily["samples"]) => ({
        ...family,
        name: `${family.name}${suffix}`,
        samples,
      });
      const upTo = (index: number): number => counts.slice(0, index + 1).reduce((total, count) => total + count, 0);
      const bound = (index: number) => `${labels},le="${family.bounds![index] ?? "+Inf"}"`;
      yield name(
        "_bucket",
        counts.map((_, index) => ({ labels: bound(index), value: upTo(index) })),
      );
      yield name("_sum", [{ labels, value: sum }]);
      yield name("_count", [{ labels, value: upTo(counts.length) }]);
    }
  }
}

/** Samples of operations as Prometheus would read them: name and labels to value. */
function scrape(source: MetricsSource): Record<string, number> {
  const all = [...flat(familiesOf(source.collect({ load: idle, services: [] })))]
    .flatMap(({ name, samples }) => samples.map((one) => [`${name}{${one.labels}}`, one.value] as const))
    .filter(([name]) => name.includes("operation="));
  const table = Object.fromEntries(all);
  expect(Object.keys(table), "no series twice").toHaveLength(all.length);
  return table;
}

function exchange(milliseconds: number, request: FakeRequest = {}, change: (x: Exchange) => void = () => {}): Exchange {
  vi.spyOn(clock, "monotonic").mockReturnValue(1000 + milliseconds);
  const x = fakeExchange({ startedAt: 1000, ...request });
  x.answer = fakeAnswer();
  x.outcome = "complete";
  change(x);
  return x;
}

const answering = (answer: Answer | undefined) => (x: Exchange) => {
  x.answer = answer;
};

afterEach(() => void vi.restoreAllMocks());

describe("metrics", () => {
  it("counts, times and weighs each operation", () => {
    const metrics = metricsOf();
    for (const milliseconds of [5, 10, 50, 500]) {
      const x = exchange(milliseconds, {}, (one) => {
        one.bytesReceived = 10;
        one.bytesSent = 100;
      });
      metrics.request(x);
      metrics.done(x);
    }
    expect(scrape(metrics)).toEqual({
      [`gatewright_requests_total{${orders},method="GET",status="200"}`]: 4,
      [`gatewright_request_duration_seconds_bucket{${orders},le="0.01"}`]: 2,
      [`gatewright_request_duration_seconds_bucket{${orders},le="0.1"}`]: 3,
      [`gatewright_request_duration_seconds_bucket{${orders},le="+Inf"}`]: 4,
      [`gatewright_request_duration_seconds_sum{${orders}}`]: 0.565,
      [`gatewright_request_duration_seconds_count{${orders}}`]: 4,
      [`gatewright_requests_in_flight{${orders}}`]: 0,
      [`gatewright_request_bytes_total{${orders}}`]: 40,
      [`gatewright_response_bytes_total{${orders}}`]: 400,
    });
  });

  it("keeps methods and statuses apart, however many there are", () => {
    const metrics = metricsOf();
    const statuses = Array.from({ length: 30 }, (_, index) => 200 + index);
    for (const status of [...statuses, ...statuses])
      metrics.done(exchange(1, { method: "PUT" }, answering(fakeAnswer({ status }))));
    metrics.done(exchange(1, { method: "BREW" }, answering(undefined)));
    metrics.done(exchange(1, { method: "SIP" }, answering(undefined)));
    const table = scrape(metrics);
    for (const status of statuses) expect(table[`gatewright_requests_total{${orders},method="PUT",status="${status}"}`]).toBe(2);
    expect(table[`gatewright_requests_total{${orders},method="other",status="none"}`]).toBe(2);
  });

  it("knows what is in flight, and is not misled by preflights", () => {
    const metrics = metricsOf();
    const begun = exchange(1);
    metrics.request(begun);
    metrics.done(exchange(1, { method: "OPTIONS" }));
    expect(scrape(metrics)[`gatewright_requests_in_flight{${orders}}`]).toBe(1);
    metrics.done(begun);
    expect(scrape(metrics)[`gatewright_requests_in_flight{${orders}}`]).toBe(0);
  });

  it.each([
    ["clientGone", "", "client_gone"],
    ["upstreamBroken", "", "upstream_broken"],
    ["complete", "ECONNREFUSED", "upstream_refused"],
    ["upstreamBroken", "ECONNRESET", "upstream_reset"],
    ["complete", "timeout", "upstream_timeout"],
    ["complete", "ETIMEDOUT", "upstream_timeout"],
    ["complete", "UND_ERR_CONNECT_TIMEOUT", "upstream_timeout"],
    ["complete", "ENOTFOUND", "upstream_unresolved"],
    ["complete", "HPE_INVALID_CONSTANT", "upstream_other"],
  ] as const)("files outcome %s with error %j under %s", (outcome, error, kind) => {
    const metrics = metricsOf();
    metrics.done(
      exchange(1, {}, (x) => {
        x.outcome = outcome;
        x.upstream = { service: "orders", endpoint: "", startedAt: 0, headAt: 0, endedAt: 0, error, attempts: [] };
      }),
    );
    const errors = Object.entries(scrape(metrics)).filter(([name]) => name.startsWith("gatewright_request_errors_total"));
    expect(errors).toEqual([[`gatewright_request_errors_total{${orders},kind="${kind}"}`, 1]]);
  });

  it("files an answer that broke off under upstream_broken, whatever the transport says", () => {
    const metrics = metricsOf();
    metrics.done(
      exchange(1, {}, (x) => {
        x.outcome = "upstreamBroken";
        x.upstream = { service: "orders", endpoint: "", startedAt: 1, headAt: 2, endedAt: 3, error: "ECONNRESET", attempts: [] };
      }),
    );
    const errors = Object.keys(scrape(metrics)).filter((name) => name.startsWith("gatewright_request_errors_total"));
    expect(errors).toEqual([`gatewright_request_errors_total{${orders},kind="upstream_broken"}`]);
  });

  it("counts what report mode would have refused", () => {
    const metrics = metricsOf();
    const report = (policy: string) => ({ policy, status: 429, type: "" });
    metrics.done(exchange(1, {}, (x) => void x.reports.push(report("rateLimit"), report("ipFilter"))));
    metrics.done(exchange(1, {}, (x) => void x.reports.push(report("rateLimit"))));
    const table = scrape(metrics);
    expect(table[`gatewright_policy_reports_total{${orders},policy="rateLimit"}`]).toBe(2);
    expect(table[`gatewright_policy_reports_total{${orders},policy="ipFilter"}`]).toBe(1);
  });

  // telemetry row 29
  it("has no more series than it may, whatever methods clients and statuses services make up", () => {
    const metrics = metricsOf();
    const [methods, statuses] = [["GET", "FOO1", "PUT", "get", "FOO2"], Array.from({ length: 500 }, (_, index) => 100 + index)];
    for (const method of methods)
      for (const status of statuses) metrics.done(exchange(1, { method }, answering(fakeAnswer({ status }))));
    const requests = Object.entries(scrape(metrics)).filter(([name]) => name.startsWith("gatewright_requests_total"));
    expect(requests).toHaveLength(mostCodes);
    expect(requests.reduce((sum, [, value]) => sum + value, 0)).toBe(2_500);
    expect(requests.at(-1)).toEqual([`gatewright_requests_total{${orders},method="other",status="other"}`, 2_500 - 31]);
  });

  it("counts refusals by the policy that made them, and no answer of a service", () => {
    const metrics = metricsOf();
    const problem = { status: 429, slug: "x", title: "x", source: "rateLimit" };
    const refused = (source: string) => answering({ ...fakeAnswer({ status: 429 }), source, problem });
    for (const source of ["rateLimit", "gateway", "rateLimit"]) metrics.done(exchange(1, {}, refused(source)));
    metrics.done(exchange(1, {}, answering(fakeAnswer({ status: 429 }))));
    const table = Object.entries(scrape(metrics)).filter(([name]) => name.startsWith("gatewright_refusals_total"));
    expect(table).toEqual([
      [`gatewright_refusals_total{${orders},policy="rateLimit"}`, 2],
      [`gatewright_refusals_total{${orders},policy="gateway"}`, 1],
    ]);
  });

  it("counts every attempt by what came of it, and times those with an answer", () => {
    const metrics = metricsOf();
    const attempt = (status: number, error = "") => ({
      endpoint: { url: "http://127.0.0.1:9" },
      startedAt: 1_000,
      headAt: status === 0 ? 0 : 1_050,
      endedAt: 1_060,
      status,
      error,
      hasArrived: true,
    });
    const attempts = [
      attempt(0, "ECONNREFUSED"),
      attempt(503),
      attempt(200, "ECONNRESET"),
      attempt(0, "abandoned"),
      attempt(204),
    ];
    metrics.done(
      exchange(1, {}, (x) => {
        x.upstream = { service: "orders", endpoint: "", startedAt: 1_000, headAt: 0, endedAt: 0, error: "", attempts };
      }),
    );
    const families = [...flat(familiesOf(metrics.collect({ load: idle, services: [] })))];
    const samplesOf = (wanted: string) => families.filter(({ name }) => name === wanted).flatMap(({ samples }) => samples);
    expect(samplesOf("gatewright_upstream_attempts_total")).toEqual(
      ["2xx", "5xx", "refused", "broken", "abandoned"].map((outcome) => ({
        labels: `service="orders",outcome="${outcome}"`,
        value: 1,
      })),
    );
    expect(samplesOf("gatewright_upstream_response_seconds_bucket").map(({ value }) => value)).toEqual([0, 3, 3]);
  });

  it("has native buckets that hold every duration, from microseconds to days", () => {
    const metrics = metricsOf();
    const milliseconds = [0.001, 0.05, 0.0625, 1, 1.1, 250, 7, 3e8, 1e12];
    for (const one of milliseconds) metrics.done(exchange(one));
    const family = [...familiesOf(metrics.collect({ load: idle, services: [] }))].find(
      ({ name }) => name === "gatewright_request_duration_seconds",
    );
    const { native } = family!.histograms![0]!;
    expect(native).toMatchObject({ schema: 3, zeroThreshold: 2 ** -14 });
    // Bucket n holds what is above 2^(n/8) s and at most 2^((n+1)/8) s.
    const expected = new Map<number, number>();
    for (const one of milliseconds.slice(2)) {
      let bucket = -112;
      while (2 ** ((bucket + 1) / 8) < one / 1000 && bucket < 143) bucket++;
      expected.set(bucket, (expected.get(bucket) ?? 0) + 1);
    }
    expect(native!.zeroCount).toBe(2);
    const found = native!.counts.flatMap((count, index) => (count === 0 ? [] : [[native!.offset + index, count] as const]));
    expect(found).toEqual([...expected].sort(([one], [other]) => one - other));
  });

  // telemetry row 26: which formats show them is a matter of the formats.
  it("keeps the last sampled trace of each bucket as its exemplar", () => {
    const metrics = metricsOf();
    vi.spyOn(clock, "wall").mockReturnValue(1_700_000_000_000);
    const traced = (milliseconds: number, traceId: string, isSampled: boolean) =>
      metrics.done(
        exchange(milliseconds, {}, (x) => {
          x.trace = {
            traceId,
            spanId: "00f067aa0ba902b7",
            isSampled,
            attemptLines: () => "",
            call: () => ({ fields: {}, ended: () => {} }),
          };
        }),
      );
    for (const [traceId, isSampled] of [
      ["a", true],
      ["b", true],
      ["c", false],
    ] as const)
      traced(50, traceId, isSampled);
    metrics.done(exchange(1));
    const family = [...familiesOf(metrics.collect({ load: idle, services: [] }))].find(
      ({ name }) => name === "gatewright_request_duration_seconds",
    );
    expect(family!.histograms![0]!.exemplars).toEqual([
      null,
      { labels: 'trace_id="b",span_id="00f067aa0ba902b7"', value: 0.05, at: 1_700_000_000_000 },
      null,
    ]);
  });

  it("keeps operations apart and escapes their names", () => {
    const metrics = metricsOf();
    metrics.done(exchange(1, { operation: { index: 7, id: 'a"b\\c\nd', api: "", version: "", service: "" } }));
    metrics.done(exchange(1));
    const names = Object.keys(scrape(metrics)).filter((name) => name.startsWith("gatewright_requests_total"));
    // In the order of their first requests.
    expect(names).toEqual([
      'gatewright_requests_total{operation="a\\"b\\\\c\\nd",api="",version="",service="",method="GET",status="200"}',
      `gatewright_requests_total{${orders},method="GET",status="200"}`,
    ]);
  });

  it("tells how much there is to do, what is allowed, and what was turned away", () => {
    const load = { ...idle, connections: 7, requests: 3, refusedConnections: 2, refusedRequests: 1 };
    const orders = createService({
      name: "orders",
      endpoints: [{ url: "http://127.0.0.1:9", weight: 1 }],
      timeout: { connect: 1, response: 1 },
      connections: { max: 8, pending: 8, idle: 4_000, streams: 1 },
      required: false,
    });
    const table = Object.fromEntries(
      [...familiesOf(metricsOf().collect({ load, services: [orders] }))].flatMap(({ name, samples }) =>
        samples.map(({ labels, value }) => [`${name}{${labels}}`, value] as const),
      ),
    );
    expect(table).toMatchObject({
      "gatewright_connections{}": 7,
      "gatewright_connections_limit{}": 10,
      "gatewright_connections_refused_total{}": 2,
      "gatewright_open_requests{}": 3,
      "gatewright_open_requests_limit{}": 10,
      "gatewright_requests_refused_total{}": 1,
      'gatewright_upstream_connections{service="orders",endpoint="http://127.0.0.1:9",state="active"}': 0,
      'gatewright_upstream_connections{service="orders",endpoint="http://127.0.0.1:9",state="idle"}': 0,
    });
    orders.close();
  });

  it("tells about the process, each worker for itself", () => {
    const families = [...familiesOf(metricsOf(true).collect({ load: idle, services: [] }))];
    const value = (name: string): number | undefined =>
      families.find((family: MetricFamily) => family.name === name)?.samples[0]?.value;
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(1e6);
    expect(value("process_start_time_seconds")).toBeGreaterThan(1.7e9);
    expect(value("process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(value("nodejs_eventloop_lag_max_seconds")).toBeGreaterThanOrEqual(0);
    expect(families.find(({ name }) => name === "gatewright_worker_info")?.samples).toEqual([
      { labels: `worker="1",pid="${process.pid}"`, value: 1 },
    ]);
    for (const { name, samples } of families.filter((family) => !family.name.startsWith("gatewright_"))) {
      expect(samples, name).toEqual([{ labels: 'worker="1"', value: expect.any(Number) }]);
    }
  });
});
