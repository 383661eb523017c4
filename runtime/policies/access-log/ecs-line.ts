import { problemType } from "../../answers/problem.ts";
import type { Exchange, Peer } from "../../exchange/exchange.ts";
import type { RefusedTrace } from "../../gateway/refusals.ts";
import { clock } from "../../life/clock.ts";
import { jsonInner } from "../../log/json-text.ts";
import { problemText, reportsText } from "../../log/reasons.ts";
import { redactQuery, refusedPath } from "../../log/redaction.ts";
import { chosen } from "./chosen-fields.ts";
import { attemptText } from "./figures.ts";
import type { AddedNames } from "./full-log.ts";
import type { LineConfig, LineFormat } from "./line.ts";
import { LoggedHeaders } from "./logged-headers.ts";
import { createTimestamps } from "./timestamps.ts";

export interface EcsLineConfig extends LineConfig {
  /** Name of the gateway: what the line is from. */
  readonly gateway: string;
}

/**
 * The same as in the native format under the names of the Elastic Common Schema, with dots in them as ecs-logging has them;
 * what ECS has no name for is below `gatewright`.
 */
export const createEcsLine = (config: EcsLineConfig): LineFormat => new EcsLine(config);

const version = "8.17.0";

class EcsLine implements LineFormat {
  readonly #has: ReturnType<typeof chosen>;
  readonly #query: boolean;
  readonly #redact: ReadonlySet<string>;
  readonly #headers: LoggedHeaders;
  readonly #timestamps = createTimestamps();
  /** What is the same in each line, and what depends on the operation alone, by its index. */
  readonly #constant: string;
  readonly #operations: string[] = [];

  constructor(config: EcsLineConfig) {
    this.#has = chosen(config.fields);
    this.#query = config.query;
    this.#redact = new Set(config.redact.map((name) => name.toLowerCase()));
    this.#headers = new LoggedHeaders(config.headers, this.#redact);
    this.#constant = `"ecs.version":"${version}","event.kind":"event","event.category":["web"],"event.type":["access"],"event.dataset":"gatewright.access","service.name":"${jsonInner(config.gateway)}",`;
  }

