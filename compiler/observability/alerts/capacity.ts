import type { Facts } from "../facts.ts";
import { type Alert, type Alerts, own } from "./alert.ts";

/** Alerts about what the gateway as a whole can take on. */
export const capacityAlerts: Alerts = (facts) => [
  refusing(facts),
  filling(facts),
  ...(facts.policies.has("overload") ? [shedding(facts)] : []),
];

const refusing = (facts: Facts): Alert => ({
  name: "GatewrightRefuses",
  severity: "page",
  expr: `sum by (job, instance) (rate(${own(facts, "gatewright_connections_refused_total")}[5m]) + rate(${own(facts, "gatewright_requests_refused_total")}[5m])) > 0`,
  for: "5m",
  summary: "{{ $labels.instance }} answers 503 because it is full",
  description:
    "For 5 minutes, {{ $value | humanize }} connections and requests a second were refused beyond the limits of the public listener. No objective counts them, as they are refused before an operation is known.",
  runbook: {
    meaning:
      "More connections or requests come than the public listener takes at a time. What is beyond its limits gets 503 with `Retry-After` at once; what it took on is served as always.",
    look: [
      "Do more clients come than usual, or does each stay longer? A slow service fills the gateway although the traffic is as always: look at durations first.",
      "One client alone? The access log says which address, if there is one.",
      "Limits that are smaller than they need be: they follow `ulimit -n` and `listeners.public.limits`.",
    ],
    commands: [
      ["gatewright live status --url URL", "connections and requests in flight, beside their limits"],
      ["ulimit -n", "in the container: half of it, at most, can be connections of clients"],
    ],
    remedy: [
      "More instances or workers; a higher `ulimit -n`.",
      "`rateLimit` by address against one client; `concurrency` in front of the service that is slow.",
    ],
  },
});

const filling = (facts: Facts): Alert => {
  const share = (of: string): string =>
    `sum by (job, instance) (${own(facts, `gatewright_${of}`)}) / sum by (job, instance) (${own(facts, `gatewright_${of}_limit`)})`;
  return {
    name: "GatewrightFills",
    severity: "ticket",
    expr: `${share("connections")} > 0.8\nor\n${share("open_requests")} > 0.8`,
    for: "10m",
    summary: "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of the connections or requests that it may have",
    description: "For 10 minutes more than 80% of the limit was in use. Beyond the limit, clients get 503 (GatewrightRefuses).",
    runbook: {
      meaning: "Connections or requests in flight are close to the limit of the public listener. Nothing is refused yet.",
      look: [
        "Has the traffic grown for good, or is a service slower than usual, so that requests pile up?",
        "Long-lived connections: event streams and upgrades keep a place as long as they last.",
      ],
      commands: [["gatewright live status --url URL", "connections and requests in flight, beside their limits"]],
      remedy: ["More instances or workers before the limit is reached; a higher `ulimit -n` where that is the limit."],
    },
  };
};

const shedding = (facts: Facts): Alert => ({
  name: "GatewrightSheds",
  severity: "ticket",
  expr: `sum by (job, instance, priority) (rate(${own(facts, "gatewright_overload_shed_total")}[5m])) > 0`,
  for: "10m",
  summary: "{{ $labels.instance }} refuses requests of priority {{ $labels.priority }} to protect itself",
  description: "For 10 minutes `overload` has refused {{ $value | humanize }} requests a second, as the event loop was late.",
  runbook: {
    meaning:
      "The gateway has too little CPU for what comes, and `overload` refuses the least important requests with 503, so that the others are served in time.",
    look: [
      "The dashboard of Node's run time: CPU and how late the event loops are.",
      "Did the traffic grow, or did each request become dearer (large bodies that are validated, a slow pattern)?",
    ],
    commands: [["gatewright live metrics --url URL", "`gatewright_event_loop_lag_seconds` of each worker, and what was refused"]],
    remedy: ["More workers or instances. Until then, what is refused is what `priority` says is least important."],
  },
});
