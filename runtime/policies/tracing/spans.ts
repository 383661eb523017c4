import type { AttemptRecord, Exchange, Peer, Wait } from "../../exchange/exchange.ts";
import { keptText } from "../../exchange/kept-text.ts";
import type { Span, SpanLink, SpanValue } from "../../telemetry/span.ts";
import { errorType } from "./error-types.ts";
import { isKnownMethod, methodName } from "./methods.ts";
import { redactQuery } from "./redact-query.ts";
import type { OwnCall, RequestTrace, TracedAttempt } from "./request-trace.ts";
import type { WallClock } from "./wall-clock.ts";

/** Bits of OTLP's `SpanFlags`: it is known whether the parent is in another process, and it is. */
const parentIsKnown = 0x100;
const parentIsRemote = 0x200;

/** Characters of a value that clients choose. */
const longestValue = 1_024;

const none: readonly never[] = [];

/** What makes spans of requests that have ended (OpenTelemetry semantic conventions for HTTP, 1.45). */
export class Spans {
  readonly #redact: readonly string[];
  readonly #wall: WallClock;
  /** By endpoint, which may be replaced. */
  readonly #places = new WeakMap<AttemptRecord["endpoint"], Place>();

  constructor(redact: readonly string[], wall: WallClock) {
    this.#redact = redact;
    this.#wall = wall;
  }

