import { beforeAll, describe, expect, test } from "vitest";
import { observed, shop } from "./gateways.ts";
import { firesAt, firingAt, type RulesCase, silentAt, testRules } from "./promtool.ts";

let rules = "";
beforeAll(async () => {
  rules = (await observed(shop)).get("prometheus/rules.yaml") ?? "";
});

const errors = "GatewrightErrorBudgetBurns";
const slow = "GatewrightLatencyBudgetBurns";

const labels = (operation: string, api = "orders"): string =>
  `job="shop",instance="a:9090",operation="${api}.v1.${operation}",api="${api}",version="v1",service="${api}"`;
const requests = (status: string, operation = "listProducts", api = "catalog"): string =>
  `gatewright_requests_total{${labels(operation, api)},method="GET",status="${status}"}`;
const durations = (suffix: string): string =>
  `gatewright_request_duration_seconds_${suffix.replace(/^(\w+)(.*)$/, `$1{${labels("listProducts", "catalog")}$2}`)}`;

/** What every scrape has, with the labels of its target alone. */
const scraped = 'gatewright_connections_limit{job="shop",instance="a:9090"}';
const withRegion = (series: string): string => series.replace("{", '{region="eu",');

/** Nothing for so many minutes, and then so many a minute. */
const from = (start: number, perMinute: number, until: number): string => `0x${start} ${perMinute}+${perMinute}x${until - start}`;

/**
 * The first minute after the failures began at which a tier burns, by nothing but sums over minutes.
 *
 * @param share of requests that fail from then on
 * @param perMinute requests; minutes before were all good, and there were enough of them
 */
function burnsAfter(
  { long, short, threshold }: { readonly long: number; readonly short: number; readonly threshold: number },
  share: number,
  perMinute: number,
  minFailures = 10,
): number {
  for (let minute = 1; ; minute++) {
    const failed = (window: number): number => share * Math.min(minute, window);
    if (failed(long) / long > threshold && failed(short) / short > threshold && failed(long) * perMinute >= minFailures)
      return minute;
  }
}

// 99.9% over 30 days: 14.4 × 0.001 in 1 h and 5 min, 6 × 0.001 in 6 h and 30 min.
const tier1 = { long: 60, short: 5, threshold: 0.0144 };
const tier2 = { long: 360, short: 30, threshold: 0.006 };

