import type { Facts } from "../facts.ts";
import { type Alert, type Alerts, own } from "./alert.ts";

/** Alerts about the processes of the gateway. */
export const processAlerts: Alerts = (facts) => (facts.process ? [restarting(facts), late(facts)] : []);

const restarting = (facts: Facts): Alert => {
  const start = own(facts, "process_start_time_seconds");
  const by = "by (job, instance)";
  // A process that was replaced has another series, or the old one with another start, as in containers.
  return {
    name: "GatewrightRestarts",
    severity: "page",
    expr: `count ${by} (last_over_time(${start}[15m])) - count ${by} (${start}) + sum ${by} (changes(${start}[15m])) >= 3 + count ${by} (${start})`,
    summary: "Processes of {{ $labels.instance }} end again and again",
    description:
      "Within 15 minutes at least three processes more than one round of all workers were replaced. Requests that they had in hand were cut off.",
    runbook: {
      meaning:
        "Workers, or the gateway as a whole, end and are started again. Each time the requests in flight are lost, and what is kept in memory of one worker (caches, counters of limits) begins anew.",
      look: [
        "The last lines on standard error before each end: an internal error names file and line of the configuration.",
        "Memory: the system ends processes that need more than the container has (`OOMKilled`, exit code 137).",
        "A probe that is too strict: `/healthz` is for liveness, `/readyz` is not.",
      ],
      commands: [
        ["gatewright live status --url URL", "workers, with their starts"],
        ["kubectl describe pod POD", "reason and exit code of the last end, where it runs in Kubernetes"],
      ],
      remedy: ["Start the build before. With an internal error, please report it with its lines."],
    },
  };
};

const late = (facts: Facts): Alert => ({
  name: "GatewrightEventLoopLate",
  severity: "ticket",
  expr: `max by (job, instance) (${own(facts, "nodejs_eventloop_lag_p99_seconds")}) > 0.1`,
  for: "10m",
  summary: "A worker of {{ $labels.instance }} is late by {{ $value | humanizeDuration }}",
  description:
    "For 10 minutes the event loop of a worker was late by more than 100 ms in one of a hundred looks: each request that it serves waits as long.",
  runbook: {
    meaning:
      "A worker has more to do than its CPU allows, or does something that takes long at a stretch. All of its requests wait.",
    look: [
      "CPU of the workers: at 100%, there are too few. Far below: the machine is short of CPU, or the container is throttled.",
      "One worker alone: one client with one connection of HTTP/2, which one worker serves.",
    ],
    commands: [["gatewright live metrics --url URL", "delay, CPU and memory of each worker"]],
    remedy: [
      "More workers where the machine has CPU left, more instances where it has not; a higher CPU limit of the container.",
    ],
  },
});