  /** That of the request itself. */
  ofRequest(x: Exchange, trace: RequestTrace, endedAt: number, link: SpanLink | undefined): Span {
    const { answer, operation, peer, query, method } = x;
    const userAgent = x.headers.get("user-agent");
    const error = requestError(x);
    const status = answer?.status ?? 0;
    const attributes: SpanValue[] = [
      "http.request.method",
      isKnownMethod(method) ? method : "_OTHER",
      "url.scheme",
      peer.secure ? "https" : "http",
      "url.path",
      bounded(x.path),
      "server.address",
      keptText(x.host),
      "server.port",
      portOf(x.authority, peer.secure),
      "client.address",
      peer.ip,
      "network.peer.address",
      peer.connectionIp,
      "gatewright.operation",
      operation.id,
    ];
    if (!isKnownMethod(method)) attributes.push("http.request.method_original", bounded(method));
    if (operation.template !== "") attributes.push("http.route", operation.template);
    if (query !== "") attributes.push("url.query", redactQuery(query, this.#redact));
    if (userAgent !== undefined) attributes.push("user_agent.original", bounded(userAgent));
    if (operation.api !== "") attributes.push("gatewright.api", operation.api);
    if (operation.version !== "") attributes.push("gatewright.api.version", operation.version);
    if (x.requestId !== "") attributes.push("gatewright.request.id", x.requestId);
    if (status !== 0) attributes.push("http.response.status_code", status);
    if (answer !== undefined && answer.source !== "service") attributes.push("gatewright.answer.source", answer.source);
    if (answer?.problem !== undefined) attributes.push("gatewright.problem", answer.problem.slug);
    if (error !== "") attributes.push("error.type", error);
    return {
      traceId: trace.traceId,
      spanId: trace.spanId,
      parentSpanId: trace.parentSpanId,
      traceState: trace.traceState,
      flags: flagsOf(trace, trace.parentSpanId === "" ? 0 : parentIsRemote),
      name: operation.template === "" ? methodName(method) : `${methodName(method)} ${operation.template}`,
      kind: 2,
      start: this.#wall.at(x.startedAt),
      end: this.#wall.at(endedAt),
      attributes,
      events: none,
      links: link === undefined ? none : [link],
      status: error === "" ? 0 : 2,
      statusMessage: "",
    };
  }

  /** That of a request that could not be read, of which nothing is known but whom it came from. */
  ofRefusal(traceId: string, spanId: string, { peer, status, problem }: UnreadRequest, now: number): Span {
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
    const at = this.#wall.at(now);
    return {
      traceId,
      spanId,
      parentSpanId: "",
      traceState: "",
      flags: parentIsKnown | 1,
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

  /** That of one attempt; `resends`: how many were before it. `traced`: absent where nothing was sent. */
  ofAttempt(
    x: Exchange,
    trace: RequestTrace,
    attempt: AttemptRecord,
    traced: TracedAttempt | undefined,
    spanId: string,
    resends: number,
    now: number,
  ): Span {
    const { origin, address, port } = this.#placeOf(attempt.endpoint);
    const { method } = x;
    const { error, status } = attempt;
    const failure = attemptError(attempt);
    const attributes: SpanValue[] = [
      "http.request.method",
      isKnownMethod(method) ? method : "_OTHER",
      "url.full",
      origin + this.#targetOf(x, traced),
      "server.address",
      address,
      "server.port",
      port,
      "gatewright.service",
      x.upstream?.service ?? "",
    ];
    if (!isKnownMethod(method)) attributes.push("http.request.method_original", bounded(method));
    if (status !== 0) attributes.push("http.response.status_code", status);
    if (resends > 0) attributes.push("http.request.resend_count", resends);
    if (failure !== "") attributes.push("error.type", failure);
    // Another attempt was first, or the client is gone: nobody's failure.
    if (error === "abandoned") attributes.push("gatewright.abandoned", true);
    return {
      traceId: trace.traceId,
      spanId,
      parentSpanId: trace.spanId,
      traceState: trace.traceState,
      flags: flagsOf(trace, 0),
      name: methodName(method),
      kind: 3,
      start: this.#wall.at(attempt.startedAt),
      end: this.#wall.at(endOf(x, attempt, now)),
      attributes,
      events: none,
      links: none,
      status: failure === "" ? 0 : 2,
      statusMessage: "",
    };
  }

  /** That of a request of the gateway's own. */
  ofCall(trace: RequestTrace, call: OwnCall, now: number): Span {
    const { method, url, resends, startedAt, endedAt, status, error } = call;
    const { origin, address, port } = placeOf(url);
    const query = url.search === "" ? "" : `?${redactQuery(url.search.slice(1), this.#redact)}`;
    const failure = error === "aborted" ? "" : error !== "" ? errorType(error) : status >= 400 ? String(status) : "";
    const attributes: SpanValue[] = [
      "http.request.method",
      isKnownMethod(method) ? method : "_OTHER",
      "url.full",
      `${origin}${bounded(url.pathname)}${query}`,
      "server.address",
      address,
      "server.port",
      port,
    ];
    if (!isKnownMethod(method)) attributes.push("http.request.method_original", bounded(method));
    if (status !== 0) attributes.push("http.response.status_code", status);
    if (resends > 0) attributes.push("http.request.resend_count", resends);
    if (failure !== "") attributes.push("error.type", failure);
    if (error === "aborted") attributes.push("gatewright.abandoned", true);
    return {
      traceId: trace.traceId,
      spanId: call.spanId,
      parentSpanId: trace.spanId,
      traceState: trace.traceState,
      flags: flagsOf(trace, 0),
      name: methodName(method),
      kind: 3,
      start: this.#wall.at(startedAt),
      end: this.#wall.at(Math.min(endedAt, now)),
      attributes,
      events: none,
      links: none,
      status: failure === "" ? 0 : 2,
      statusMessage: "",
    };
  }

  /** That of something that the request waited for. */
  ofWait(trace: RequestTrace, { step, startedAt, endedAt, hasFailed }: Wait, now: number, spanId: string): Span {
    return {
      traceId: trace.traceId,
      spanId,
      parentSpanId: trace.spanId,
      traceState: trace.traceState,
      flags: flagsOf(trace, 0),
      name: step,
      kind: 1,
      start: this.#wall.at(startedAt),
      end: this.#wall.at(Math.min(endedAt, now)),
      attributes: hasFailed ? ["gatewright.policy", step, "error.type", "_OTHER"] : ["gatewright.policy", step],
      events: none,
      links: none,
      status: hasFailed ? 2 : 0,
      statusMessage: "",
    };
  }

  #targetOf({ query }: Exchange, traced: TracedAttempt | undefined): string {
    if (traced === undefined) return "/";
    const from = traced.start.indexOf(" ") + 1;
    const target = traced.start.slice(from, traced.start.indexOf(" ", from));
    const mark = target.indexOf("?");
    if (mark < 0 || (query === "" && mark === target.length - 1)) return keptText(target);
    return `${keptText(target.slice(0, mark))}?${redactQuery(target.slice(mark + 1), this.#redact)}`;
  }

  #placeOf(endpoint: AttemptRecord["endpoint"]): Place {
    let place = this.#places.get(endpoint);
    if (place === undefined) {
      place = placeOf(new URL(endpoint.url));
      this.#places.set(endpoint, place);
    }
    return place;
  }
}

export interface UnreadRequest {
  readonly peer: Peer;
  readonly status: number;
  /** Type of its answer. */
  readonly problem: string;
}

interface Place {
  readonly origin: string;
  readonly address: string;
  readonly port: number;
}

function placeOf({ protocol, host, hostname, port }: URL): Place {
  // `URL` leaves out the port that the scheme has anyway.
  const number = port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
  return { origin: `${protocol}//${host}`, address: hostname.replace(/^\[(.*)\]$/, "$1"), port: number };
}

const flagsOf = ({ isRandom }: RequestTrace, remote: number): number => parentIsKnown | remote | (isRandom ? 3 : 1);

/** Of a request, as the conventions have it: what the client did wrong is no error of the one who serves it. Empty: none. */
export function requestError({ outcome, answer, upstream }: Exchange): string {
  if (outcome === "clientGone") return "client_gone";
  if (outcome === "upstreamBroken" || (answer !== undefined && answer.status >= 500)) {
    if (upstream !== undefined && upstream.error !== "") return errorType(upstream.error);
    return answer === undefined ? "broken" : answer.status >= 500 ? String(answer.status) : "broken";
  }
  return "";
}

/** Of an attempt: to who asks, a 404 is an error. */
function attemptError({ error, status }: AttemptRecord): string {
  if (error === "abandoned") return "";
  if (error !== "") return errorType(error);
  return status >= 400 ? String(status) : "";
}

/** What came of a 101 ends when the tunnel does. */
function endOf({ upstream }: Exchange, { status, endedAt }: AttemptRecord, now: number): number {
  if (endedAt === 0) return now;
  return status === 101 && upstream !== undefined ? Math.max(endedAt, upstream.endedAt) : endedAt;
}

/** A slice of a head would keep all of it until the span is sent. */
const bounded = (text: string): string => keptText(text.length > longestValue ? text.slice(0, longestValue) : text);

function portOf(authority: string, isSecure: boolean): number {
  const colon = authority.lastIndexOf(":");
  const port = colon < 0 || authority.endsWith("]") ? Number.NaN : Number.parseInt(authority.slice(colon + 1), 10);
  return Number.isNaN(port) ? (isSecure ? 443 : 80) : port;
}
