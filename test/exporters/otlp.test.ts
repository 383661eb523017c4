import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createFollowedTls } from "../../runtime/calls/followed-tls.ts";
import type { StartValue } from "../../runtime/exchange/exchange.ts";
import type { OtlpConfig } from "../../runtime/exporters/otlp/config.ts";
import { createFollowedSecret } from "../../runtime/files/followed-secret.ts";
import { makeAuthority } from "../harness/certificates.ts";
import { type Collector, startCollector } from "../harness/collector.ts";
import { otlpDefinitions } from "../harness/otlp-messages.ts";
import type { Behaviour } from "../harness/party.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { exporting, metrics, otlpExporter, traces } from "./support/otlp.ts";

const names = (collector: Collector): readonly string[] => collector.spans.map(({ name }) => name).toSorted();
const all = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `GET /orders/${index}`).toSorted();

describe("what a collector gets", () => {
  it.each([
    ["protobuf", "application/x-protobuf", {}],
    ["json", "application/json", {}],
    ["protobuf", "application/x-protobuf", { compression: "gzip" }],
    ["json", "application/json", { compression: "gzip" }],
  ] as const)("is %s as %s with %j", async (protocol, mediaType, change) => {
    const collector = await startCollector();
    const { take, until, figures } = await exporting({
      url: collector.origin,
      traces: { [protocol]: traces[protocol] },
      ...change,
    });
    take(12);
    await until(() => figures()[0] === 12);
    expect(names(collector)).toEqual(all(12));
    const [first] = collector.exports;
    const { method, target, headers } = first!.request;
    expect([method, target, headers["content-type"], headers["content-encoding"]]).toEqual([
      "POST",
      "/v1/traces",
      mediaType,
      "compression" in change ? "gzip" : undefined,
    ]);
    expect(first!.resource["service.name"]).toBe("shop");
  });

  it("telemetry row 24: no trace context is sent along, so nothing traces exports", async () => {
    const collector = await startCollector();
    const headers = [{ name: "x-scope-orgid", value: "shop" }];
    const { take, until, figures } = await exporting({ url: collector.origin, headers });
    take(10);
    await until(() => figures()[0] === 10);
    expect(Object.keys(collector.exports[0]!.request.headers).toSorted()).toEqual([
      "accept",
      "accept-encoding",
      "connection",
      "content-length",
      "content-type",
      "host",
      "user-agent",
      "x-scope-orgid",
    ]);
  });

  it("is from one instance for as long as the process lives", async () => {
    const collector = await startCollector();
    const { take, until, figures } = await exporting({ url: collector.origin });
    take(30);
    await until(() => figures()[0] === 30);
    const instances = collector.exports.map(({ resource }) => resource["service.instance.id"]);
    expect([instances.length, new Set(instances).size]).toEqual([3, 1]);
  });

  it("are metrics at the path of theirs, with when they began to count", async () => {
    const collector = await startCollector();
    const { exporter, until, figures } = await exporting({ url: collector.origin, metrics });
    const samples = [
      { labels: 'operation="a"', value: 3 },
      { labels: 'operation="b"', value: 4 },
    ];
    const empty = { name: "gatewright_none", help: "", type: "gauge", samples: [] } as const;
    exporter.push([{ name: "gatewright_requests_total", help: "Requests.", type: "counter", samples }, empty], 1_796_000_000_000);
    await until(() => figures("metrics")[0] === 2);
    expect(figures("traces")).toEqual([0, 0, 0, 0]);
    const [{ request, body }] = collector.exports as [Collector["exports"][number]];
    expect(request.target).toBe("/v1/metrics");
    expect(body).toMatchObject({
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                {
                  name: "gatewright_requests",
                  sum: {
                    aggregationTemporality: 2,
                    isMonotonic: true,
                    dataPoints: [{ startTimeUnixNano: "1796000000000000000" }, {}],
                  },
                },
              ],
            },
          ],
        },
      ],
    });
  });
});

it("a secret in a file is followed: the next request has the new one", async () => {
  const collector = await startCollector();
  const file = join(temporaryFolder({ token: "Bearer one\n" }), "token");
  const value = createFollowedSecret({ value: "Bearer one" as StartValue, path: file, from: "gateway.yaml:5 file token" });
  const { take, until, figures } = await exporting({ url: collector.origin, headers: [{ name: "authorization", value }] });
  take(10);
  await until(() => figures()[0] === 10);
  writeFileSync(file, "Bearer two\n");
  await until(() => value.value === "Bearer two");
  take(10);
  await until(() => figures()[0] === 20);
  expect(collector.exports.map(({ request }) => request.headers.authorization)).toEqual(["Bearer one", "Bearer two"]);
});

