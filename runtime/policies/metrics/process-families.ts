import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { clock } from "../../life/clock.ts";
import { label } from "../../metrics/label.ts";
import { workerLabel } from "../../metrics/worker-label.ts";

/** Milliseconds between two looks at the event loop; what a look measures beyond them is delay. */
const resolution = 10;

/**
 * Metrics of this process under the names that Prometheus client libraries share. Each sample carries the number of the
 * worker: samples of several workers are added up, which would make nonsense of a start time or a percentile.
 */
export function createProcessFamilies(): () => MetricFamily[] {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  const labels = workerLabel();
  const startTime = (clock.wall() - process.uptime() * 1000) / 1000;
  const family = (name: string, type: "counter" | "gauge", help: string, value: number): MetricFamily => ({
    name,
    help,
    type,
    samples: [{ labels, value }],
  });
  /** Nanoseconds between two looks to seconds of delay; 0 before the first look. */
  const seconds = (nanoseconds: number): number => (delay.count === 0 ? 0 : Math.max(0, (nanoseconds - resolution * 1e6) / 1e9));

  return () => {
    const cpu = process.cpuUsage();
    const memory = process.memoryUsage();
    const families: MetricFamily[] = [
      {
        name: "gatewright_worker_info",
        help: "The process that is this worker, always 1.",
        type: "gauge",
        samples: [{ labels: `${labels},${label("pid", String(process.pid))}`, value: 1 }],
      },
      family("process_cpu_user_seconds_total", "counter", "CPU time spent in user mode.", cpu.user / 1e6),
      family("process_cpu_system_seconds_total", "counter", "CPU time spent in the kernel.", cpu.system / 1e6),
      family("process_cpu_seconds_total", "counter", "CPU time spent.", (cpu.user + cpu.system) / 1e6),
      family("process_start_time_seconds", "gauge", "Start of the process since the epoch.", startTime),
      family("process_resident_memory_bytes", "gauge", "Resident memory.", memory.rss),
      family("nodejs_heap_size_total_bytes", "gauge", "Size of the JavaScript heap.", memory.heapTotal),
      family("nodejs_heap_size_used_bytes", "gauge", "Used part of the JavaScript heap.", memory.heapUsed),
      family("nodejs_external_memory_bytes", "gauge", "Memory that JavaScript objects hold outside the heap.", memory.external),
      family(
        "nodejs_eventloop_lag_mean_seconds",
        "gauge",
        "Mean delay of the event loop since the last scrape.",
        seconds(delay.mean),
      ),
      family(
        "nodejs_eventloop_lag_max_seconds",
        "gauge",
        "Longest delay of the event loop since the last scrape.",
        seconds(delay.max),
      ),
      family(
        "nodejs_eventloop_lag_p50_seconds",
        "gauge",
        "Median delay of the event loop since the last scrape.",
        seconds(delay.percentile(50)),
      ),
      family(
        "nodejs_eventloop_lag_p99_seconds",
        "gauge",
        "99th percentile of the delay since the last scrape.",
        seconds(delay.percentile(99)),
      ),
      family(
        "nodejs_active_resources",
        "gauge",
        "Handles and requests that keep the event loop alive.",
        process.getActiveResourcesInfo().length,
      ),
    ];
    delay.reset();
    const descriptors = openDescriptors();
    if (descriptors !== undefined) families.push(family("process_open_fds", "gauge", "Open file descriptors.", descriptors));
    return families;
  };
}

/** Undefined where the system has no /proc. */
function openDescriptors(): number | undefined {
  try {
    // One of the entries is the listing's own descriptor.
    return readdirSync("/proc/self/fd").length - 1;
  } catch {
    return undefined;
  }
}
