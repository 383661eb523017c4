import type { Facts } from "../facts.ts";
import { type Dashboard, rate, shown, sumBy } from "./dashboard.ts";
import type { Panel } from "./panel.ts";

/** Who is refused, and what ends. */
export function securityDashboard(facts: Facts): Dashboard {
  const refused = (title: string, status: string): Panel => ({
    title,
    type: "timeseries",
    unit: "reqps",
    queries: [
      { expr: sumBy("operation", rate(facts, "gatewright_requests_total", ["status", "=", status])), legend: "{{operation}}" },
    ],
  });
  const line = (title: string, unit: string, expr: string, legend: string): Panel => ({
    title,
    type: "timeseries",
    unit,
    queries: [{ expr, legend }],
  });
  const panels: Panel[] = [
    refused("401: credentials are missing or wrong", "401"),
    refused("403: may not", "403"),
    refused("400: requests that are not valid", "400"),
    line(
      "Requests that are not HTTP, or come too slowly",
      "reqps",
      sumBy("reason", rate(facts, "gatewright_unread_requests_total")),
      "{{reason}}",
    ),
    ...(facts.damping
      ? [line("Wrong credentials", "reqps", sumBy("", rate(facts, "gatewright_wrong_credentials_total")), "wrong")]
      : []),
    ...(facts.schemes.has("jwt")
      ? [
          line(
            "Tokens that do not count",
            "reqps",
            sumBy("scheme, verdict", rate(facts, "gatewright_jwt_refusals_total")),
            "{{scheme}} {{verdict}}",
          ),
          line(
            "Keys that verify tokens",
            "short",
            `min by (scheme, keys) (${shown(facts, "gatewright_jwt_keys")})`,
            "{{scheme}} {{keys}}",
          ),
        ]
      : []),
    ...(facts.certificates
      ? [
          line(
            "Days until certificates end",
            "d",
            `min by (certificate) (${shown(facts, "gatewright_certificate_expiry_days")})`,
            "{{certificate}}",
          ),
        ]
      : []),
  ];
  return { name: "security", title: "security", panels };
}