describe("where the options say nothing, the environment does", () => {
  it("and what it says is what a collector gets", async () => {
    const collector = await startCollector();
    const { take, until, figures } = await exporting(
      {},
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc",
        OTEL_SERVICE_NAME: "front",
      },
    );
    take(1);
    await until(() => figures()[0] === 1);
    const { request, resource } = collector.exports[0]!;
    const { "content-type": type, "content-encoding": coding, authorization } = request.headers;
    expect([request.target, type, coding, authorization, resource["service.name"]]).toEqual([
      "/v1/traces",
      "application/json",
      "gzip",
      "Bearer abc",
      "front",
    ]);
  });

  it("and what is written wins", async () => {
    const collector = await startCollector();
    const { take, until, figures } = await exporting(
      {
        url: collector.origin,
        headers: [{ name: "x-a", value: "written" }],
        traces: { protobuf: traces.protobuf },
        compression: "none",
      },
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1:1",
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
        OTEL_EXPORTER_OTLP_HEADERS: "x-a=environment",
      },
    );
    take(1);
    await until(() => figures()[0] === 1);
    const { "content-type": type, "content-encoding": coding, "x-a": header } = collector.exports[0]!.request.headers;
    expect([type, coding, header]).toEqual(["application/x-protobuf", undefined, "written"]);
  });

  it.each<[Partial<OtlpConfig>, Readonly<Record<string, string>>, string]>([
    [{}, { OTEL_EXPORTER_OTLP_TIMEOUT: "soon" }, "environment variable OTEL_EXPORTER_OTLP_TIMEOUT is no number of milliseconds."],
    [{}, { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "environment variable OTEL_EXPORTER_OTLP_PROTOCOL is `grpc`"],
    [{ url: "collector:4318" }, {}, "exporters.collector.otlp.url becomes no URL that can be called."],
    [{ traces: { ...traces, url: "http://a:b@c" } }, {}, "exporters.collector.otlp.tracesUrl becomes no URL that can be called."],
    [
      { headers: [{ name: "x-a", value: "a\nb" }] },
      {},
      "exporters.collector.otlp.headers: it has characters that no header field",
    ],
  ])("what is of no use stops the start: %j %j", (config, environment, message) => {
    expect(() => otlpExporter(config, environment)).toThrow(message);
  });
});

const taken = { status: 200 };
const tooMany = { status: 429, headers: { "Retry-After": "30" } };

describe("telemetry rows 21 and 22: a batch is sent again", () => {
  it.each<[string, Behaviour]>([
    ["the connection is reset", "reset"],
    ["the answer never comes", "silent"],
    ["the answer stops in its middle", "stuck"],
    ["the answer is shorter than it promised", "truncated"],
    ["it answers 429", { status: 429 }],
    ["it answers 502", { status: 502 }],
    ["it answers 503", { status: 503 }],
    ["it answers 504", { status: 504 }],
  ])("where %s", async (_, behaviour) => {
    const collector = await startCollector();
    collector.answers(behaviour, taken);
    const { take, until, figures } = await exporting({ url: collector.origin });
    take(10);
    await until(() => figures()[0] === 10);
    expect([collector.exports.length, names(collector)]).toEqual([2, all(10)]);
  });

  it("not before `Retry-After`", async () => {
    const collector = await startCollector();
    collector.answers(tooMany, taken);
    const { take, until, clock, figures, exporter } = await exporting({ url: collector.origin });
    const start = clock.now;
    take(10);
    await until(() => collector.exports.length === 1);
    await until(() => figures()[0] === 10);
    expect(clock.now - start).toBeGreaterThanOrEqual(30_000);
    expect(exporter.state()).toMatchObject([{ signal: "traces", url: `${collector.origin}/v1/traces`, sent: 10, items: 0 }]);
  });

  it("when the collector comes back, all of them", async () => {
    const collector = await startCollector();
    const { take, until, figures, log, exporter } = await exporting({ url: `${collector.origin}/?token=secret` });
    await collector.leave();
    take(40);
    await until(() => log.lines.length > 0);
    expect(exporter.state()).toMatchObject([{ failing: expect.stringContaining("nothing listens there"), items: 40 }]);
    expect(log.lines[0]).toMatch(/^warning exports fail .*nothing listens there \(ECONNREFUSED\).*"waiting":40,"lost":0/);
    await collector.comeBack();
    await until(() => figures()[0] === 40);
    expect(names(collector)).toEqual(all(40));
    expect(log.lines[1]).toMatch(/^info exports succeed again /);
    expect(exporter.state()).toMatchObject([{ url: `${collector.origin}/v1/traces`, failing: undefined }]);
  });
});

