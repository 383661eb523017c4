import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import { crc32, gunzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Slot } from "../../../runtime/exchange/exchange.ts";
import type { LivePage, MetricFamily, MetricsItem } from "../../../runtime/gateway/metrics.ts";
import { clock } from "../../../runtime/life/clock.ts";
import { expose, formatFor } from "../../../runtime/metrics/exposition/expose.ts";
import type { Format } from "../../../runtime/metrics/exposition/format.ts";
import { familiesOf, joined } from "../../../runtime/metrics/families-of.ts";
import { pageLayout } from "../../../runtime/metrics/operations/operation-counts.ts";
import { familiesOfOperations } from "../../../runtime/metrics/operations/operation-families.ts";
import { ofLength, sumOfBoth } from "../../../runtime/metrics/thread/crc32-sums.ts";
import { inBursts } from "../../../runtime/metrics/thread/in-bursts.ts";
import { KeptPage } from "../../../runtime/metrics/thread/kept-page.ts";
import { type Packed, Packing } from "../../../runtime/metrics/thread/packing.ts";
import { createScrapeThread } from "../../../runtime/metrics/thread/scrape-thread.ts";
import { createMetrics, type Metrics } from "../../../runtime/policies/metrics/index.ts";
import { fakeAnswer, fakeExchange } from "../../harness/fake-exchange.ts";

const operations = 120;

