import type { Exchange } from "../exchange.ts";

const type = "urn:gatewright:problem:unknown-query";

/** Notes once that a request has query parameters which its operation does not declare; it goes on. */
export function reportUnknownQuery(x: Exchange): void {
  if (!x.reports.some((report) => report.type === type)) x.reports.push({ policy: "validate", status: 400, type });
}
