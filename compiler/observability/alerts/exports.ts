import type { Facts } from "../facts.ts";
import { type Alert, type Alerts, own } from "./alert.ts";

/** Alerts about what the gateway tells others of itself, and about lines of its log. */
export const exportAlerts: Alerts = (facts) => [linesLost(facts), ...(facts.exporters ? [stuck(facts), lost(facts)] : [])];

const linesLost = (facts: Facts): Alert => ({
  name: "GatewrightLogLinesLost",
  severity: "ticket",
  expr: `sum by (job, instance) (increase(${own(facts, "gatewright_log_lines_dropped_total")}[15m])) > 0`,
  summary: "{{ $labels.instance }} lost {{ $value | humanize }} lines of its log",
  description: "Nobody read standard output in time, so that lines were dropped instead of holding up requests.",
  runbook: {
    meaning:
      "What reads the output of the gateway is too slow or gone. Requests are served as always; the access log has gaps, and nobody can fill them.",
    look: ["Is the collector of the log there, and does it keep up? A disk that is full stops most of them."],
    commands: [["gatewright live metrics --url URL", "`gatewright_log_lines_dropped_total`"]],
    remedy: ["Bring the collector back. `accessLog` can leave out what nobody reads (`when`)."],
  },
});

const page = {
  look: [
    "Does the collector answer? The log of the gateway has the reason, once a minute while it lasts.",
    "Address, credential and authorities: the variables `OTEL_EXPORTER_OTLP_…` count where the YAML is silent.",
    "Does the collector refuse (`rejected`, `failed`)? Its own log says why; too large a batch is halved by the gateway.",
  ],
  commands: [
    ["gatewright live status --url URL", "each exporter with what waits and why it does not get through"],
    ["sum by (exporter, signal) (rate(gatewright_export_sent_total[5m]))", "in Prometheus: what gets through"],
  ],
} as const;

const stuck = (facts: Facts): Alert => ({
  name: "GatewrightExportsWait",
  severity: "ticket",
  expr: `max by (job, instance, exporter, signal) (${own(facts, "gatewright_export_oldest_seconds")}) > 60`,
  for: "5m",
  summary: "{{ $labels.signal }} for {{ $labels.exporter }} have waited for {{ $value | humanizeDuration }}",
  description: "The collector takes nothing, or too little. When the queue is full or its age is over, what waits is dropped.",
  runbook: {
    meaning:
      "What an exporter is given stays in its queue. Requests are served as always; traces and metrics come late, or not at all.",
    ...page,
    remedy: ["Bring the collector back; the gateway goes on by itself. A longer outage fits into a larger `queue`."],
  },
});

const lost = (facts: Facts): Alert => {
  const increase = (what: string): string => `increase(${own(facts, `gatewright_export_${what}_total`)}[15m])`;
  return {
    name: "GatewrightExportsLost",
    severity: "ticket",
    expr: `sum by (job, exporter, signal) (${["dropped", "failed", "rejected"].map(increase).join(" + ")}) > 0`,
    for: "5m",
    summary: "{{ $value | humanize }} {{ $labels.signal }} for {{ $labels.exporter }} were lost in 15 minutes",
    description: "They were dropped because there was no room, or the collector refused them for good.",
    runbook: {
      meaning: "Traces or metrics are missing where the exporter sends them. Requests are served as always.",
      ...page,
      remedy: [
        "`dropped`: a larger `queue`, a faster collector, or fewer traces (`tracing: {{ sample }}`).",
        "`failed` and `rejected`: what the collector says must be set right there or in the exporter.",
      ].map((text) => text.replaceAll("{{", "{").replaceAll("}}", "}")),
    },
  };
};