  members(x: Exchange): string {
    const { answer, upstream, identity } = x;
    const has = this.#has;
    let line = has.time ? this.#time() : "";
    line += this.#constant;
    line += `"message":"${jsonInner(`${x.method} ${x.operation.id} ${answer?.status ?? x.outcome}`)}",`;
    if (has.requestId && x.requestId !== "") line += `"http.request.id":"${jsonInner(x.requestId)}",`;
    if (x.trace !== undefined) {
      if (has.traceId) line += `"trace.id":"${x.trace.traceId}",`;
      if (has.spanId) line += `"span.id":"${x.trace.spanId}",`;
    }
    if (has.method) line += `"http.request.method":"${jsonInner(x.method)}",`;
    if (has.host) line += `"url.domain":"${jsonInner(x.host)}",`;
    if (has.path) line += `"url.path":"${jsonInner((x.path === "/" ? refusedPath(x.sentTarget) : undefined) ?? x.path)}",`;
    if (this.#query && x.query !== "") line += `"url.query":"${jsonInner(redactQuery(x.query, this.#redact))}",`;
    line += this.#operations[x.operation.index] ?? this.#describe(x);
    if (answer !== undefined) {
      if (has.status) line += `"http.response.status_code":${answer.status},`;
      if (has.upgrade && answer.status === 101)
        line += `"gatewright.upgrade":"${jsonInner(answer.headers.get("upgrade") ?? "")}",`;
      if (has.source) line += `"gatewright.source":"${jsonInner(answer.source)}",`;
    }
    if (has.outcome) line += `"event.outcome":"${outcomeOf(x)}","gatewright.outcome":"${x.outcome}",`;
    if (has.durationMs) line += `"event.duration":${nanoseconds(clock.monotonic() - x.startedAt)},`;
    if (upstream !== undefined) {
      if (has.upstreamMs && upstream.headAt > 0)
        line += `"gatewright.upstream.duration":${nanoseconds(upstream.headAt - upstream.startedAt)},`;
      if (has.service) line += `"gatewright.upstream.service":"${jsonInner(upstream.service)}",`;
      if (has.endpoint && upstream.endpoint !== "") line += `"gatewright.upstream.endpoint":"${jsonInner(upstream.endpoint)}",`;
      if (has.attempts && upstream.attempts.length > 1)
        line += `"gatewright.upstream.attempts":[${upstream.attempts.map(attemptText).join(",")}],`;
      if (has.error && upstream.error !== "") line += `"error.code":"${jsonInner(upstream.error)}",`;
    }
    if (has.bytesIn) line += `"http.request.body.bytes":${x.bytesReceived},`;
    if (has.bytesOut) line += `"http.response.body.bytes":${x.bytesSent},`;
    if (has.ip) line += `"client.ip":"${jsonInner(x.peer.ip)}",`;
    if (identity !== undefined) {
      if (has.subject) line += `"user.id":"${jsonInner(identity.subject)}",`;
      if (has.scheme) line += `"gatewright.scheme":"${jsonInner(identity.scheme)}",`;
    }
    const problem = answer?.problem;
    if (problem !== undefined) {
      if (has.problem) line += `"error.type":"${jsonInner(problemType(problem))}",`;
      if (has.violations) line += below(problemText(problem));
    }
    if (has.reports && x.reports.length > 0) line += `"gatewright.reports":${reportsText(x.reports)},`;
    if (has.injected && x.injected !== undefined) line += `"gatewright.injected":"${jsonInner(x.injected)}",`;
    if (has.experiments && x.experiments !== undefined) line += `"gatewright.experiments":"${jsonInner(x.experiments)}",`;
    const headers = this.#headers.of(x);
    return headers === "" ? line : `${line}"gatewright.headers":{${headers}},`;
  }

  refused({ ip }: Peer, status: number, problem: string, keyword: string, trace: RefusedTrace | undefined): string {
    const has = this.#has;
    let line = has.time ? this.#time() : "";
    line += `${this.#constant}"message":"unread ${status}",`;
    if (trace !== undefined) {
      if (has.traceId) line += `"trace.id":"${trace.traceId}",`;
      if (has.spanId) line += `"span.id":"${trace.spanId}",`;
    }
    if (has.operation) line += `"event.action":"unread",`;
    if (has.status) line += `"http.response.status_code":${status},`;
    if (has.source) line += `"gatewright.source":"gateway",`;
    if (has.outcome) line += `"event.outcome":"failure","gatewright.outcome":"refused",`;
    if (has.ip) line += `"client.ip":"${jsonInner(ip)}",`;
    if (has.problem) line += `"error.type":"${problem}",`;
    if (has.violations) line += `"gatewright.violations":[{"in":"head","pointer":"","keyword":"${keyword}"}],`;
    return line;
  }

  #time = (): string => `"@timestamp":"${this.#timestamps.format(clock.wall())}",`;

  #describe(x: Exchange): string {
    const { operation } = x;
    let text = "";
    if (this.#has.operation) text += `"event.action":"${jsonInner(operation.id)}",`;
    if (this.#has.api && operation.api !== "") text += `"gatewright.api":"${jsonInner(operation.api)}",`;
    if (this.#has.version && operation.version !== "") text += `"gatewright.version":"${jsonInner(operation.version)}",`;
    this.#operations[operation.index] = text;
    return text;
  }
}

/** `event.outcome` is about the event from who made it: an answer that refuses is a failure of the request. */
function outcomeOf({ outcome, answer }: Exchange): "success" | "failure" | "unknown" {
  if (outcome === "clientGone") return "unknown";
  return outcome === "complete" && answer !== undefined && answer.status < 400 ? "success" : "failure";
}

/** `event.duration` is in nanoseconds; the clock of a gateway has microseconds. */
const nanoseconds = (value: number): number => Math.max(0, Math.round(value * 1000)) * 1000;

const below = (member: string): string => (member === "" ? "" : `"gatewright.${member.slice(1)}`);

/** What a log of levels adds to a line, as ECS calls it. */
export const ecsNames = (): AddedNames => ({
  level: "log.level",
  sampleRate: "gatewright.sample_rate",
  parts: "gatewright.parts",
  fingerprint: "gatewright.fingerprint",
  requestBody: "http.request.body.content",
  requestBodyNotLogged: "gatewright.request_body_not_logged",
  responseBody: "http.response.body.content",
  responseBodyNotLogged: "gatewright.response_body_not_logged",
  // ECS has the type wildcard for them.
  bodiesAreText: true,
  repeated: ({ fingerprint, operation, status, source, problem, error, count, first, last }) =>
    [
      `"@timestamp":"${timeText(clock.wall())}","log.level":"error","message":"repeated","ecs.version":"${version}",`,
      `"event.kind":"event","event.dataset":"gatewright.access","gatewright.fingerprint":"${fingerprint}",`,
      `"event.action":"${jsonInner(operation)}","http.response.status_code":${status},"gatewright.source":"${jsonInner(source)}",`,
      problem === "" ? "" : `"error.type":"${jsonInner(problem)}",`,
      error === "" ? "" : `"error.code":"${jsonInner(error)}",`,
      `"gatewright.count":${count},"event.start":"${timeText(first)}","event.end":"${timeText(last)}",`,
    ].join(""),
});

const timeText = (time: number): string => new Date(time).toISOString();
