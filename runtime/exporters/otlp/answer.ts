import type { Answer } from "../../calls/exchange.ts";
import { type CallFailure, type FailureKind, shownUrl } from "../../calls/failure.ts";
import { retryAfter } from "../../fields/retry-after.ts";
import type { Outcome } from "../outcome.ts";
import { partialSuccess } from "./partial-success.ts";

/** Answers after which OTLP/HTTP lets a client try again; after all other errors it must not. */
const retryable: readonly number[] = [429, 502, 503, 504];

/** What an answer says of the batch that was sent (OTLP 1.x, “OTLP/HTTP Response”). */
export function outcomeOf({ url, status, headers, body }: Answer): Outcome {
  if (status >= 200 && status < 300) {
    const { rejected, message } = partialSuccess(body, headers["content-type"] ?? "");
    return { kind: "taken", rejected, ...(message === "" ? {} : { why: `${shownUrl(url)} says: ${message}` }) };
  }
  const why = `${shownUrl(url)} answered with ${status}${remedies[status] ?? ""}`;
  if (status === 413) return { kind: "tooLarge", why };
  if (!retryable.includes(status)) return { kind: "refused", why };
  const pauseMs = retryAfter(headers["retry-after"]);
  return { kind: "later", why, ...(pauseMs === undefined ? {} : { pauseMs }) };
}

const remedies: Readonly<Record<number, string>> = {
  400: ". Look at its log for what it cannot read",
  401: ". Look at `headers`: it wants credentials",
  403: ". Look at `headers`: these credentials may not send",
  404: ". Look at the path of the URL",
  405: ". Look at the path of the URL",
  413: ", which is too large. Look at the limit of its receiver",
  415: ". Look at `protocol`: it does not take this encoding",
};

/** Whether what was sent may not have arrived, or would if it were sent again. */
const again: Readonly<Record<FailureKind, boolean>> = {
  url: false,
  forbidden: false,
  name: true,
  connect: true,
  connectTimeout: true,
  proxy: true,
  // Certificates are replaced while the gateway runs.
  tls: true,
  headTimeout: true,
  wholeTimeout: true,
  broken: true,
  protocol: false,
  tooLarge: false,
  redirect: false,
  status: false,
  overloaded: true,
  aborted: true,
};

export const outcomeOfFailure = (failure: CallFailure): Outcome => ({
  kind: again[failure.kind] ? "later" : "refused",
  why: failure.message,
});