const cases: RulesCase[] = [
  {
    name: "half of the requests fail: the fast page after two minutes",
    series: { [requests("200")]: "0+100x70 50+50x80", [requests("503")]: from(70, 50, 150) },
    expected: firesAt(70 + burnsAfter(tier1, 0.5, 100), errors, { tier: "1", objective: "catalog", severity: "page" }),
  },
  {
    name: "2% fail: too slow for tier 1 until 44 minutes are full, then it fires",
    series: { [requests("200")]: "0+100x70 98+98x80", [requests("500")]: from(70, 2, 150) },
    expected: firesAt(70 + burnsAfter(tier1, 0.02, 100), errors, { tier: "1", objective: "catalog" }),
  },
  {
    name: "1.1% fail: tier 2 pages, tier 1 never does",
    every: 4,
    series: { [requests("200")]: "0+1000x400 989+989x400", [requests("502")]: from(400, 11, 800) },
    expected: [
      ...firesAt(
        400 + 4 * Math.ceil(burnsAfter(tier2, 0.011, 1000) / 4),
        errors,
        { tier: "2", objective: "catalog", severity: "page" },
        4,
      ),
      silentAt(800, errors, { tier: "1", objective: "catalog" }),
    ],
  },
  {
    name: "the alert ends when the short window is clean, while the long one still burns",
    series: { [requests("200")]: "0+100x70 0x10 100+100x60", [requests("500")]: "0x70 100+100x9 1000x60" },
    expected: [
      firingAt(80, errors, { tier: "1", objective: "catalog" }),
      silentAt(86, errors, { tier: "1", objective: "catalog" }),
    ],
  },
  {
    name: "traps/telemetry row 33: three requests an hour, one of them fails: no page",
    series: { [requests("200")]: "0x20 1x40 2x300", [requests("500")]: "0x50 1x300" },
    expected: [60, 90, 120, 240].map((minute) => silentAt(minute, errors, { objective: "catalog" })),
    every: 10,
  },
  {
    // One every two minutes: the tenth failure is the one of minute 20.
    name: "traps/telemetry row 33: 30 of 30 fail in an hour: page with the tenth",
    series: {
      [requests("200")]: "0x400",
      [requests("500")]: `0x60 ${Array.from({ length: 30 }, (_, i) => `${i} ${i + 1}`).join(" ")}`,
    },
    expected: firesAt(60 + 20, errors, { tier: "1", objective: "catalog" }),
  },
  {
    // What a gateway exposes: no series, and at the next scrape one that is there with all of them.
    name: "traps/telemetry row 33: 30 of 30 fail between two scrapes, of an operation that had no request before: page at once",
    series: { [scraped]: "1x150", [requests("500")]: "_x60 30x90" },
    expected: firesAt(60, errors, { tier: "1", objective: "catalog" }),
  },
  {
    name: "the same a second time, of another instance, which has other failures",
    series: {
      [scraped]: "1x150",
      [scraped.replace("a:9090", "b:9090")]: "1x150",
      [requests("200")]: "0+100x150",
      [requests("500").replace("a:9090", "b:9090")]: "_x60 300x90",
    },
    expected: firesAt(60, errors, { tier: "1", objective: "catalog" }),
  },
  {
    name: "a Prometheus that is new, or was away, takes what was counted long ago for nothing",
    series: { [scraped]: "_x60 1x90", [requests("500")]: "_x60 3000x90", [requests("200")]: "_x60 50000+100x90" },
    expected: [60, 61, 62, 70, 90, 125, 150].map((minute) => silentAt(minute, errors, { objective: "catalog" })),
  },
  {
    name: "nor does a label that the scrape configuration gives targets from some day on",
    series: {
      [scraped]: "1x60 stale",
      [requests("500")]: "3000x60 stale",
      [withRegion(scraped)]: "_x61 1x90",
      [withRegion(requests("500"))]: "_x61 3000x90",
      [withRegion(requests("200"))]: "_x61 50000+100x90",
    },
    expected: [61, 62, 63, 70].map((minute) => silentAt(minute, errors, { objective: "catalog" })),
  },
  {
    name: "traps/telemetry row 35: no requests are neither an alert nor NaN",
    series: { [requests("200")]: "5x400", [requests("500")]: "5x400" },
    every: 20,
    expected: [
      silentAt(400, errors),
      {
        minute: 400,
        expr: `count(objective:gatewright_budget_left:ratio{objective="catalog",about="availability"})`,
        value: undefined,
      },
    ],
  },
  {
    // Two samples within five minutes are there until minute 34; a group that is evaluated first sees that a minute later.
    name: "traps/telemetry row 34: the gateway is there, and the series of an objective are gone",
    series: {
      [requests("200")]: "0+10x30 stale",
      'gatewright_build_info{job="shop",instance="a:9090"}': "1x120",
    },
    expected: [
      silentAt(34 + 60, "GatewrightObjectiveUnmeasured", { objective: "catalog", about: "availability" }),
      firingAt(36 + 60, "GatewrightObjectiveUnmeasured", { objective: "catalog", about: "availability" }),
    ],
  },
  {
    name: "401, 403, 429, 499 and 404 are no failures, however many",
    series: Object.fromEntries(
      ["401", "403", "404", "429", "none"]
        .map((status) => [requests(status), "0+1000x400"])
        .concat([[requests("200"), "0+10x400"]]),
    ),
    expected: [
      silentAt(400, errors),
      { minute: 400, expr: `sum(objective:gatewright_budget_left:ratio{objective="catalog",about="availability"})`, value: 1 },
    ],
  },
  {
    name: "a flood of 401 does not hide that half of the others fail",
    series: {
      [requests("401")]: "0+100000x150",
      [requests("200")]: "0+100x70 50+50x80",
      [requests("503")]: from(70, 50, 150),
    },
    expected: firesAt(70 + burnsAfter(tier1, 0.5, 100), errors, { tier: "1", objective: "catalog" }),
  },
  {
    name: "an operation with an objective of its own fails alone",
    series: {
      [requests("200", "createOrder", "orders")]: "0+100x70 0x80",
      [requests("500", "createOrder", "orders")]: from(70, 100, 150),
      [requests("200", "getOrder", "orders")]: "0+1000x150",
    },
    // 99.5%: 14.4 × 0.005.
    expected: [
      ...firesAt(70 + burnsAfter({ ...tier1, threshold: 0.072 }, 1, 100), errors, {
        tier: "1",
        objective: "orders.v1.tags.write",
      }),
      silentAt(150, errors, { tier: "1", objective: "orders" }),
      silentAt(150, errors, { tier: "1", objective: "catalog" }),
    ],
  },
  {
    // 99% within 1 s over 30 days: 14.4 × 0.01.
    name: "40% take longer than the bound: the page for slowness, and none for errors",
    series: {
      [durations("count")]: "0+100x150",
      [durations('bucket,le="1"')]: "0+100x70 60+60x80",
      [durations('bucket,le="2.5"')]: "0+100x150",
      [requests("200")]: "0+100x150",
    },
    expected: [
      ...firesAt(70 + burnsAfter({ ...tier1, threshold: 0.144 }, 0.4, 100), slow, {
        tier: "1",
        objective: "catalog",
        about: "p99",
      }),
      silentAt(150, errors, { tier: "1", objective: "catalog" }),
    ],
  },
  {
    name: "20 of 20 are slow between two scrapes, of an operation that had no request before: page at once",
    series: {
      [scraped]: "1x150",
      [durations("count")]: "_x60 20x90",
      [durations('bucket,le="1"')]: "_x60 0x90",
    },
    expected: firesAt(60, slow, { tier: "1", objective: "catalog", about: "p99" }),
  },
  {
    name: "a bucket that is called otherwise since Prometheus is a newer one hides nothing",
    series: {
      [scraped]: "1x150",
      [durations("count")]: "0+100x150",
      [durations('bucket,le="1"')]: "0+100x70 stale",
      [durations('bucket,le="1.0"')]: "_x71 7000+60x80",
    },
    expected: firesAt(71 + burnsAfter({ ...tier1, threshold: 0.144 }, 0.4, 100), slow, {
      tier: "1",
      objective: "catalog",
      about: "p99",
    }),
  },
  {
    name: "a bucket called 1.0, as Prometheus 3 and OpenMetrics have it, is the same one",
    series: { [durations("count")]: "0+100x150", [durations('bucket,le="1.0"')]: "0+100x70 60+60x80" },
    expected: firesAt(70 + burnsAfter({ ...tier1, threshold: 0.144 }, 0.4, 100), slow, { tier: "1", objective: "catalog" }),
  },
];

