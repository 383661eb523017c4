import type { Exchange, Peer } from "../../exchange/exchange.ts";
import type { RefusedTrace } from "../../gateway/refusals.ts";
import { lineOf } from "../../log/line-of.ts";

export interface LineConfig {
  /** Names of the members of a line. */
  readonly fields: readonly LineField[];
  /** Log the query, redacted. */
  readonly query: boolean;
  /** Names of request fields to log. */
  readonly headers: readonly string[];
  /** Further names of parameters and fields whose values are secret. */
  readonly redact: readonly string[];
}

export type LineField =
  | (
      | "time"
      | "requestId"
      | "traceId"
      | "spanId"
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
  | (
      | "durationMs"
      | "upstreamMs"
      | "service"
      | "endpoint"
      | "attempts"
      | "error"
      | "bytesIn"
      | "bytesOut"
      | "ip"
      | "subject"
      | "scheme"
    )
  | ("problem" | "violations" | "reports" | "injected" | "experiments");

/** What a line says of an exchange, and under which names. Each member ends with a comma; `lineOf` closes the line. */
export interface LineFormat {
  /** The members of the line about an exchange that is over. */
  members(x: Exchange): string;
  /** As far as it is known, a request that could not be read is like one that was refused. */
  refused(peer: Peer, status: number, problem: string, keyword: string, trace: RefusedTrace | undefined): string;
}

/** Where lines go; standard output unless a test says otherwise. */
export interface LineSink {
  write(line: string): void;
  /** For those who write bytes: the line that `lineOf` makes of these. */
  writeMembers?(members: string): void;
  /** `last` is called before the process ends, for what has to be written then. */
  atEnd?(last: () => void): void;
}

export const writeMembers = (sink: LineSink, members: string): void =>
  sink.writeMembers === undefined ? sink.write(lineOf(members)) : sink.writeMembers(members);
