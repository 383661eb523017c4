import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Slot } from "../../../runtime/exchange/exchange.ts";
import type { MetricFamily, MetricsItem } from "../../../runtime/gateway/metrics.ts";
import { expose } from "../../../runtime/metrics/exposition/expose.ts";
import { familiesOf, joined } from "../../../runtime/metrics/families-of.ts";
import { createScrapeThread } from "../../../runtime/metrics/thread/scrape-thread.ts";
import { createMetrics } from "../../../runtime/policies/metrics/index.ts";
import { fakeAnswer, fakeExchange } from "../../harness/fake-exchange.ts";

const operations = 120;

/** Metrics of many operations: with errors, refusals, reports, exemplars and names that have to be escaped. */
function counted() {
  const metrics = createMetrics({ buckets: [0.01, 0.1], native: true, process: false, own: null, thread: null, slot: 0 as Slot });
  for (let index = 0; index < operations; index++)
    for (let request = 0; request <= index % 3; request++) {
      const operation = { index, id: `orders.v1.get"${index}`, api: "orders", version: "v1", service: "orders" };
      const x = fakeExchange({ operation, startedAt: performance.now() - index });
      x.outcome = index % 7 === 0 ? "clientGone" : "complete";
      const problem = { status: 429, slug: "x", title: "x", source: "rateLimit" };
      x.answer = index % 5 === 0 ? { ...fakeAnswer({ status: 429 }), source: "rateLimit", problem } : fakeAnswer();
      if (index % 11 === 0) x.reports.push({ policy: "ipFilter", status: 403, type: "" });
      x.trace = {
        traceId: `${index}`,
        spanId: "00f067aa0ba902b7",
        isSampled: index % 2 === 0,
        attemptLines: () => "",
        call: () => ({ fields: {}, ended: () => {} }),
      };
      metrics.done(x);
    }
  return metrics;
}

const family: MetricFamily = { name: "things", help: "Things", type: "gauge", samples: [{ labels: "", value: 3 }] };

const metrics = counted();
const shared = createScrapeThread({});
const items = (): Iterable<MetricsItem> => joined([...metrics.collect(), family]);

const formats = {
  "text 0.0.4": "text/plain",
  OpenMetrics: "application/openmetrics-text",
  protobuf: "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
};

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const threaded = (accept: string, of: Iterable<MetricsItem> = items(), thread = shared) => {
  const exposition = thread.scrape(accept, of);
  if (exposition === undefined || !("bytes" in exposition)) throw new Error("no thread wrote it");
  return exposition;
};

const here = (accept: string): Buffer =>
  Buffer.concat([...expose(accept, familiesOf(items())).chunks].map((chunk) => Buffer.from(chunk)));

// telemetry row 32
describe("where there are many operations, a thread writes what is scraped", () => {
  it.each(Object.entries(formats))("%s: the same bytes as the thread that answers requests would", async (_, accept) => {
    const exposition = threaded(accept);
    expect(exposition.mediaType).toBe(expose(accept, []).mediaType);
    const expected = here(accept);
    expect(expected.length).toBeGreaterThan(10_000);
    expect((await bytesOf(exposition.bytes(false))).equals(expected)).toBe(true);
    expect(gunzipSync(await bytesOf(threaded(accept).bytes(true))).equals(expected)).toBe(true);
  });

  it("several scrapes at once do not mix", async () => {
    const one: MetricFamily = { ...family, name: "one" };
    const scrapes = [formats.OpenMetrics, formats.protobuf, formats.OpenMetrics].map((accept) =>
      bytesOf(threaded(accept).bytes(false)),
    );
    const other = bytesOf(threaded("", [one]).bytes(false));
    const expected = [here(formats.OpenMetrics), here(formats.protobuf), here(formats.OpenMetrics)];
    expect((await Promise.all(scrapes)).map((bytes, index) => bytes.equals(expected[index]!))).toEqual([true, true, true]);
    expect(String(await other)).toBe("# HELP one Things\n# TYPE one gauge\none 3\n");
  });

  it("a reader that leaves disturbs no other", async () => {
    for await (const chunk of threaded(formats.OpenMetrics).bytes(false)) if (chunk.length > 0) break;
    expect((await bytesOf(threaded(formats["text 0.0.4"]).bytes(false))).equals(here(""))).toBe(true);
  });

  it("of one operation, everything is of the same moment: +Inf of a histogram is its count, and that is what was answered", async () => {
    const sums = new Map<string, Record<string, number>>();
    const text = String(await bytesOf(threaded("").bytes(false)));
    for (const [, name, labels, more, value] of text.matchAll(
      /^gatewright_(\w+)\{(operation="(?:[^"\\]|\\.)*")(.*)\} (\S+)$/gm,
    )) {
      const figures = sums.get(labels!) ?? {};
      sums.set(labels!, figures);
      const key = name === "request_duration_seconds_bucket" ? (more!.includes('le="+Inf"') ? "infinite" : "finite") : name!;
      figures[key] = (figures[key] ?? 0) + Number(value);
    }
    expect(sums.size).toBe(operations);
    for (const { infinite, requests_total, request_duration_seconds_count } of sums.values())
      expect([infinite, request_duration_seconds_count]).toEqual([requests_total, requests_total]);
  });

  it("what cannot be written fails the scrape that has it, and the next one is written", async () => {
    // No family is like it: whatever is wrong with one, the thread has to survive it.
    const broken = { ...family, samples: undefined } as unknown as MetricsItem;
    await expect(bytesOf(threaded("", [broken]).bytes(false))).rejects.toThrow(/iterable/);
    expect((await bytesOf(threaded("").bytes(false))).equals(here(""))).toBe(true);
  });
});
