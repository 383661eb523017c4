import type { Exchange } from "../../exchange/exchange.ts";

/** How bad the end of a request is; the order is the index. */
export const severities = ["error", "warning", "info"] as const;
export type Severity = (typeof severities)[number];

/** Index into `severities`. */
export function severityOf({ answer, outcome, reports }: Exchange): number {
  if (outcome === "upstreamBroken" || (answer !== undefined && answer.status >= 500)) return 0;
  if (outcome === "clientGone" || (answer !== undefined && answer.status >= 400) || reports.length > 0) return 1;
  return 2;
}
