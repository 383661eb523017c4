import type { Exchange } from "../../exchange/exchange.ts";
import type { Operation } from "../../gateway/operation.ts";
import { label } from "../../metrics/label.ts";

/** How an exchange can fail, as the `kind` label of `gatewright_request_errors_total`; the order is the index. */
export const errorKinds = [
  "client_gone",
  "upstream_refused",
  "upstream_reset",
  "upstream_timeout",
  "upstream_unresolved",
  "upstream_broken",
  "upstream_other",
] as const;

/** Bounded labels for methods, which clients choose freely on routes for every method. */
export const methodLabels = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY", "other"] as const;

/** What was counted for one operation. Arrays only: counting neither hashes nor makes text. */
export class OperationSeries {
  /** Of all that is counted here. */
  readonly labels: string;
  /** Method index × 1000 + status (0: none), one for each combination met so far, beside its count. */
  codes = new Uint16Array(4);
  requests = new Float64Array(4);
  codeCount = 0;
  readonly errors = new Float64Array(errorKinds.length);
  /** Not cumulative; the last one is past the highest bound. */
  readonly durations: Float64Array;
  durationSum = 0;
  inFlight = 0;
  requestBytes = 0;
  responseBytes = 0;
  readonly reportPolicies: string[] = [];
  readonly reports: number[] = [];

  constructor(operation: Operation, bounds: number) {
    const { id, api, version, service } = operation;
    this.labels = [label("operation", id), label("api", api), label("version", version), label("service", service)].join(",");
    this.durations = new Float64Array(bounds + 1);
  }

  countRequest(method: string, status: number): void {
    const code = methodIndex(method) * 1000 + status;
    const { codes, codeCount } = this;
    for (let index = 0; index < codeCount; index++) {
      if (codes[index] === code) {
        this.requests[index]!++;
        return;
      }
    }
    if (codeCount === codes.length) this.#grow();
    this.codes[codeCount] = code;
    this.requests[codeCount] = 1;
    this.codeCount++;
  }

  countReports(x: Exchange): void {
    for (const { policy } of x.reports) {
      const index = this.reportPolicies.indexOf(policy);
      if (index >= 0) this.reports[index]!++;
      else {
        this.reportPolicies.push(policy);
        this.reports.push(1);
      }
    }
  }

  #grow(): void {
    const codes = new Uint16Array(this.codes.length * 2);
    codes.set(this.codes);
    this.codes = codes;
    const requests = new Float64Array(codes.length);
    requests.set(this.requests);
    this.requests = requests;
  }
}

function methodIndex(method: string): number {
  for (let index = 0; index < methodLabels.length - 1; index++) if (methodLabels[index] === method) return index;
  return methodLabels.length - 1;
}

/** Index into `errorKinds`, or -1 where the exchange did not fail. */
export function errorKind(x: Exchange): number {
  const { upstream } = x;
  // Whatever ended it: the head of an answer had arrived, and its content did not.
  if (x.outcome === "upstreamBroken" && upstream !== undefined && upstream.headAt > 0) return 5;
  const error = upstream === undefined ? "" : upstream.error;
  if (error !== "") return upstreamErrorKind(error);
  if (x.outcome === "clientGone") return 0;
  if (x.outcome === "upstreamBroken") return 5;
  return -1;
}

function upstreamErrorKind(code: string): number {
  if (code === "ECONNREFUSED" || code === "EHOSTUNREACH" || code === "ENETUNREACH") return 1;
  if (code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET") return 2;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return 4;
  const lower = code.toLowerCase();
  return lower.includes("timeout") || lower.includes("timedout") ? 3 : 6;
}
