import { problemType } from "../../answers/problem.ts";
import type { Exchange, Peer } from "../../exchange/exchange.ts";
import { clock } from "../../life/clock.ts";
import { jsonText } from "../../log/json-text.ts";
import { problemText, reportsText } from "../../log/reasons.ts";
import { standardOutput } from "../../log/standard-output.ts";
import { isSecretName, redacted, redactQuery, redactUrl, refusedPath } from "./redaction.ts";
import { createTimestamps, type Timestamps } from "./timestamps.ts";

export interface AccessLogConfig {
  /** Names of the fields in a line, of those that `AccessLog.done` knows. */
  readonly fields: readonly AccessLogField[];
  /** Log the query, redacted. */
  readonly query: boolean;
  /** Names of request fields to log. */
  readonly headers: readonly string[];
  /** Further names of parameters and fields whose values are secret. */
  readonly redact: readonly string[];
}

export type AccessLogField =
  | (
      | "time"
      | "requestId"
      | "method"
      | "host"
      | "path"
      | "operation"
      | "api"
      | "version"
      | "status"
      | "upgrade"
      | "source"
      | "outcome"
    )
  | ("durationMs" | "upstreamMs" | "service" | "endpoint" | "error" | "bytesIn" | "bytesOut" | "ip" | "subject" | "scheme")
  | ("problem" | "violations" | "reports" | "injected");

/** Where lines go; standard output unless a test says otherwise. */
export interface LineSink {
  write(line: string): void;
}

export const createAccessLog = (config: AccessLogConfig, sink: LineSink = standardOutput()): AccessLog =>
  new AccessLog(config, sink);

class AccessLog {
  readonly #sink: LineSink;
  readonly #fields: Readonly<Record<AccessLogField, boolean>>;
  readonly #query: boolean;
  readonly #headers: readonly { readonly key: string; readonly lower: string; readonly isSecret: boolean }[];
  readonly #redact: ReadonlySet<string>;
  readonly #timestamps: Timestamps;
  /** The part of a line that depends on the operation alone, by its index. */
  readonly #operations: string[] = [];

