import { describe, expect, it } from "vitest";
import { fittedTable } from "../../../compiler/commands/live/fitted-table.ts";
import { topFigures } from "../../../compiler/commands/live/top/figures.ts";
import { readMetrics } from "../../../compiler/commands/live/top/metrics-text.ts";
import { quantile } from "../../../compiler/commands/live/top/quantile.ts";
import { renderTop } from "../../../compiler/commands/live/top/render.ts";
import { displayWidth } from "../../../compiler/diagnostics/render/columns.ts";

/** As `/metrics` has it: requests of an operation by status, and of them so many up to each bound. */
const page = (counts: Readonly<Record<string, Readonly<Record<string, number>>>>, more = ""): string =>
  Object.entries(counts)
    .flatMap(([operation, byStatus]) => {
      const labels = `operation="${operation}",api="a",version="v1",service="orders"`;
      const all = Object.values(byStatus).reduce((sum, count) => sum + count, 0);
      return [
        ...Object.entries(byStatus).map(
          ([status, count]) => `gatewright_requests_total{${labels},method="GET",status="${status}"} ${count}`,
        ),
        `gatewright_request_duration_seconds_bucket{${labels},le="0.1"} ${all / 2}`,
        `gatewright_request_duration_seconds_bucket{${labels},le="0.2"} ${all}`,
        `gatewright_request_duration_seconds_bucket{${labels},le="+Inf"} ${all}`,
        `gatewright_requests_in_flight{${labels}} 3`,
      ];
    })
    .join("\n") + more;

const services = `
gatewright_upstream_connections{service="orders",endpoint="http://a:1",state="active"} 4
gatewright_upstream_connections{service="orders",endpoint="http://b:1",state="active"} 1
gatewright_upstream_connections{service="orders",endpoint="http://a:1",state="idle"} 2
gatewright_upstream_retries_total{service="orders"} 30
gatewright_connections 12
gatewright_connections_limit 1000
gatewright_connections_refused_total 5
`;

const figures = topFigures(
  readMetrics(page({ "a.v1.list": { 200: 100, 500: 10 }, "a.v1.idle": { 200: 7 } })),
  readMetrics(page({ "a.v1.list": { 200: 160, 404: 20, 500: 30 }, "a.v1.idle": { 200: 7 }, "a.v1.new": { 200: 2 } }, services)),
  2,
);