describe("alerts of objectives, in Prometheus' own engine", () => {
  test("each fires at the minute that the arithmetic says, and is silent where it must be", async () => {
    await testRules(rules, cases);
  });

  test("slow burns are tickets: tier 3 in a day, tier 4 in three", async () => {
    // 99.9% over 30 days: 3 × 0.001 in 1 d and 2 h, 1 × 0.001 in 3 d and 6 h. Spans of a day and more are means of what was
    // recorded, here each half an hour: so many bad ones of these are needed.
    const every = 30;
    const [start, end] = [4320, 5280];
    const firstAfter = ({ long, threshold }: { readonly long: number; readonly threshold: number }): number =>
      start + every * Math.ceil(((long / every + 1) * threshold) / 0.0055);
    const tickets = { severity: "ticket", objective: "catalog" };
    await testRules(rules, [
      {
        name: "0.55% fail: both tickets, and no page",
        series: { [requests("200")]: `0+10000x${start} 9945+9945x${end - start}`, [requests("500")]: from(start, 55, end) },
        every,
        expected: [
          ...firesAt(firstAfter({ long: 1440, threshold: 0.003 }), errors, { ...tickets, tier: "3" }, every),
          ...firesAt(firstAfter({ long: 4320, threshold: 0.001 }), errors, { ...tickets, tier: "4" }, every),
          silentAt(end, errors, { tier: "1", objective: "catalog" }),
          silentAt(end, errors, { tier: "2", objective: "catalog" }),
        ],
      },
    ]);
  });

  test("an alert that never fires is noticed here", async () => {
    const impossible = { ...cases[0]!, expected: firesAt(71, errors, { tier: "1", objective: "catalog" }) };
    await expect(testRules(rules, [impossible])).rejects.toThrow("FAILED");
  });
});