describe("telemetry rows 20 and 21: a batch is not sent again", () => {
  it.each<[string, Behaviour, readonly number[]]>([
    ["it is taken", taken, [10, 0, 0, 0]],
    ["it answers 400", { status: 400 }, [0, 0, 0, 10]],
    ["it answers 401", { status: 401 }, [0, 0, 0, 10]],
    ["it answers 404", { status: 404 }, [0, 0, 0, 10]],
    ["it answers 500", { status: 500 }, [0, 0, 0, 10]],
    ["it sends on elsewhere", { redirect: "http://127.0.0.1:1/" }, [0, 0, 0, 10]],
    ["it does not speak HTTP", "garbage", [0, 0, 0, 10]],
    [
      "some of it is rejected, says JSON",
      { status: 200, headers: { "Content-Type": "application/json" }, body: '{"partialSuccess":{"rejectedSpans":"5"}}' },
      [5, 5, 0, 0],
    ],
    [
      "some of it is rejected, says Protocol Buffers",
      {
        status: 200,
        headers: { "Content-Type": "application/x-protobuf" },
        body: Buffer.from(
          otlpDefinitions.trace.v1.ExportTraceServiceResponse.encode({
            partialSuccess: { rejectedSpans: 4, errorMessage: "too old" },
          }).finish(),
        ),
      },
      [6, 4, 0, 0],
    ],
  ])("where %s", async (_, behaviour, expected) => {
    const collector = await startCollector();
    collector.answers(behaviour);
    const { take, until, figures, clock } = await exporting({ url: collector.origin });
    take(10);
    await until(() => figures().some((value) => value > 0));
    await clock.turn(120_000);
    expect([collector.exports.length, figures()]).toEqual([1, expected]);
  });

  it("where it is too large; its halves are, and one span that is too large is dropped", async () => {
    const collector = await startCollector();
    collector.answers(() => {
      const { spans } = collector.exports.at(-1)!;
      return { status: spans.length > 4 || spans.some(({ name }) => name === "GET /orders/3") ? 413 : 200 };
    });
    const { take, until, figures } = await exporting({ url: collector.origin });
    take(10);
    await until(() => figures().reduce((sum, value) => sum + value) === 10);
    expect(figures()).toEqual([9, 0, 1, 0]);
  });
});

it("telemetry row 22: a collector never has more than so many requests at the same time", async () => {
  const collector = await startCollector();
  collector.answers("silent");
  const { take, until, figures } = await exporting({ url: collector.origin, concurrency: 3, timeoutMs: 60_000 });
  take(100);
  await until(() => collector.exports.length === 3);
  expect([collector.connections, figures()]).toEqual([3, [0, 0, 0, 0]]);
});

describe("telemetry row 25: at the end", () => {
  it("what waits is sent, though its batch is not full", async () => {
    const collector = await startCollector();
    const { take, until, figures, household } = await exporting({
      url: collector.origin,
      batch: { items: 10, delayMs: 600_000 },
    });
    take(25);
    household.drain();
    await until(() => figures()[0] === 25);
    take(3);
    let isOver = false;
    void household.stop().then(() => {
      isOver = true;
    });
    await until(() => isOver);
    expect(names(collector)).toEqual(all(28));
  });

  it("a slow collector is waited for as long as there is time, and the rest is counted", async () => {
    const collector = await startCollector();
    collector.answers(taken, taken, "silent");
    const { take, until, figures, household, clock, log } = await exporting({ url: collector.origin, concurrency: 1 });
    take(100);
    const start = clock.now;
    let isOver = false;
    void household.stop().then(() => {
      isOver = true;
    });
    await until(() => isOver);
    expect(figures()).toEqual([20, 0, 80, 0]);
    expect([clock.now - start >= 2_500, clock.now - start < 3_000]).toEqual([true, true]);
    expect(log.lines).toEqual([
      'warning the gateway ends before all was exported {"thing":"exporters.collector","signal":"traces","lost":80}',
    ]);
  });
});

describe("over TLS", () => {
  let authority: Awaited<ReturnType<typeof makeAuthority>>;
  beforeAll(async () => {
    authority = await makeAuthority();
  });
  const tlsOf = (parts: Readonly<Record<string, string>>) =>
    createFollowedTls({
      option: "exporters.collector.otlp.tls",
      ...(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, text as StartValue])) as object),
    });

  it("the gateway shows its certificate, and checks that of the collector", async () => {
    const collector = await startCollector(authority.issue("localhost", ["DNS:localhost"]), authority.certificate);
    const { certificate, key } = authority.issue("gateway");
    const tls = tlsOf({ ca: authority.certificate, certificate, key });
    const { take, until, figures } = await exporting({ url: collector.origin, tls });
    take(1);
    await until(() => figures()[0] === 1);
  });

  it("one whose authority is not trusted gets nothing, and the log says what to do", async () => {
    const collector = await startCollector(authority.issue("localhost", ["DNS:localhost"]));
    const { take, until, log } = await exporting({ url: collector.origin });
    take(1);
    await until(() => log.lines.length > 0);
    expect(log.lines[0]).toMatch(/no secure connection to .*an authority that is not trusted here; name that under `ca`/);
    expect(collector.exports).toEqual([]);
  });
});