describe("live top", () => {
  it("tells what happened between two reads, the busiest operation first", () => {
    expect(figures.operations.map(({ operation, perSecond }) => [operation, perSecond])).toEqual([
      ["a.v1.list", 50],
      ["a.v1.new", 1],
      ["a.v1.idle", 0],
    ]);
    expect(figures.operations[0]).toMatchObject({ serverErrors: 0.2, clientErrors: 0.2, inFlight: 3 });
    // Half of them up to 100 ms, all up to 200 ms.
    expect(figures.operations[0]!.p50).toEqual({ ms: 100, isBeyond: false });
    expect(figures.operations[0]!.p99!.ms).toBeCloseTo(198, 9);
    expect(figures.operations[2]).toMatchObject({ p50: null, serverErrors: null });
    expect(figures.services).toMatchObject([{ service: "orders", perSecond: 51, active: 5, idle: 2, retriesPerSecond: 15 }]);
    expect(figures.limits).toEqual([{ limit: "connections", used: 12, most: 1000, refusedPerSecond: 2.5 }]);
  });

  it("takes a counter that fell for one that began anew, as Prometheus does", () => {
    const [before, after] = [page({ x: { 200: 1_000 } }), page({ x: { 200: 10 } })];
    expect(topFigures(readMetrics(before), readMetrics(after), 1).total.perSecond).toBe(10);
  });

  it("reads labels with every escape of the text format", () => {
    const [sample] = readMetrics('a_total{x="a\\"b\\\\c\\nd",y="}"} 2 1700000000').get("a_total")!;
    expect(sample).toEqual({ labels: { x: 'a"b\\c\nd', y: "}" }, value: 2 });
  });

  // histogram_quantile (Prometheus, promql/quantile.go): linear in a bucket, the highest finite bound beyond it.
  it.each([
    [0.25, { seconds: 0.25, isBeyond: false }],
    [0.5, { seconds: 0.5, isBeyond: false }],
    [0.625, { seconds: 0.75, isBeyond: false }],
    [0.99, { seconds: 1, isBeyond: true }],
  ])("the quantile %d is what Prometheus says", (share, expected) => {
    const buckets = [
      { bound: 0.5, count: 20 },
      { bound: 1, count: 30 },
      { bound: Number.POSITIVE_INFINITY, count: 40 },
    ];
    expect(quantile(buckets, share)).toEqual(expected);
    expect(quantile([], share)).toBeUndefined();
  });

  it.each([200, 80, 60, 40, 25, 14])("no line is wider than %d columns, and what is left out is named", (columns) => {
    const lines = renderTop(figures, { columns, rows: undefined });
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    const text = lines.join("\n");
    // Never left out: which operation, and how often.
    expect(text).toContain("OPERAT");
    expect(text).toContain("50.0");
    expect(text.includes("Too narro")).toBe(columns < 80);
    if (columns === 60) expect(text).toContain("Too narrow for RETRIES/S.");
  });

  describe("services", () => {
    const endpoint = (service: string, url: string, state: string, value: number): string =>
      `gatewright_service_endpoint_state{service="${service}",endpoint="${url}",state="${state}"} ${value}\n`;
    const breaker = (service: string, value: number, operation = ""): string =>
      `gatewright_service_breaker_open{service="${service}"${operation}} ${value}\n`;
    const connected = (service: string): string =>
      `gatewright_upstream_connections{service="${service}",endpoint="http://a:1",state="active"} 0\n`;
    const zone = (name: string, withheld: number, attempts: number): string =>
      `gatewright_service_zone_withheld{service="zoned",zone="${name}"} ${withheld}\n` +
      `gatewright_service_zone_attempts_total{service="zoned",zone="${name}"} ${attempts}\n`;
    const states =
      ["orders", "catalog", "plain", "search", "zoned"].map(connected).join("") +
      // Two workers: the endpoint is out in one of them for its check, in both for failures.
      endpoint("orders", "http://a:1", "unhealthy", 1) +
      endpoint("orders", "http://a:1", "ejected", 2) +
      endpoint("orders", "http://b:1", "unhealthy", 0) +
      breaker("orders", 1) +
      endpoint("catalog", "http://c:1", "unhealthy", 0) +
      breaker("catalog", 0) +
      breaker("search", 1, ',operation="a"') +
      breaker("search", 2, ',operation="b"') +
      zone("eu-1", 1.6, 5) +
      zone("eu-2", 0, 95);
    const judged = topFigures(readMetrics(""), readMetrics(page({ "a.v1.list": { 200: 10 } }, `\n${states}`)), 1);
    const rows = (columns: number): Readonly<Record<string, string>> =>
      Object.fromEntries(
        renderTop(judged, { columns, rows: undefined }).flatMap((line) => {
          const name = /^(orders|catalog|plain|search|zoned) /.exec(line)?.[1];
          return name === undefined ? [] : [[name, line]];
        }),
      );

    it("say how their endpoints and breakers are, and nothing where nothing judges them", () => {
      const ends = Object.entries(rows(200)).map(([name, line]) => [name, line.split(/ {2,}/).at(-1)]);
      expect(Object.fromEntries(ends)).toEqual({
        orders: "breaker open, 1/2 up",
        catalog: "ok",
        search: "2 breakers open",
        plain: "–",
        zoned: "eu-1 held back (5.0 %)",
      });
    });

    it.each([80, 60, 44])("keep their state at %d columns, and what is left out is named", (columns) => {
      expect(rows(columns).orders).toMatch(/ breaker open, 1\/2 up$/);
      const lines = renderTop(judged, { columns, rows: undefined });
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      expect(lines.at(-1)).toMatch(/^Too narrow for /);
    });
  });

  describe("caches", () => {
    const counted = (operation: string, counts: Readonly<Record<string, number>>): string =>
      Object.entries(counts)
        .map(([outcome, count]) => `gatewright_cache_requests_total{operation="${operation}",outcome="${outcome}"} ${count}\n`)
        .join("");
    const inMemory = (store: string, bytes: number, entries: number, evicted: number): string =>
      `gatewright_cache_bytes{store="${store}"} ${bytes}\ngatewright_cache_entries{store="${store}"} ${entries}\n` +
      `gatewright_cache_evicted_total{store="${store}"} ${evicted}\n`;
    const told = 'gatewright_cache_purges_waiting 2\ngatewright_cache_changes_waiting{store="shared"} 3\n';
    const counts = { "a.v1.list": { 200: 20 }, "a.v1.plain": { 200: 4 } };
    const of = (before: string, after: string) =>
      topFigures(readMetrics(`${page({})}\n${before}`), readMetrics(`${page(counts)}\n${after}`), 2);
    const before = counted("a.v1.list", { hit: 10, stale: 0, miss: 5 }) + inMemory("default", 1_000, 3, 1);
    const after =
      counted("a.v1.list", { hit: 22, stale: 4, miss: 9 }) +
      inMemory("default", 2_500_000, 1_234, 5) +
      inMemory("pages", 100, 2, 0);

    it("are one row, of what was asked between the reads and of what is kept now", () => {
      const figures = of(before, after + told);
      expect(figures.caches).toEqual({
        perSecond: 10,
        hits: 0.6,
        stale: 0.2,
        memory: { bytes: 2_500_100, entries: 1_236, evictedPerSecond: 2 },
        untold: 5,
      });
      expect(figures.operations.map(({ operation, hits }) => [operation, hits])).toEqual([["a.v1.list", 0.8], ["a.v1.plain", null]]); // biome-ignore format: one line
      const text = renderTop(figures, { columns: 120, rows: undefined }).join("\n");
      expect(text).toMatch(/^CACHES +REQ\/S +HITS +STALE +BYTES +ENTRIES +EVICTED\/S +UNTOLD\nall +10\.0 +60\.0 % +20\.0 % +2\.4 MiB +1,236 +2\.0 +5$/m); // biome-ignore format: one line
      expect(text).toMatch(/^a\.v1\.list .* 80\.0 %$/m);
      expect(text).toMatch(/^a\.v1\.plain .* –$/m);
    });

    it("that are all in servers have no memory, and without requests no ratio; without caches there is no row", () => {
      const quiet = of(counted("a.v1.list", { hit: 7 }), counted("a.v1.list", { hit: 7 }));
      expect(quiet.caches).toEqual({ perSecond: 0, hits: null, stale: null, memory: null, untold: null });
      expect(renderTop(quiet, { columns: 120, rows: undefined }).join("\n")).toMatch(/^all +0\.0 +– +– +– +– +– +–$/m);
      const none = of("", "");
      expect(none.caches).toBeNull();
      expect(renderTop(none, { columns: 120, rows: undefined }).join("\n")).not.toMatch(/CACHES|HITS/);
    });

    it.each([60, 44, 30, 16])("keep their ratio at %d columns, and what is left out is named", (columns) => {
      const lines = renderTop(of(before, after + told), { columns, rows: undefined });
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      expect(lines.join("\n")).toMatch(/^all .*60\.0 %/m);
      expect(lines.at(-1)).toMatch(/^Too narro/);
    });

    it("leave room for operations on a low screen", () => {
      const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`op${index}`, { 200: index + 1 }]));
      const busy = topFigures(readMetrics(""), readMetrics(`${page(many, services)}\n${after}`), 1);
      expect(renderTop(busy, { columns: 80, rows: 24 }).length).toBeLessThan(24);
    });
  });

  it("shows as many operations as the screen has room for, and says how many there are", () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`op${index}`, { 200: index + 1 }]));
    const busy = topFigures(readMetrics(""), readMetrics(page(many, services)), 1);
    const lines = renderTop(busy, { columns: 80, rows: 24 });
    expect(lines.length).toBeLessThan(24);
    expect(lines.join("\n")).toMatch(/… and \d\d more with fewer requests/);
  });

  it("nothing that it shows steers the terminal", () => {
    const { lines } = fittedTable([{ title: "A", cell: (row: string) => row }], ["a\u001b[2Jb\u009b\r\nc\u202e"], 80);
    // Named rather than matched by a class: what a terminal acts on.
    expect(Array.from(lines.join("\n")).filter((one) => one !== "\n" && /\p{Cc}|\p{Bidi_Control}/u.test(one))).toEqual([]);
  });
});
