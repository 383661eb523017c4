import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Operation } from "../../gateway/operation.ts";
import { label } from "../../metrics/label.ts";

/** The upgraded connections of one operation, under the labels that requests have. */
export function tunnelFamilies({ id, api, version, service }: Operation, open: number, opened: number): MetricFamily[] {
  const labels = [label("operation", id), label("api", api), label("version", version), label("service", service)].join(",");
  return [
    {
      name: "gatewright_upgraded_connections",
      help: "Connections that go on with another protocol.",
      type: "gauge",
      samples: [{ labels, value: open }],
    },
    {
      name: "gatewright_upgrades_total",
      help: "Connections that went on with another protocol.",
      type: "counter",
      samples: [{ labels, value: opened }],
    },
  ];
}
