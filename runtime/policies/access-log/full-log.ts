import type { Exchange, Peer } from "../../exchange/exchange.ts";
import type { RefusedTrace } from "../../gateway/refusals.ts";
import { clock } from "../../life/clock.ts";
import { jsonText } from "../../log/json-text.ts";
import { standardOutput } from "../../log/standard-output.ts";
import { type LineFormat, type LineSink, writeMembers } from "./line.ts";
import type { Repeated, RepeatedErrors, RepeatedErrorsMaker } from "./repeated-errors.ts";
import { severities, severityOf } from "./severity.ts";
import { partsText, tookMs } from "./slow-parts.ts";

export interface FullLogConfig {
  readonly line: LineFormat;
  /** Names of what this log adds to a line; those of the native format where null. */
  readonly names: (() => AddedNames) | null;
  /** Lines say how bad the end of their request was. */
  readonly hasLevel: boolean;
  /** Index into `severities`: what is less bad is not written. */
  readonly least: number;
  /** Which share of the lines is written, from 0 to 1, of those that are less bad than `kept`. */
  readonly sample: { readonly rate: number; readonly kept: number } | null;
  /** Milliseconds from which on a request is slow; null: none is. */
  readonly slowMs: number | null;
  readonly repeated: RepeatedErrorsMaker | null;
}

export interface AddedNames {
  readonly level: string;
  readonly sampleRate: string;
  readonly parts: string;
  readonly fingerprint: string;
  readonly requestBody: string;
  readonly requestBodyNotLogged: string;
  readonly responseBody: string;
  readonly responseBodyNotLogged: string;
  /** Bodies are JSON in a text, and not members of the line. */
  readonly bodiesAreText: boolean;
  /** The line about errors that were counted. */
  repeated(repeated: Repeated): string;
}

export const createFullLog = (config: FullLogConfig, sink: LineSink = standardOutput()): FullLog => new FullLog(config, sink);

/** A line for the requests that are worth one: by how bad their end was, how long they took, how often there were more. */
export class FullLog {
  protected readonly names: AddedNames;
  readonly #config: FullLogConfig;
  readonly #sink: LineSink;
  readonly #repeated: RepeatedErrors | undefined;
  readonly #levels: readonly string[];

  constructor(config: FullLogConfig, sink: LineSink) {
    this.#config = config;
    this.#sink = sink;
    this.names = config.names?.() ?? nativeNames;
    this.#levels = severities.map((severity) => (config.hasLevel ? `"${this.names.level}":"${severity}",` : ""));
    const repeated = config.repeated?.((one) => writeMembers(sink, this.names.repeated(one)));
    if (repeated !== undefined) sink.atEnd?.(() => repeated.flush());
    this.#repeated = repeated;
  }

  done(x: Exchange): void {
    const { line, least, sample, slowMs } = this.#config;
    const now = clock.monotonic();
    const isSlow = slowMs !== null && now - x.startedAt >= slowMs && tookMs(x, now) >= slowMs;
    const severity = Math.min(severityOf(x), isSlow ? 1 : 2);
    if (severity > least) return;
    const { names } = this;
    let added = this.#levels[severity]!;
    if (severity === 0 && this.#repeated !== undefined) {
      const fingerprint = this.#repeated.add(x);
      if (fingerprint === undefined) return;
      added += `"${names.fingerprint}":"${fingerprint}",`;
    } else if (sample !== null && severity > sample.kept) {
      if (Math.random() >= sample.rate) return;
      added += `"${names.sampleRate}":${sample.rate},`;
    }
    if (isSlow) added += `"${names.parts}":${partsText(x, now)},`;
    writeMembers(this.#sink, line.members(x) + added + this.more(x, severity));
  }

  /** What else a line has. */
  protected more(_x: Exchange, _severity: number): string {
    return "";
  }

  refused(peer: Peer, status: number, problem: string, keyword: string, trace: RefusedTrace | undefined): void {
    const { line, least } = this.#config;
    if (least >= 1) writeMembers(this.#sink, line.refused(peer, status, problem, keyword, trace) + this.#levels[1]!);
  }
}

const nativeNames: AddedNames = {
  level: "level",
  sampleRate: "sampleRate",
  parts: "parts",
  fingerprint: "fingerprint",
  requestBody: "requestBody",
  requestBodyNotLogged: "requestBodyNotLogged",
  responseBody: "responseBody",
  responseBodyNotLogged: "responseBodyNotLogged",
  bodiesAreText: false,
  repeated: ({ fingerprint, operation, status, source, problem, error, count, first, last }) =>
    [
      `"time":"${timeText(clock.wall())}","level":"error","message":"repeated","fingerprint":"${fingerprint}",`,
      `"operation":${jsonText(operation)},"status":${status},"source":${jsonText(source)},`,
      problem === "" ? "" : `"problem":${jsonText(problem)},`,
      error === "" ? "" : `"error":${jsonText(error)},`,
      `"count":${count},"first":"${timeText(first)}","last":"${timeText(last)}",`,
    ].join(""),
};

const timeText = (time: number): string => new Date(time).toISOString();
