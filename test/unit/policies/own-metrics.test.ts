import { describe, expect, it } from "vitest";
import { seriesBounds } from "../../../compiler/policies/metrics/series.ts";
import { placedSteps } from "../../../compiler/policy/placed-steps.ts";
import type { Expression } from "../../../runtime/exchange/exchange.ts";
import type { MetricFamily } from "../../../runtime/gateway/metrics.ts";
import { createWorkerSums } from "../../../runtime/metrics/worker-sums.ts";
import { createOwnMetrics } from "../../../runtime/policies/metrics/own-metrics.ts";
import { compileProject } from "../../harness/compile-project.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

const gateway = (metrics: string): ReadonlyMap<string, string> =>
  new Map([
    [
      "gateway.yaml",
      `gateway: own
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis: { things: { versions: { v1: { spec: openapi.yaml } }, service: backend } }
services: { backend: { endpoints: [http://127.0.0.1:9001] } }
identity:
  schemes:
    token: { jwt: { issuer: https://id.example.com, audience: things, claims: { plan: { enum: [free, gold] } } } }
policies:
  metrics: ${metrics}
`,
    ],
    [
      "openapi.yaml",
      `openapi: 3.1.0
info: { title: Things, version: "1" }
components: { securitySchemes: { token: { type: http, scheme: bearer } } }
security: [{ token: [] }]
paths: { /things: { get: { operationId: listThings, responses: { "200": { description: ok } } } } }
`,
    ],
  ]);

const found = async (own: string): Promise<readonly string[]> => {
  const { diagnostics } = await compileProject(gateway(`{ own: { ${own} } }`));
  return diagnostics.filter(({ severity }) => severity === "error").map(({ code, message }) => `${code}: ${message}`);
};

