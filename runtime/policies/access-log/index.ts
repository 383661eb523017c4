import type { Exchange, Peer } from "../../exchange/exchange.ts";
import type { RefusedTrace } from "../../gateway/refusals.ts";
import { standardOutput } from "../../log/standard-output.ts";
import { type LineConfig, type LineField, type LineFormat, type LineSink, writeMembers } from "./line.ts";
import { createNativeLine } from "./native-line.ts";

export type { LineSink } from "./line.ts";
export type AccessLogConfig = LineConfig;
export type AccessLogField = LineField;

/** A line for each request, whatever came of it. */
export const createAccessLog = (config: AccessLogConfig, sink: LineSink = standardOutput()): AccessLog =>
  new AccessLog(createNativeLine(config), sink);

class AccessLog {
  readonly #format: LineFormat;
  readonly #sink: LineSink;

  constructor(format: LineFormat, sink: LineSink) {
    this.#format = format;
    this.#sink = sink;
  }

  done(x: Exchange): void {
    writeMembers(this.#sink, this.#format.members(x));
  }

  refused(peer: Peer, status: number, problem: string, keyword: string, trace: RefusedTrace | undefined): void {
    writeMembers(this.#sink, this.#format.refused(peer, status, problem, keyword, trace));
  }
}
