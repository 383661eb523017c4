import { expect, test } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";

/** What is found wrong with an operation of this method that has the policies, and a gateway that has the options. */
async function findings(policies: string, method: string, top = ""): Promise<readonly string[]> {
  const text = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services: { orders: { endpoints: [http://127.0.0.1:9001] }, next: { endpoints: [http://127.0.0.1:9002] } }
stores:
  default: { memory: { max: 16MiB } }
  shared: { redis: { url: { env: REDIS_URL } } }
  pages: { memcached: { servers: ["127.0.0.1:11211"] } }
${top}
routes:
  next: { match: { path: /next }, service: next, policies: { public: sample } }
  orders: { match: { path: /orders, methods: [${method}] }, service: orders, policies: { public: sample, ${policies} } }
`;
  const { diagnostics } = await checkGateway("gateway.yaml", { disk: memoryDisk(new Map([["gateway.yaml", text]])) });
  return diagnostics.filter(({ code }) => code !== "check/unused-store").map(({ code, help }) => `${code}: ${help}`);
}

const aboveZero = (sample: string): RegExp => new RegExp(`^load/bad-format: Write a value above zero, as in ${sample}`);
const steps = (written: string, analysis = "errors: 1%"): string =>
  `split: { to: { next: 0% }, steps: [${written}], analysis: { ${analysis} } }`;

test.each([
  ["cache: { maxBody: 0B }", "GET", aboveZero("`1MiB`")],
  ["cache: { maxBody: 9MiB }", "GET", /^cache\/body-over-store: Write at most `8MiB`/],
  ["cache: { store: shared, maxBody: 9MiB }", "GET", /^cache\/body-over-store: Write at most `8MiB`/],
  ["cache: { store: pages, maxBody: 2MiB }", "GET", /^cache\/body-over-store: Write at most `1MiB`/],
  ["cache: { store: shared, memory: { checkAfter: 0s } }", "GET", aboveZero("`5s`")],
  ["cache: { safe: a search, maxRequest: 0B }", "POST", aboveZero("`64KiB`")],
  ["cache: { tags: { fields: [X-Tags], max: 0 } }", "GET", /^load\/out-of-range: Write `1`/],
  ["idempotency: { anonymous: uuid, ttl: 0s }", "POST", /^idempotency\/ttl-out-of-range: /],
  ["idempotency: { anonymous: uuid, ttl: 31d }", "POST", /^idempotency\/ttl-out-of-range: /],
  ["idempotency: { anonymous: uuid, maxBody: 0B }", "POST", aboveZero("`1MiB`")],
  ["idempotency: { anonymous: uuid, maxAnswer: 0KiB }", "POST", aboveZero("`64KiB`")],
  ["decompress: { maxBody: 0B }", "POST", aboveZero("`1MiB`")],
  ["decompress: { maxRatio: 0 }", "POST", /^load\/out-of-range: Write `1`/],
  ["compress: { levels: { gzip: 0 } }", "GET", /^load\/out-of-range: Write `1`/],
  ["mirror: { to: next, timeout: 0s }", "GET", /^mirror\/timeout-out-of-range: /],
  // Node would take it for a timer of one millisecond.
  ["mirror: { to: next, timeout: 25d }", "GET", /^mirror\/timeout-out-of-range: /],
  ["mirror: { to: next, share: 0.00% }", "GET", /^mirror\/copies-nothing: Write more than `0%`/],
  ["mirror: { to: next, concurrency: 0 }", "GET", /^load\/out-of-range: Write `1`/],
  ["mirror: { to: next, compare: { maxBody: 0B } }", "GET", aboveZero("`64KiB`")],
  ["mirror: { to: next, compare: { maxBody: 1GiB } }", "GET", /^mirror\/body-too-large: /],
  ["mirror: { to: next, compare: { ignore: ['*'] } }", "GET", /^mirror\/ignores-all: .*`body: false`/],
  ["mirror: { to: next, compare: { ignore: ['/*'] } }", "GET", /^mirror\/ignores-all: .*`body: false`/],
  ["mirror: { to: next, compare: { ignore: [id, '**'] } }", "GET", /^mirror\/ignores-all: /],
  ["mirror: { to: next, compare: { only: [/a/updatedAt], ignore: ['*At'] } }", "GET", /^mirror\/ignored-anyway: /],
  ["mirror: { to: next, compare: { log: 0%, values: true } }", "GET", /^mirror\/values-not-logged: /],
  ["split: { to: { next: 101% } }", "GET", /^load\/bad-format: Write it like `50%`/],
  ["split: { to: { next: 5% }, otherwise: cookie, cookie: { maxAge: 0s } }", "GET", /^split\/cookie-age-out-of-range: /],
  // Of less than a second, none is left.
  ["split: { to: { next: 5% }, otherwise: cookie, cookie: { maxAge: 400ms } }", "GET", /^split\/cookie-age-out-of-range: /],
  ["split: { to: { next: 5% }, otherwise: cookie, cookie: { maxAge: 401d } }", "GET", /^split\/cookie-age-out-of-range: /],
  [steps("{ share: 5%, after: 366d }"), "GET", /^split\/step-too-long: /],
  [steps("0%"), "GET", /^split\/steps-rise: /],
  [steps("5%", "errors: 100%"), "GET", /^split\/without-bound: /],
  [steps("5%", "latency: { p99: 0ms }"), "GET", aboveZero("`5s`")],
  [steps("5%", "errors: 1%, falseAlarms: 0%"), "GET", /^split\/false-alarms-out-of-range: /],
])("%s does not build, and the message says what to write", async (policies, method, expected) => {
  expect(await findings(policies, method)).toEqual([expect.stringMatching(expected)]);
});

test.each([
  ["mostAsked: 0", /^load\/out-of-range: Write `1`/],
  ["mostAsked: 5, readyAfter: 0s", aboveZero("`10s`")],
  ["mostAsked: 5, concurrency: 0", /^load\/out-of-range: Write `1`/],
  ["mostAsked: 5, rate: 0/s", /^load\/bad-format: Write it like `100\/s`/],
  ["rate: 1/s", /^check\/warm-nothing: /],
])("warming with %s does not build", async (warm, expected) => {
  expect(await findings("cache: { ttl: 30s }", "GET", `cache: { warm: { ${warm} } }`)).toEqual([expect.stringMatching(expected)]);
});

test.each([
  ["0s", aboveZero("`10s`")],
  ["999ms", /^check\/purges-age-too-short: /],
])("purges that count for %s do not build", async (maxAge, expected) => {
  const purges = `cache: { purges: { store: shared, onStoreFailure: ask, maxAge: ${maxAge} } }`;
  expect(await findings("cache: { ttl: 30s, store: shared }", "GET", purges)).toEqual([expect.stringMatching(expected)]);
});

test.each([
  // What a wider scope gives is taken back so.
  ["cache: { ttl: 0s, negativeTtl: 0s, staleWhileRevalidate: 0s, staleIfError: 0s }", "GET"],
  ["cache: { maxBody: 8MiB }", "GET"],
  ["compress: { minSize: 0B }", "GET"],
  [
    "mirror: { to: next, maxBody: 0B, timeout: 24h, share: 0.0001%, compare: { log: 0%, only: [/items/0], ignore: ['*At'] } }",
    "GET",
  ],
  ["split: { to: { next: 0% } }", "GET"],
  [steps("{ share: 5%, after: 0s, hold: false }", "errors: 0%"), "GET"],
])("%s builds", async (policies, method) => {
  expect(await findings(policies, method)).toEqual([]);
});
