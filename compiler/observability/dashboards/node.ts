import type { Facts } from "../facts.ts";
import { type Dashboard, rate, shown, sumBy } from "./dashboard.ts";
import type { Panel } from "./panel.ts";

/** The processes of the gateway. Percentiles of several are never added up: the worst is shown. */
export function nodeDashboard(facts: Facts): Dashboard {
  const line = (title: string, unit: string, ...queries: Panel["queries"]): Panel => ({
    title,
    type: "timeseries",
    unit,
    queries,
  });
  const sum = (metric: string): string => sumBy("instance", shown(facts, metric));
  const worst = (metric: string): string => `max by (instance) (${shown(facts, metric)})`;
  return {
    name: "node",
    title: "Node's run time",
    panels: [
      line("CPU, in cores", "short", {
        expr: sumBy("instance", rate(facts, "process_cpu_seconds_total")),
        legend: "{{instance}}",
      }),
      line(
        "Delay of the latest event loop",
        "s",
        { expr: worst("nodejs_eventloop_lag_p50_seconds"), legend: "{{instance}} p50" },
        { expr: worst("nodejs_eventloop_lag_p99_seconds"), legend: "{{instance}} p99" },
        { expr: worst("nodejs_eventloop_lag_max_seconds"), legend: "{{instance}} most" },
      ),
      line("Resident memory", "bytes", { expr: sum("process_resident_memory_bytes"), legend: "{{instance}}" }),
      line(
        "Heap",
        "bytes",
        { expr: sum("nodejs_heap_size_used_bytes"), legend: "{{instance}} used" },
        { expr: sum("nodejs_heap_size_total_bytes"), legend: "{{instance}} total" },
        { expr: sum("nodejs_external_memory_bytes"), legend: "{{instance}} outside" },
      ),
      line("Open file descriptors", "short", { expr: sum("process_open_fds"), legend: "{{instance}}" }),
      line("Handles and requests of Node", "short", { expr: sum("nodejs_active_resources"), legend: "{{instance}}" }),
      line("Processes", "short", {
        expr: `count by (instance) (${shown(facts, "process_start_time_seconds")})`,
        legend: "{{instance}}",
      }),
    ],
  };
}