  constructor(config: AccessLogConfig, sink: LineSink) {
    this.#sink = sink;
    const has = (field: AccessLogField): boolean => config.fields.includes(field);
    this.#fields = {
      time: has("time"),
      requestId: has("requestId"),
      method: has("method"),
      host: has("host"),
      path: has("path"),
      operation: has("operation"),
      api: has("api"),
      version: has("version"),
      status: has("status"),
      upgrade: has("upgrade"),
      source: has("source"),
      outcome: has("outcome"),
      durationMs: has("durationMs"),
      upstreamMs: has("upstreamMs"),
      service: has("service"),
      endpoint: has("endpoint"),
      error: has("error"),
      bytesIn: has("bytesIn"),
      bytesOut: has("bytesOut"),
      ip: has("ip"),
      subject: has("subject"),
      scheme: has("scheme"),
      problem: has("problem"),
      violations: has("violations"),
      reports: has("reports"),
      injected: has("injected"),
    };
    this.#query = config.query;
    this.#redact = new Set(config.redact.map((name) => name.toLowerCase()));
    this.#headers = config.headers.map((name) => {
      const lower = name.toLowerCase();
      return { key: jsonText(lower), lower, isSecret: isSecretName(lower, this.#redact) };
    });
    this.#timestamps = createTimestamps();
  }

  done(x: Exchange): void {
    const { answer, upstream, identity } = x;
    const fields = this.#fields;
    // Each member ends with a comma; the last one gives way to the closing brace.
    let line = "{";
    if (fields.time) line += `"time":"${this.#timestamps.format(clock.wall())}",`;
    if (fields.requestId && x.requestId !== "") line += `"requestId":${jsonText(x.requestId)},`;
    if (fields.method) line += `"method":${jsonText(x.method)},`;
    if (fields.host) line += `"host":${jsonText(x.host)},`;
    // Only a target that was refused has this path without having been sent it.
    if (fields.path) line += `"path":${jsonText((x.path === "/" ? refusedPath(x.sentTarget) : undefined) ?? x.path)},`;
    if (this.#query && x.query !== "") line += `"query":${jsonText(redactQuery(x.query, this.#redact))},`;
    line += this.#operations[x.operation.index] ?? this.#describe(x);
    if (fields.status && answer !== undefined) line += `"status":${answer.status},`;
    if (fields.upgrade && answer?.status === 101) line += `"upgrade":${jsonText(answer.headers.get("upgrade") ?? "")},`;
    if (fields.source && answer !== undefined) line += `"source":${jsonText(answer.source)},`;
    if (fields.outcome) line += `"outcome":"${x.outcome}",`;
    if (fields.durationMs) line += `"durationMs":${milliseconds(clock.monotonic() - x.startedAt)},`;
    if (upstream !== undefined) {
      if (fields.upstreamMs && upstream.headAt > 0) line += `"upstreamMs":${milliseconds(upstream.headAt - upstream.startedAt)},`;
      if (fields.service) line += `"service":${jsonText(upstream.service)},`;
      if (fields.endpoint && upstream.endpoint !== "") line += `"endpoint":${jsonText(upstream.endpoint)},`;
      if (fields.error && upstream.error !== "") line += `"error":${jsonText(upstream.error)},`;
    }
    if (fields.bytesIn) line += `"bytesIn":${x.bytesReceived},`;
    if (fields.bytesOut) line += `"bytesOut":${x.bytesSent},`;
    if (fields.ip) line += `"ip":${jsonText(x.peer.ip)},`;
    if (identity !== undefined) {
      if (fields.subject) line += `"subject":${jsonText(identity.subject)},`;
      if (fields.scheme) line += `"scheme":${jsonText(identity.scheme)},`;
    }
    const problem = answer?.problem;
    if (problem !== undefined) {
      if (fields.problem) line += `"problem":${jsonText(problemType(problem))},`;
      if (fields.violations) line += problemText(problem);
    }
    if (fields.reports && x.reports.length > 0) line += `"reports":${reportsText(x.reports)},`;
    if (fields.injected && x.injected !== undefined) line += `"injected":${jsonText(x.injected)},`;
    if (this.#headers.length > 0) line += this.#describeHeaders(x);
    this.#write(line);
  }

  /** As far as it is known, a request that could not be read is like one that was refused. */
  refused({ ip }: Peer, status: number, problem: string, keyword: string): void {
    const fields = this.#fields;
    let line = "{";
    if (fields.time) line += `"time":"${this.#timestamps.format(clock.wall())}",`;
    if (fields.operation) line += `"operation":"unread",`;
    if (fields.status) line += `"status":${status},`;
    if (fields.source) line += `"source":"gateway",`;
    if (fields.outcome) line += `"outcome":"refused",`;
    if (fields.ip) line += `"ip":${jsonText(ip)},`;
    if (fields.problem) line += `"problem":"${problem}",`;
    if (fields.violations) line += `"violations":[{"in":"head","pointer":"","keyword":"${keyword}"}],`;
    this.#write(line);
  }

  #write(line: string): void {
    this.#sink.write(line.length === 1 ? "{}" : `${line.slice(0, -1)}}`);
  }

  #describe(x: Exchange): string {
    const { operation } = x;
    let text = "";
    if (this.#fields.operation) text += `"operation":${jsonText(operation.id)},`;
    if (this.#fields.api && operation.api !== "") text += `"api":${jsonText(operation.api)},`;
    if (this.#fields.version && operation.version !== "") text += `"version":${jsonText(operation.version)},`;
    this.#operations[operation.index] = text;
    return text;
  }

  #describeHeaders(x: Exchange): string {
    let text = "";
    for (let index = 0; index < this.#headers.length; index++) {
      const { key, lower, isSecret } = this.#headers[index]!;
      const value = x.headers.get(lower);
      if (value !== undefined)
        text += `${text === "" ? "" : ","}${key}:${isSecret ? `"${redacted}"` : jsonText(redactUrl(value, this.#redact))}`;
    }
    return text === "" ? "" : `"headers":{${text}},`;
  }
}

/** With three decimals, put together from integers: the shortest decimal form of a double takes longer to find. */
function milliseconds(value: number): string {
  const microseconds = Math.max(0, Math.round(value * 1000));
  const fraction = microseconds % 1000;
  return `${Math.floor(microseconds / 1000)}.${fraction < 10 ? "00" : fraction < 100 ? "0" : ""}${fraction}`;
}
