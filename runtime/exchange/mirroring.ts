import type { Hold } from "../body/hold.ts";
import type { HeaderList } from "../fields/header-list.ts";
import type { CallFindings, Exchange, ForwardTarget, UpstreamRequest } from "./exchange.ts";

/** Where copies of requests go, and how far they may. */
export interface MirrorOrder {
  readonly service: ForwardTarget;
  /** Characters of the public path to drop before `prepend` is put in front. */
  readonly strip: number;
  readonly prepend: string;
  /** Most bytes of a body. */
  readonly maxBody: number;
  /** Milliseconds from sending a copy to the end of its answer. */
  readonly timeout: number;
  /** The last word about what the service of the copies is sent. */
  change(request: UpstreamRequest): void;
}

/**
 * What became of a copy. Not sent: `body`: it was too large, or a part of it had been read; `memory`: there was no room for it;
 * `unfinished`: the request was over before its body had come. Sent: `answered`, `failed`: no answer of the service, or no end of
 * one; `late`: none in time.
 */
export type CopyEnd = "body" | "memory" | "unfinished" | "answered" | "failed" | "late";

/** Of one request. */
export interface RequestCopy {
  /** The request itself is over: what has not come of its body will not come. */
  leave(): void;
}

/** Ends what the trace of the request has of its copy. `found`: what turned out later. Called once. */
export type CopyNote = (found?: CallFindings) => void;

/** Whoever wants to know what becomes of a copy. */
export interface CopyListener {
  /** Called once. `status`: of the answer; 0 where none came. */
  ended(end: CopyEnd, status: number, note: CopyNote): void;
}

/** Whoever reads the answer to a copy as well. */
export interface CopyReader extends CopyListener {
  /** First of all: where what is kept of answers is counted. Whoever keeps gives it back. */
  holdsIn(hold: Hold): void;
  /** Of an answer of the service. */
  head(status: number, headers: HeaderList): void;
  /** Of its body; gone after the call. */
  bytes(buffer: Buffer, start: number, end: number): void;
}

/** Copies requests and sends the copies: of the transport. */
export interface Copies<Listener extends CopyListener = CopyListener> {
  begin(x: Exchange, listener: Listener): RequestCopy;
  /** Gives up what is in flight. */
  end(): void;
}

export type CreateCopies<Listener extends CopyListener = CopyListener> = (order: MirrorOrder) => Copies<Listener>;
