import type { AttemptRecord, Exchange, Wait } from "../../exchange/exchange.ts";
import { keptText } from "../../exchange/kept-text.ts";
import type { Span, SpanLink, SpanValue } from "../../telemetry/span.ts";
import { errorType } from "./error-types.ts";
import { isKnownMethod } from "./methods.ts";
import { redactQuery } from "./redact-query.ts";
import type { RequestTrace, TracedAttempt } from "./request-trace.ts";
import { SpanShapes } from "./span-shapes.ts";
import type { WallClock } from "./wall-clock.ts";

/** Bits of OTLP's `SpanFlags`: it is known whether the parent is in another process, and it is. */
const parentIsKnown = 0x100;
const parentIsRemote = 0x200;

/** Characters of a value that clients choose. */
const longestValue = 1_024;

const none: readonly never[] = [];

/** An attempt of a request that has ended. */
interface EndedAttempt {
  readonly attempt: AttemptRecord;
  /** Name of the service. */
  readonly service: string;
  /** Undefined where nothing was sent. */
  readonly traced: TracedAttempt | undefined;
  readonly spanId: string;
  /** How many were before it. */
  readonly resends: number;
}

/** What makes spans of requests that have ended (OpenTelemetry semantic conventions for HTTP, 1.45). */
export class Spans {
  readonly #redact: readonly string[];
  readonly #wall: WallClock;
  readonly #shapes = new SpanShapes();
  /** Of the last request: the next one often has the same. */
  #authority = "";
  #port = Number.NaN;

  constructor(redact: readonly string[], wall: WallClock) {
    this.#redact = redact;
    this.#wall = wall;
  }

  /** That of the request itself. */
  ofRequest(x: Exchange, trace: RequestTrace, endedAt: number, link: SpanLink | undefined): Span {
    const { answer, peer, query, method, requestId } = x;
    const error = requestError(x);
    const shape = this.#shapes.ofOperation(x.operation, method, peer.secure);
    // In the order of the keys of the shape.
    const values: (SpanValue | undefined)[] = [
      bounded(x.path),
      bounded(x.host),
      this.#portOf(x.authority, peer.secure),
      peer.ip,
      peer.connectionIp,
      answer === undefined || answer.status === 0 ? undefined : answer.status,
      boundedOrNone(x.headers.get("user-agent")),
      query === "" ? undefined : bounded(redactQuery(query, this.#redact)),
      requestId === "" ? undefined : requestId,
      isKnownMethod(method) ? undefined : bounded(method),
      answer === undefined || answer.source === "service" ? undefined : answer.source,
      answer?.problem?.slug,
      error === "" ? undefined : error,
    ];
    return {
      traceId: trace.traceId,
      spanId: trace.spanId,
      parentSpanId: trace.parentSpanId,
      traceState: trace.traceState,
      flags: flagsOf(trace, trace.parentSpanId === "" ? 0 : parentIsRemote),
      name: shape.name,
      kind: shape.kind,
      start: this.#wall.at(x.startedAt),
      end: this.#wall.at(endedAt),
      shape,
      values,
      attributes: none,
      events: none,
      links: link === undefined ? none : [link],
      status: error === "" ? 0 : 2,
      statusMessage: "",
    };
  }

  /** That of one attempt. */
  ofAttempt(x: Exchange, trace: RequestTrace, ended: EndedAttempt, now: number): Span {
    const { attempt, service, traced, spanId, resends } = ended;
    const { method } = x;
    const { error, status } = attempt;
    const failure = attemptError(attempt);
    const { shape, origin } = this.#shapes.ofEndpoint(attempt.endpoint, service, method);
    // In the order of the keys of the shape.
    const values: (SpanValue | undefined)[] = [
      origin + this.#targetOf(x, traced),
      status === 0 ? undefined : status,
      resends === 0 ? undefined : resends,
      isKnownMethod(method) ? undefined : bounded(method),
      failure === "" ? undefined : failure,
      // Another attempt was first, or the client is gone: nobody's failure.
      error === "abandoned" ? true : undefined,
    ];
    return {
      traceId: trace.traceId,
      spanId,
      parentSpanId: trace.spanId,
      traceState: trace.traceState,
      flags: flagsOf(trace, 0),
      name: shape.name,
      kind: shape.kind,
      start: this.#wall.at(attempt.startedAt),
      end: this.#wall.at(endOf(x, attempt, now)),
      shape,
      values,
      attributes: none,
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
      shape: undefined,
      values: none,
      attributes: hasFailed ? ["gatewright.policy", step, "error.type", "_OTHER"] : ["gatewright.policy", step],
      events: none,
      links: none,
      status: hasFailed ? 2 : 0,
      statusMessage: "",
    };
  }

  #targetOf({ query }: Exchange, traced: TracedAttempt | undefined): string {
    if (traced === undefined) return "/";
    const { start } = traced;
    const from = start.indexOf(" ") + 1;
    const target = start.slice(from, start.indexOf(" ", from));
    const mark = target.indexOf("?");
    if (mark < 0 || (query === "" && mark === target.length - 1)) return bounded(target);
    return `${bounded(target.slice(0, mark))}?${bounded(redactQuery(target.slice(mark + 1), this.#redact))}`;
  }

  #portOf(authority: string, isSecure: boolean): number {
    if (authority !== this.#authority) {
      this.#authority = keptText(authority);
      this.#port = writtenPort(authority);
    }
    if (!Number.isNaN(this.#port)) return this.#port;
    return isSecure ? 443 : 80;
  }
}

export const flagsOf = ({ isRandom }: Pick<RequestTrace, "isRandom">, remote: number): number =>
  parentIsKnown | remote | (isRandom ? 3 : 1);

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

export const bounded = (text: string): string => (text.length > longestValue ? text.slice(0, longestValue) : text);

const boundedOrNone = (text: string | undefined): string | undefined => (text === undefined ? undefined : bounded(text));

/** NaN: none. */
function writtenPort(authority: string): number {
  const colon = authority.lastIndexOf(":");
  return colon < 0 || authority.endsWith("]") ? Number.NaN : Number.parseInt(authority.slice(colon + 1), 10);
}