/** A request to one of many operations: with errors, refusals, reports, exemplars and names that have to be escaped. */
function count(metrics: Metrics, index: number): void {
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

function counted(): Metrics {
  const metrics = createMetrics({ buckets: [0.01, 0.1], native: true, process: false, own: null, thread: null, slot: 0 as Slot });
  for (let index = 0; index < operations; index++) for (let request = 0; request <= index % 3; request++) count(metrics, index);
  return metrics;
}

const family: MetricFamily = { name: "things", help: "Things", type: "gauge", samples: [{ labels: "", value: 3 }] };

const metrics = counted();
/** Further operations that tests ask. */
let latest = 0;
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

  it.each(Object.entries(formats))(
    "%s: what was counted since the last scrape is in the next one, and nothing else is lost",
    async (_, accept) => {
      const zipped = async (): Promise<Buffer> => gunzipSync(await bytesOf(threaded(accept).bytes(true)));
      const before = await zipped();
      expect((await zipped()).equals(before)).toBe(true);
      // Of the last page, of one in front of it, and one that had no request before, in a page that is cut anew.
      for (const index of [operations - 1, 7, operations + latest++]) {
        count(metrics, index);
        const after = await zipped();
        expect(after.equals(before)).toBe(false);
        expect(after.equals(here(accept))).toBe(true);
      }
      const begun = fakeExchange({
        operation: { index: 7, id: 'orders.v1.get"7', api: "orders", version: "v1", service: "orders" },
      });
      metrics.request(begun);
      expect((await zipped()).equals(here(accept))).toBe(true);
      metrics.done(begun);
      expect((await zipped()).equals(here(accept))).toBe(true);
    },
  );

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
    expect(sums.size).toBe(operations + latest);
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

// telemetry row 32
describe("the thread leaves the cores to those that answer requests", () => {
  it.runIf(process.platform === "linux")("as the system's scheduler knows it", async () => {
    await bytesOf(threaded("").bytes(false));
    const nice = (task: string): number => {
      const [, fields] = readFileSync(`/proc/self/task/${task}/stat`, "utf8").split(") ");
      return Number(fields!.split(" ")[16]);
    };
    expect(nice(String(process.pid))).not.toBe(10);
    expect(readdirSync("/proc/self/task").map(nice)).toContain(10);
  });

  it("and sleeps five sixths of the time, however much there is to write", () => {
    let now = 0;
    onTestFinished(() => void vi.restoreAllMocks());
    vi.spyOn(clock, "monotonic").mockImplementation(() => now);
    let slept = 0;
    vi.spyOn(Atomics, "wait").mockImplementation((_array: unknown, _index: unknown, _value: unknown, timeout?: number) => {
      slept += timeout!;
      return "timed-out";
    });
    const made = Array.from({ length: 100 }, (_, index) => index);
    // Nothing is made in every other step.
    function* steps(): Generator<number | undefined> {
      for (const one of made) {
        now += 0.06;
        yield undefined;
        now += 0.06;
        yield one;
      }
    }
    expect([...inBursts(steps())]).toEqual(made);
    // Two steps of 0.06 ms are a burst.
    expect(slept).toBeCloseTo(100 * 0.5);
  });

  it("in steps that are short, as no more than ten histograms are written at a time, and what they make is compressed in one of its own", () => {
    const page = new KeptPage([...counted().collect()][0] as LivePage);
    const family = familiesOfOperations.find(({ histogram }) => histogram !== undefined)!;
    const whole = formatFor(formats.OpenMetrics);
    const written: number[] = [];
    const counting: Format = {
      ...whole,
      samples: (part) => {
        written.push(part.histograms!.length);
        return whole.samples(part);
      },
    };
    const perStep: number[][] = [];
    for (const steps = page.zipped(family, counting); steps.next().done !== true; ) perStep.push(written.splice(0));
    expect(perStep).toEqual([[10], [10], [10], [10], [10]]);
    expect(written).toEqual([]);
  });
});

describe("a thread that ends", () => {
  const line = /"message":"the thread that writes scrapes has ended"/g;

  it("is told of in one line, fails the scrape that it was writing, and the next scrape has another thread, all counters and all labels", async () => {
    const written: string[] = [];
    onTestFinished(() => void vi.restoreAllMocks());
    vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
    const workers: Worker[] = [];
    const started = (worker: Worker): void => void workers.push(worker);
    process.on("worker", started);
    onTestFinished(() => void process.off("worker", started));
    const thread = createScrapeThread({});
    const expected = here("");
    expect((await bytesOf(threaded("", items(), thread).bytes(false))).equals(expected)).toBe(true);
    const underWay = bytesOf(threaded("", items(), thread).bytes(false));
    await workers[0]!.terminate();
    await expect(underWay).rejects.toThrow(/has ended/);
    expect((await bytesOf(threaded("", items(), thread).bytes(false))).equals(expected)).toBe(true);
    expect(workers).toHaveLength(2);
    expect(written.join("").match(line)).toHaveLength(1);
  });
});

it("labels are told once, and again where they changed, also while another scrape is being packed", () => {
  const page = (...operations: string[]): MetricsItem => ({
    layout: pageLayout,
    operations,
    policies: [],
    bounds: [],
    numbers: operations.map((_, index) => index),
    exemplars: [],
  });
  const packing = new Packing();
  const told = ({ items }: Packed): unknown[] =>
    items.map((item) => (typeof item === "number" ? item : "page" in item ? item.known?.operations : item.name));
  const whole = (of: readonly MetricsItem[]): unknown[] =>
    [...packing.pack(of, [])].flatMap((packed) => (packed === undefined ? [] : told(packed)));
  const [first, second, other] = [page("a"), page("b"), page("a", "c")];
  expect(whole([first, second, family])).toEqual([["a"], ["b"], "things"]);
  expect(whole([first, second])).toEqual([undefined, undefined]);
  // One begins with what is known, another one tells other labels meanwhile: the first has to tell its own again.
  const slow = packing.pack([first], []);
  expect(slow.next().value).toBe(undefined);
  expect(whole([other, second])).toEqual([["a", "c"], undefined]);
  expect(told(slow.next().value!)).toEqual([["a"]]);
});

it("a page is told again when something was counted, or when another scrape told other things of it meanwhile", () => {
  const page = (operations: readonly string[]): LivePage & { changes: number } => ({
    layout: pageLayout,
    operations,
    policies: [],
    bounds: [],
    numbers: [],
    exemplars: [],
    changes: 1,
    page: 0,
    write: (list) => list.push(5),
    toJSON: () => expect.unreachable("it is not told to another process"),
  });
  const packing = new Packing();
  const numbersOf = ({ items, numbers }: Packed): unknown[] =>
    items.map((item) => (typeof item === "object" && "page" in item ? [...numbers.subarray(item.from, item.to)] : item));
  const whole = (of: readonly MetricsItem[]): unknown[] =>
    [...packing.pack(of, [])].flatMap((packed) => (packed === undefined ? [] : numbersOf(packed)));
  const [first, second] = [page(["a"]), page(["b"])];
  expect(whole([first, second])).toEqual([[5], [5]]);
  expect(whole([first, second])).toEqual([0, 1]);
  second.changes++;
  expect(whole([first, second])).toEqual([0, [5]]);
  const slow = packing.pack([first, second], []);
  expect([slow.next().value, slow.next().value]).toEqual([undefined, undefined]);
  expect(whole([page(["a", "b"])])).toEqual([[5]]);
  expect(numbersOf(slow.next().value!)).toEqual([[5], 1]);
});

it("the CRC-32 of pieces is that of all of them together, however long they are", () => {
  const bytes = randomBytes(70_000);
  for (const lengths of [[0], [1], [3, 0, 5], [65_536, 1], [100, 60_000, 9_900]]) {
    let at = 0;
    let sum = 0;
    for (const length of lengths) {
      sum = sumOfBoth(sum, { sum: crc32(bytes.subarray(at, at + length)), shift: ofLength(length) });
      at += length;
      expect(sum).toBe(crc32(bytes.subarray(0, at)));
    }
  }
});
