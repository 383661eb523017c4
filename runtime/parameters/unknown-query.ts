import type { Exchange } from "../exchange/exchange.ts";
import type { Violation } from "../validation/violations.ts";

const type = "urn:gatewright:problem:unknown-query";

/** A request may have any number of them. */
const mostNoted = 20;

/** Notes that a request has a query parameter which its operation does not declare; it goes on. */
export function reportUnknownQuery(x: Exchange, name: string): void {
  const known = x.reports.find((report) => report.type === type);
  const violations = (known?.violations ?? []) as Violation[];
  if (known === undefined) x.reports.push({ policy: "validate", status: 400, type, violations });
  if (violations.length >= mostNoted || violations.some((violation) => violation.name === name)) return;
  violations.push({ in: "query", name, pointer: "", keyword: "unknown", message: "is not a parameter of this operation" });
}
