import { expect, test } from "vitest";
import type { MetricFamily, WorkerSums } from "../../../runtime/gateway/metrics.ts";
import { createWorkerSums } from "../../../runtime/metrics/worker-sums.ts";

const family = (name: string, type: "counter" | "gauge", value: number): MetricFamily => ({
  name,
  help: name,
  type,
  samples: [{ suffix: "", labels: "", value }],
});

const reported = (requests: number, open: number): MetricFamily[] => [
  family("requests_total", "counter", requests),
  family("open", "gauge", open),
  { ...family("process_cpu_seconds_total", "counter", 1), isOfProcess: true },
];

const linesOf = (metrics: WorkerSums): string[] =>
  metrics
    .text()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

test("what a worker counted stays when it is gone, and what it had open does not", () => {
  const metrics = createWorkerSums();
  const [first, second] = [{}, {}];
  metrics.report(first, reported(3, 2));
  metrics.report(second, reported(4, 1));
  expect(linesOf(metrics)).toEqual(["requests_total 7", "open 3", "process_cpu_seconds_total 2"]);
  metrics.leave(first);
  expect(linesOf(metrics)).toEqual(["requests_total 7", "open 1", "process_cpu_seconds_total 1"]);
  // A worker is gone once.
  metrics.leave(first);
  metrics.report(second, reported(5, 0));
  metrics.leave(second);
  expect(linesOf(metrics)).toEqual(["requests_total 8"]);
});

test("a worker that never reported leaves nothing", () => {
  const metrics = createWorkerSums();
  metrics.leave({});
  expect(linesOf(metrics)).toEqual([]);
});
