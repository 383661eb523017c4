import { expect, test } from "vitest";
import type { MetricFamily, WorkerSums } from "../../../runtime/gateway/metrics.ts";
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

function wholly(metrics: WorkerSums, worker: object, families: readonly MetricFamily[]): void {
  const since = metrics.now();
  metrics.report(worker, families);
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
