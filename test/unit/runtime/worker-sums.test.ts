import { expect, onTestFinished, test, vi } from "vitest";
import { type AnswerInParts, createAnswers } from "../../../runtime/admin/answers.ts";
import type { Gateway } from "../../../runtime/gateway/gateway.ts";
import type { LivePage, MetricFamily, WorkerItem, WorkerSums } from "../../../runtime/gateway/metrics.ts";
import { pageLayout } from "../../../runtime/metrics/operations/operation-counts.ts";
import { packNumbers, unpackNumbers } from "../../../runtime/metrics/operations/packed-numbers.ts";
import { createWorkerSums } from "../../../runtime/metrics/worker-sums.ts";

const family = (name: string, type: "counter" | "gauge", value: number): MetricFamily => ({
  name,
  help: name,
  type,
  samples: [{ labels: "", value }],
});

const reported = (requests: number, open: number): MetricFamily[] => [
  family("requests_total", "counter", requests),
  family("open", "gauge", open),
  family("process_cpu_seconds_total", "counter", 1),
];

function wholly(metrics: WorkerSums, worker: object, items: readonly WorkerItem[]): void {
  const since = metrics.now();
  metrics.report(worker, items);
  metrics.complete(worker, since);
}

const linesOf = (metrics: WorkerSums): string[] =>
  [...metrics.expose("").chunks]
    .join("")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .sort();

test("what a worker counted stays when it is gone, and what it had open does not", () => {
  const metrics = createWorkerSums();
  const [first, second] = [{}, {}];
  metrics.report(first, reported(3, 2));
  metrics.report(second, reported(4, 1));
  expect(linesOf(metrics)).toEqual(["open 3", "process_cpu_seconds_total 2", "requests_total 7"]);
  metrics.leave(first);
  expect(linesOf(metrics)).toEqual(["open 1", "process_cpu_seconds_total 2", "requests_total 7"]);
  // A worker is gone once.
  metrics.leave(first);
  metrics.report(second, reported(5, 0));
  metrics.leave(second);
  expect(linesOf(metrics)).toEqual(["process_cpu_seconds_total 2", "requests_total 8"]);
});

// telemetry row 31
test("of a worker that dies in the middle of a report, what had come of it counts, and the last report for the rest", () => {
  const metrics = createWorkerSums();
  const worker = {};
  wholly(metrics, worker, reported(3, 2));
  metrics.report(worker, [family("requests_total", "counter", 9)]);
  expect(linesOf(metrics)).toEqual(["open 2", "process_cpu_seconds_total 1", "requests_total 9"]);
  metrics.leave(worker);
  expect(linesOf(metrics)).toEqual(["process_cpu_seconds_total 1", "requests_total 9"]);
});

test("what a worker told of and does not any more is over with its next whole report", () => {
  const metrics = createWorkerSums();
  const worker = {};
  wholly(metrics, worker, reported(3, 2));
  wholly(metrics, worker, [family("requests_total", "counter", 4)]);
  expect(linesOf(metrics)).toEqual(["requests_total 4"]);
});

test("the last words of a worker stay when they come between its answer and the end of the question to all", () => {
  const metrics = createWorkerSums();
  const worker = {};
  const since = metrics.now();
  metrics.report(worker, reported(3, 2));
  wholly(metrics, worker, reported(9, 0));
  metrics.complete(worker, since);
  metrics.leave(worker);
  expect(linesOf(metrics)).toEqual(["process_cpu_seconds_total 1", "requests_total 9"]);
});

test("of two who ask at the same time, the one who has its answer first takes nothing from the other", () => {
  const metrics = createWorkerSums();
  const worker = {};
  wholly(metrics, worker, [...reported(1, 1), family("over", "gauge", 1)]);
  const [one, other] = [metrics.now(), metrics.now()];
  const [requests, open, cpu] = reported(5, 2);
  metrics.report(worker, [requests!]); // to one
  metrics.report(worker, [requests!]); // to the other
  metrics.report(worker, [open!, cpu!]); // to one, its last
  metrics.complete(worker, one);
  metrics.report(worker, [open!, cpu!]); // to the other, its last
  metrics.complete(worker, other);
  expect(linesOf(metrics)).toEqual(["open 2", "process_cpu_seconds_total 1", "requests_total 5"]);
});

test("a worker that never reported leaves nothing", () => {
  const metrics = createWorkerSums();
  metrics.leave({});
  expect(linesOf(metrics)).toEqual([]);
});

const operationOf = (id: string): string => `operation="${id}",api="a",version="v1",service="s"`;

const counted = (values: Readonly<Record<string, number>>): MetricFamily => ({
  name: "gatewright_requests_total",
  help: "Requests",
  type: "counter",
  samples: Object.entries(values).map(([id, value]) => ({ labels: `${operationOf(id)},method="GET"`, value })),
});

