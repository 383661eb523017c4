import { problemType } from "../../answers/problem.ts";
import type { Exchange, Peer } from "../../exchange/exchange.ts";
import type { RefusedTrace } from "../../gateway/refusals.ts";
import { clock } from "../../life/clock.ts";
import { jsonInner } from "../../log/json-text.ts";
import { problemText, reportsText } from "../../log/reasons.ts";
import { redactQuery, refusedPath } from "../../log/redaction.ts";
import { chosen } from "./chosen-fields.ts";
import { attemptText, milliseconds } from "./figures.ts";
import type { LineConfig, LineFormat } from "./line.ts";
import { LoggedHeaders } from "./logged-headers.ts";
import { createTimestamps, type Timestamps } from "./timestamps.ts";

/** Of those that a line may have, the members that are chosen, in JSON under their own names. */
export const createNativeLine = (config: LineConfig): LineFormat => new NativeLine(config);

class NativeLine implements LineFormat {
  readonly #fields: ReturnType<typeof chosen>;
  readonly #query: boolean;
  readonly #headers: LoggedHeaders;
  readonly #redact: ReadonlySet<string>;
  readonly #timestamps: Timestamps;
  /** The part of a line that depends on the operation alone, by its index. */
  readonly #operations: string[] = [];

  constructor(config: LineConfig) {
    this.#fields = chosen(config.fields);
    this.#query = config.query;
    this.#redact = new Set(config.redact.map((name) => name.toLowerCase()));
    this.#headers = new LoggedHeaders(config.headers, this.#redact);
    this.#timestamps = createTimestamps();
  }

  members(x: Exchange): string {
    const { answer, upstream, identity } = x;
    const fields = this.#fields;
    let line = "";
    if (fields.time) line += `"time":"${this.#timestamps.format(clock.wall())}",`;
    if (fields.requestId && x.requestId !== "") line += `"requestId":"${jsonInner(x.requestId)}",`;
    if (x.trace !== undefined) {
      if (fields.traceId) line += `"traceId":"${x.trace.traceId}",`;
      if (fields.spanId) line += `"spanId":"${x.trace.spanId}",`;
    }
    if (fields.method) line += `"method":"${jsonInner(x.method)}",`;
    if (fields.host) line += `"host":"${jsonInner(x.host)}",`;
    // Only a target that was refused has this path without having been sent it.
    if (fields.path) line += `"path":"${jsonInner((x.path === "/" ? refusedPath(x.sentTarget) : undefined) ?? x.path)}",`;
    if (this.#query && x.query !== "") line += `"query":"${jsonInner(redactQuery(x.query, this.#redact))}",`;
    line += this.#operations[x.operation.index] ?? this.#describe(x);
    if (fields.status && answer !== undefined) line += `"status":${answer.status},`;
    if (fields.upgrade && answer?.status === 101) line += `"upgrade":"${jsonInner(answer.headers.get("upgrade") ?? "")}",`;
    if (fields.source && answer !== undefined) line += `"source":"${jsonInner(answer.source)}",`;
    if (fields.outcome) line += `"outcome":"${x.outcome}",`;
    if (fields.durationMs) line += `"durationMs":${milliseconds(clock.monotonic() - x.startedAt)},`;
    if (upstream !== undefined) {
      if (fields.upstreamMs && upstream.headAt > 0) line += `"upstreamMs":${milliseconds(upstream.headAt - upstream.startedAt)},`;
      if (fields.service) line += `"service":"${jsonInner(upstream.service)}",`;
      if (fields.endpoint && upstream.endpoint !== "") line += `"endpoint":"${jsonInner(upstream.endpoint)}",`;
      if (fields.attempts && upstream.attempts.length > 1)
        line += `"attempts":[${upstream.attempts.map(attemptText).join(",")}],`;
      if (fields.error && upstream.error !== "") line += `"error":"${jsonInner(upstream.error)}",`;
    }
    if (fields.bytesIn) line += `"bytesIn":${x.bytesReceived},`;
    if (fields.bytesOut) line += `"bytesOut":${x.bytesSent},`;
    if (fields.ip) line += `"ip":"${jsonInner(x.peer.ip)}",`;
    if (identity !== undefined) {
      if (fields.subject) line += `"subject":"${jsonInner(identity.subject)}",`;
      if (fields.scheme) line += `"scheme":"${jsonInner(identity.scheme)}",`;
    }
    const problem = answer?.problem;
    if (problem !== undefined) {
      if (fields.problem) line += `"problem":"${jsonInner(problemType(problem))}",`;
      if (fields.violations) line += problemText(problem);
    }
    if (fields.reports && x.reports.length > 0) line += `"reports":${reportsText(x.reports)},`;
    if (fields.injected && x.injected !== undefined) line += `"injected":"${jsonInner(x.injected)}",`;
    if (fields.experiments && x.experiments !== undefined) line += `"experiments":"${jsonInner(x.experiments)}",`;
    const headers = this.#headers.of(x);
    return headers === "" ? line : `${line}"headers":{${headers}},`;
  }

  /** As far as it is known, a request that could not be read is like one that was refused. */
  refused({ ip }: Peer, status: number, problem: string, keyword: string, trace: RefusedTrace | undefined): string {
    const fields = this.#fields;
    let line = "";
    if (fields.time) line += `"time":"${this.#timestamps.format(clock.wall())}",`;
    if (trace !== undefined) {
      if (fields.traceId) line += `"traceId":"${trace.traceId}",`;
      if (fields.spanId) line += `"spanId":"${trace.spanId}",`;
    }
    if (fields.operation) line += `"operation":"unread",`;
    if (fields.status) line += `"status":${status},`;
    if (fields.source) line += `"source":"gateway",`;
    if (fields.outcome) line += `"outcome":"refused",`;
    if (fields.ip) line += `"ip":"${jsonInner(ip)}",`;
    if (fields.problem) line += `"problem":"${problem}",`;
    if (fields.violations) line += `"violations":[{"in":"head","pointer":"","keyword":"${keyword}"}],`;
    return line;
  }

  #describe(x: Exchange): string {
    const { operation } = x;
    let text = "";
    if (this.#fields.operation) text += `"operation":"${jsonInner(operation.id)}",`;
    if (this.#fields.api && operation.api !== "") text += `"api":"${jsonInner(operation.api)}",`;
    if (this.#fields.version && operation.version !== "") text += `"version":"${jsonInner(operation.version)}",`;
    this.#operations[operation.index] = text;
    return text;
  }
}
