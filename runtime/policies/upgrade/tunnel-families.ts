import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Operation } from "../../gateway/operation.ts";

/** The upgraded connections of one operation, under the labels that requests have. */
export function tunnelFamilies({ id, api, version, service }: Operation, open: number, opened: number): MetricFamily[] {
  const labels = `operation="${escape(id)}",api="${escape(api)}",version="${escape(version)}",service="${escape(service)}"`;
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

/** As the text exposition format asks. */
const escape = (value: string): string => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