const requestsOf = (metrics: WorkerSums): Record<string, number> =>
  Object.fromEntries(linesOf(metrics).map((line) => [/operation="([^"]*)"/.exec(line)![1]!, Number(/\d+$/.exec(line)![0])]));

/** A worker of a build with these operations tells what it counted. */
function tell(
  metrics: WorkerSums,
  worker: object,
  build: string,
  ids: readonly string[],
  values: Readonly<Record<string, number>>,
) {
  const isKnown = metrics.builds.includes(build);
  const since = metrics.now();
  metrics.report(worker, [{ build, existing: isKnown ? [] : ids.map(operationOf), isLast: true }]);
  metrics.report(worker, [counted(values)]);
  metrics.complete(worker, since);
}

// Prometheus marks a series as stale when a target does not have it any more.
test("the series of an operation that a reload removed end when the last worker that has it is gone, and those of others go on", () => {
  const metrics = createWorkerSums();
  const [old, fresh] = [{}, {}];
  metrics.enter(old);
  tell(metrics, old, "one", ["kept", "idle", "removed"], { kept: 3, idle: 1, removed: 5 });
  metrics.enter(fresh);
  wholly(metrics, old, [counted({ kept: 4, idle: 1, removed: 7 })]);
  metrics.leave(old);
  // What the new one has, it has not said yet: nothing ends before.
  expect(requestsOf(metrics)).toEqual({ kept: 4, idle: 1, removed: 7 });
  tell(metrics, fresh, "two", ["kept", "idle", "added"], { kept: 1, added: 2 });
  expect(requestsOf(metrics)).toEqual({ kept: 5, idle: 1, added: 2 });
});

test("the series of a service that a reload removed end as well, whatever of it they count", () => {
  const metrics = createWorkerSums();
  const [old, fresh] = [{}, {}];
  const families = (service: string): MetricFamily[] =>
    ["gatewright_upstream_attempts_total", "gatewright_service_zone_attempts_total", "gatewright_service_ejections_total"].map(
      (name) => ({ name, help: "Of it.", type: "counter", samples: [{ labels: `service="${service}",zone="a"`, value: 1 }] }),
    );
  for (const [worker, service] of [
    [old, "removed"],
    [fresh, "added"],
  ] as const) {
    metrics.enter(worker);
    const since = metrics.now();
    metrics.report(worker, [{ build: service, existing: [`service="${service}"`], isLast: true }, ...families(service)]);
    metrics.complete(worker, since);
  }
  metrics.leave(old);
  expect(linesOf(metrics).map((line) => /service="\w+"/.exec(line)?.[0])).toEqual(Array(3).fill('service="added"'));
});

test("while workers of both builds are there, the series of both are, and a worker that has not answered keeps all of them", () => {
  const metrics = createWorkerSums();
  const [killed, old, fresh, silent] = [{}, {}, {}, {}];
  for (const worker of [killed, old, fresh]) metrics.enter(worker);
  tell(metrics, killed, "one", ["removed"], { removed: 5 });
  tell(metrics, old, "one", ["removed"], { removed: 1 });
  metrics.leave(killed);
  tell(metrics, fresh, "two", ["added"], { added: 2 });
  expect(requestsOf(metrics)).toEqual({ removed: 6, added: 2 });
  metrics.enter(silent);
  metrics.leave(old);
  expect(requestsOf(metrics)).toEqual({ removed: 6, added: 2 });
  metrics.leave(silent);
  tell(metrics, fresh, "two", ["added"], { added: 2 });
  expect(requestsOf(metrics)).toEqual({ added: 2 });
  expect(metrics.builds).toEqual(["two"]);
});

/** Of one operation with so many requests. */
function page({ index = 0, id = "a", count = 3, changes = 1 } = {}): LivePage & { numbers: number[]; changes: number } {
  const numbers = [19, 0, 0, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, count, 1, 200, count, 0, 0, 0];
  const known = { layout: pageLayout, page: index, policies: [], exemplars: [], bounds: [], operations: [operationOf(id)] };
  return {
    ...known,
    numbers,
    changes,
    write: (list) => void numbers.forEach((number) => void list.push(number)),
    toJSON: () => ({ ...known, packed: packNumbers(Float64Array.from(numbers)) }),
  };
}
const requests = `gatewright_requests_total{${operationOf("a")},method="GET",status="200"} 3`;

/** What a worker says to a question, as its primary gets it. */
async function told(question: unknown, pages: readonly LivePage[] = [page()], worker = createWorkerSums()) {
  const tell = (layout: number, latest: number) => worker.news(worker.joined(pages, layout), latest);
  const gateway = { build: undefined } as unknown as Gateway;
  const answer = createAnswers({ gateway, household: undefined, tell })("metrics", question) as AnswerInParts;
  const items: WorkerItem[] = [];
  await answer.sendParts((part) => void items.push(...(JSON.parse(JSON.stringify(part)) as WorkerItem[])));
  return items;
}

test("a worker tells pages to a primary that reads them, and families to one of another build", async () => {
  const sums = createWorkerSums();
  const pages = await told({ builds: [], layout: sums.layout });
  expect(pages.map((item) => "packed" in item)).toEqual([true, false]);
  for (const question of [{ builds: [], layout: pageLayout + 1 }, { builds: [] }, null]) {
    const families = await told(question);
    expect(families.every((item) => "samples" in item)).toBe(true);
    const primary = createWorkerSums();
    wholly(primary, {}, families as MetricFamily[]);
    expect(linesOf(primary)).toContain(requests);
  }
  wholly(sums, {}, pages);
  expect(linesOf(sums)).toContain(requests);
});

test("pages that the primary cannot read are told of, and nothing is read of them", () => {
  const written: string[] = [];
  onTestFinished(() => void vi.restoreAllMocks());
  vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
  const sums = createWorkerSums();
  sums.report({}, [{ ...page().toJSON(), layout: pageLayout + 1 }, family("requests_total", "counter", 3)]);
  expect(linesOf(sums)).toEqual(["requests_total 3"]);
  expect(written.join("")).toMatch(/metrics of a worker cannot be read.*Restart the gateway/);
});

/** What a worker has counted, and a primary that asks it. */
function asking(pages: readonly LivePage[]) {
  const [primary, worker, from] = [createWorkerSums(), createWorkerSums(), {}];
  return {
    primary,
    from,
    ask: async (): Promise<WorkerItem[]> => {
      const items = await told({ builds: [], layout: primary.layout, latest: primary.latest(from) }, pages, worker);
      wholly(primary, from, items);
      return items;
    },
    worker,
  };
}

const counts = (page: LivePage & { numbers: number[]; changes: number }, requests: number): void => {
  page.numbers[12] = page.numbers[15] = requests;
  page.changes++;
};

test("a worker tells of pages what is new since the last answer that its primary has, labels once, and nothing is lost", async () => {
  const [first, second] = [page(), page({ index: 1, id: "b", count: 5 })];
  const { primary, ask } = asking([first, second]);
  const shape = (items: readonly WorkerItem[]): unknown[] =>
    items.map((item) => ("unchanged" in item ? item.unchanged : "packed" in item ? ["operations" in item, item.page] : item));
  expect(shape(await ask())).toEqual([[true, 0], [true, 1], []]);
  expect(shape(await ask())).toEqual([[0, 1]]);
  expect(linesOf(primary)).toEqual(expect.arrayContaining([requests, requests.replace('"a"', '"b"').replace(/3$/, "5")]));
  counts(second, 7);
  expect(shape(await ask())).toEqual([[false, 1], [0]]);
  expect(linesOf(primary)).toEqual(expect.arrayContaining([requests, requests.replace('"a"', '"b"').replace(/3$/, "7")]));
});

test("an answer of which not all came counts for nothing: the next one has all that is new since the one before", async () => {
  const one = page();
  const { primary, ask, worker, from } = asking([one]);
  await ask();
  counts(one, 4);
  const lost = await told({ builds: [], layout: primary.layout, latest: primary.latest(from) }, [one], worker);
  expect(lost.map((item) => "packed" in item)).toEqual([true, false]);
  expect((await ask()).map((item) => "packed" in item)).toEqual([true, false]);
  expect(linesOf(primary)).toContain(requests.replace(/3$/, "4"));
});

test("a primary that does not know what a worker thinks it knows asks for all of it", () => {
  const primary = createWorkerSums();
  const worker = {};
  const { operations: _, bounds: __, ...without } = page().toJSON();
  const end = (answer: number, ...unchanged: number[]): WorkerItem => ({ layout: pageLayout, unchanged, answer });
  for (const items of [[without, end(9)], [end(9, 3)]]) {
    wholly(primary, worker, [end(8)]);
    expect(primary.latest(worker)).toBe(8);
    wholly(primary, worker, items);
    expect(primary.latest(worker)).toBe(0);
  }
});

test("numbers are packed as a text and read back as they were", () => {
  const numbers = [0, 1, 126, 127, 128, 16_383, 2 ** 31 - 2, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 2, 2 ** 53 - 1, 2 ** 60];
  const others = [0.1, -8, 1e-9, Number.NaN, Number.POSITIVE_INFINITY];
  const all = Float64Array.from([...numbers, ...others, 3]);
  expect(unpackNumbers(packNumbers(all))).toEqual(all);
  expect(packNumbers(Float64Array.from(numbers.slice(0, 4)))).toHaveLength(8);
  expect(() => unpackNumbers(packNumbers(Float64Array.from([0.5])).slice(0, 4))).toThrow(RangeError);
});