describe("metrics of one's own", () => {
  it.each([
    ["orders", "counter: 1", "the name of a counter ends in `_total`"],
    ["_total", "counter: 1", "the name of a counter ends in `_total`"],
    ["1st_total", "counter: 1", "begins with a digit"],
    ["a-b_total", "counter: 1", "characters beside letters"],
    ["a:b_total", "counter: 1", "characters beside letters"],
    ["gatewright_requests_total", "counter: 1", "names that begin so are taken"],
    ["process_cpu_seconds_total", "counter: 1", "names that begin so are taken"],
    ["__x_total", "counter: 1", "names that begin so are taken"],
    ["items_total", "histogram: response.status", "the end `_total` has a meaning"],
    ["items_bucket", "histogram: response.status", "the end `_bucket` has a meaning"],
    ["items_count", "histogram: response.status", "the end `_count` has a meaning"],
  ])("cannot be called %s (%s)", async (name, kind, problem) => {
    const errors = await found(`"${name}": { ${kind} }`);
    expect(errors).toEqual([expect.stringContaining("metrics/own-name: ")]);
    expect(errors[0]).toContain(problem);
  });

  // RFC 6750, 2.1 and 2.3; RFC 6265.
  it("have no labels that show credentials, and may say whether there are some", async () => {
    const labels = (value: string): Promise<readonly string[]> => found(`a_total: { counter: 1, labels: { a: ${value} } }`);
    for (const value of ["request.headers['authorization']", "request.headers['cookie']", "request.query.access_token"])
      expect(await labels(`"${value}"`)).toEqual([expect.stringContaining("metrics/secret-in-label: ")]);
    expect(await labels(`"'authorization' in request.headers"`)).toEqual([]);
    expect(await labels(`{ value: "request.headers['authorization']", values: [none-yet] }`)).toEqual([]);
  });

  // Prometheus has no rate of a counter that is infinite, and IEEE 754 counts one by one up to 2^53.
  it("stay finite, whatever number a client sends", () => {
    const sent = { n: 1e308 };
    // As the compiler would emit it.
    const value = ((_x) => sent.n) as Expression<number>;
    const own = createOwnMetrics({
      metrics: [
        { name: "a_total", help: "", bounds: null, native: false, value, when: null, labels: [] },
        { name: "b", help: "", bounds: [1], native: false, value, when: null, labels: [] },
      ],
    });
    for (const n of [1e308, 1e308, Number.POSITIVE_INFINITY, Number.NaN, -1, 2 ** 53, 3]) {
      sent.n = n;
      own.count(fakeExchange());
    }
    const [counter, histogram] = own.families;
    expect(counter!.samples).toEqual([{ labels: "", value: 3 }]);
    expect(histogram!.histograms).toMatchObject([{ sum: 3 }]);
  });

  it("have labels with one value each: what cannot have one is named, with what to write instead", async () => {
    const labels = (value: string): Promise<readonly string[]> => found(`a_total: { counter: 1, labels: { a: ${value} } }`);
    for (const [value, kind] of [
      ["request.headers", "map"],
      ["{ value: request.query }", "map"],
      ["{ value: request.headers, values: [eu] }", "map"],
      ['"[request.host]"', "list"],
      ["now", "timestamp"],
    ] as const)
      expect(await labels(value), value).toEqual([
        expect.stringMatching(new RegExp(`^metrics/own-label-value: The label \`a\` reads \`.*\`, which is a ${kind}:`)),
      ]);
    // Known at run time only, and truth values.
    for (const value of ["request.host", "size(request.path)", "request.path == '/'", "exchange.durationMs > 3"])
      expect(await labels(`"${value}"`), value).toEqual([]);
  });

  it("have labels that Prometheus does not give itself, and are of one kind", async () => {
    const errors =
      await found(`a_total: { counter: 1, labels: { le: request.host, __x: request.host, job: request.host, a-b: request.host } },
      b_total: {}, c: { counter: 1, histogram: response.status }, e_total: { counter: 1, buckets: [1] },
      f: { histogram: response.status, buckets: [2, 1] }, g_total: { counter: 1 }, g: { histogram: response.status }`);
    expect(errors.map((error) => error.slice("metrics/".length).replace(/^(\S+)[^`]*`?([^`]*)`?.*$/, "$1 $2")).sort()).toEqual([
      "buckets-not-ascending: ",
      "own-buckets: e_total",
      "own-kind: b_total",
      "own-kind: c",
      "own-label-name: __x",
      "own-label-name: a-b",
      "own-label-name: job",
      "own-label-name: le",
      "own-name: g_total",
    ]);
  });

  it("count numbers", async () => {
    expect(await found("a_total: { counter: request.host }, b: { histogram: response.status > 200 }")).toEqual([
      expect.stringContaining("own-number: `request.host` gives a string"),
      expect.stringContaining("own-number: `response.status > 200` gives a bool"),
    ]);
  });

  it("read nothing that only some operations have", async () => {
    expect(await found("a_total: { counter: 1, labels: { a: params.id } }, b_total: { counter: body.total }")).toEqual([
      expect.stringContaining("params"),
      expect.stringContaining("body"),
    ]);
  });

  it("know the values of a claim from its schema, and of a truth, and say how many series there can be", async () => {
    const labels = "plan: identity.claims.plan, good: response.status < 300, host: { value: request.host, most: 3 }";
    const { ir, diagnostics } = await compileProject(
      gateway(`{ buckets: [1, 2], own: { a_total: { counter: 1, labels: { ${labels} } } } }`),
    );
    expect(diagnostics.map(({ message }) => message)).toEqual([]);
    const steps = placedSteps(ir!.operations, ir!.unmatched).get("metrics")!;
    const { own } = steps[0]!.step.config as unknown as {
      own: { config: { metrics: [{ labels: { values: unknown; most: number }[] }] } };
    };
    expect(own.config.metrics[0].labels.map(({ values, most }) => [values, most])).toEqual([
      [["free", "gold"], 20],
      [["true", "false"], 20],
      [null, 3],
    ]);
    const bounds = Object.fromEntries(seriesBounds(steps, ir!).map(({ about, most }) => [about, most]));
    // Two plans, two truths and three hosts, each of them with `other` and `none`.
    expect(bounds["own metrics"]).toBe(4 * 4 * 5);
    // 12 outcomes, two buckets with +Inf, sum and count, and two states of the pool of one endpoint.
    expect(bounds.services).toBe(12 + 5 + 2);
  });

  it("keep no more values of a label apart than one worker may, and the same ones for good", () => {
    const sums = createWorkerSums();
    const family = (...values: string[]): MetricFamily => ({
      name: "a_total",
      help: "a",
      type: "counter",
      open: { tier: 2 },
      samples: values.map((tier) => ({ labels: `tier="${tier}",kind="x"`, value: 1 })),
    });
    const shown = (): Record<string, number> =>
      Object.fromEntries(
        Array.from(
          [...sums.expose("").chunks].join("").matchAll(/^a_total\{(.*)\} (\d+)$/gm),
          ([, labels, value]): [string, number] => [labels!, Number(value)],
        ),
      );
    const [first, second] = [{}, {}];
    sums.report(first, [family("a")]);
    sums.report(second, [family("b", "c", "other", "none")]);
    const expected = { 'tier="a",kind="x"': 1, 'tier="b",kind="x"': 1, 'tier="other",kind="x"': 2, 'tier="none",kind="x"': 1 };
    expect(shown()).toEqual(expected);
    sums.report(first, [family("a", "d")]);
    sums.leave(second);
    expect(shown()).toEqual({ ...expected, 'tier="other",kind="x"': 3 });
  });
});
