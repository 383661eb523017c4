import { anyOf } from "./promql.ts";
import type { AlertingRule } from "./rule.ts";

/**
 * Whom alerts go to, and which keep others quiet. One notification for each objective and alert, whichever tiers fire:
 * grouping leaves `tier` out, and a faster tier inhibits the slower ones.
 */
export const alertmanagerConfig = (alerts: readonly AlertingRule[]): object => ({
  route: {
    receiver: "gatewright-ticket",
    group_by: ["alertname", "job", "objective", "about"],
    group_wait: "30s",
    group_interval: "5m",
    repeat_interval: "12h",
    routes: [{ receiver: "gatewright-page", matchers: ['severity="page"'], repeat_interval: "4h" }],
  },
  inhibit_rules: [
    ...["1", "2", "3"].map((tier) => ({
      source_matchers: ['alertname=~"Gatewright.+"', `tier="${tier}"`],
      target_matchers: [`tier=~"${["2", "3", "4"].filter((slower) => slower > tier).join("|")}"`],
      equal: ["alertname", "job", "objective", "about"],
    })),
    // Without figures, the others say nothing that is new.
    {
      source_matchers: ['alertname="GatewrightAbsent"'],
      target_matchers: [`alertname=~"${anyOf(others(alerts))}"`],
      equal: ["job"],
    },
    ...pairs
      .filter(([source]) => alerts.some(({ alert }) => alert === source))
      .map(([source, target, ...equal]) => ({
        source_matchers: [`alertname="${source}"`],
        target_matchers: [`alertname="${target}"`],
        equal: ["job", ...equal],
      })),
  ],
  receivers: [{ name: "gatewright-page" }, { name: "gatewright-ticket" }],
});

const others = (alerts: readonly AlertingRule[]): string[] =>
  [...new Set(alerts.map(({ alert }) => alert))].filter((alert) => alert !== "GatewrightAbsent").sort();

/** The first makes the second no news. */
const pairs: readonly (readonly string[])[] = [
  ["GatewrightRefuses", "GatewrightFills", "instance"],
  ["GatewrightCertificateEnds", "GatewrightCertificateEndsSoon", "certificate"],
  ["GatewrightNoEndpoint", "GatewrightServiceUnreached", "service"],
  ["GatewrightNoEndpoint", "GatewrightZoneDown", "service"],
];
