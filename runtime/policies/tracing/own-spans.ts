import type { Peer } from "../../exchange/exchange.ts";
import type { Span, SpanValue } from "../../telemetry/span.ts";
import { errorType } from "./error-types.ts";
import { isKnownMethod, methodName } from "./methods.ts";
import { redactQuery } from "./redact-query.ts";
import type { OwnCall, RequestTrace } from "./request-trace.ts";
import { bounded, flagsOf } from "./spans.ts";
import type { WallClock } from "./wall-clock.ts";

const none: readonly never[] = [];

/** That of a request of the gateway's own. `redact`: query parameters whose values are left out. */
export function spanOfCall(trace: RequestTrace, call: OwnCall, redact: readonly string[], wall: WallClock, now: number): Span {
  const { method, url, resends, startedAt, endedAt, status, error } = call;
  const { protocol, host, hostname, port } = url;
  const query = url.search === "" ? "" : `?${redactQuery(url.search.slice(1), redact)}`;
  const failure = error === "aborted" ? "" : error !== "" ? errorType(error) : status >= 400 ? String(status) : "";
  const attributes: SpanValue[] = [
    "http.request.method",
    isKnownMethod(method) ? method : "_OTHER",
    "url.full",
    `${protocol}//${host}${bounded(url.pathname)}${query}`,
    "server.address",
    hostname.replace(/^\[(.*)\]$/, "$1"),
    "server.port",
    // `URL` leaves out the port that the scheme has anyway.
    port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
  ];
  if (!isKnownMethod(method)) attributes.push("http.request.method_original", bounded(method));
  if (status !== 0) attributes.push("http.response.status_code", status);
  if (resends > 0) attributes.push("http.request.resend_count", resends);
  if (failure !== "") attributes.push("error.type", failure);
  if (error === "aborted") attributes.push("gatewright.abandoned", true);
  for (const one of call.attributes) attributes.push(one);
  return {
    traceId: trace.traceId,
    spanId: call.spanId,
    parentSpanId: trace.spanId,
    traceState: trace.traceState,
    flags: flagsOf(trace, 0),
    name: methodName(method),
    kind: 3,
    start: wall.at(startedAt),
    end: wall.at(Math.min(endedAt, now)),
    attributes,
    events: none,
    links: none,
    status: failure === "" ? 0 : 2,
    statusMessage: "",
  };
}

export interface UnreadRequest {
  readonly peer: Peer;
  readonly status: number;
  /** Type of its answer. */
  readonly problem: string;
}

/** That of a request that could not be read, of which nothing is known but whom it came from. `at`: since the epoch. */
export function spanOfUnread(traceId: string, spanId: string, { peer, status, problem }: UnreadRequest, at: number): Span {
  const attributes: SpanValue[] = [
    "http.request.method",
    "_OTHER",
    "url.scheme",
    peer.secure ? "https" : "http",
    "client.address",
    peer.ip,
    "network.peer.address",
    peer.connectionIp,
    "http.response.status_code",
    status,
    "gatewright.operation",
    "unread",
    "gatewright.answer.source",
    "gateway",
    "gatewright.problem",
    problem.slice(problem.lastIndexOf(":") + 1),
  ];
  const isError = status >= 500;
  if (isError) attributes.push("error.type", String(status));
  return {
    traceId,
    spanId,
    parentSpanId: "",
    traceState: "",
    flags: flagsOf({ isRandom: false }, 0),
    name: methodName(""),
    kind: 2,
    start: at,
    end: at,
    attributes,
    events: none,
    links: none,
    status: isError ? 2 : 0,
    statusMessage: "",
  };
}
