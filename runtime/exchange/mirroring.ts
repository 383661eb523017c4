import type { Exchange, ForwardTarget, UpstreamRequest } from "./exchange.ts";

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

/** Copies requests and sends the copies: of the transport. */
export interface Copies {
  /** `ended` is called once. `status`: of the answer; 0 where none came. */
  begin(x: Exchange, ended: (end: CopyEnd, status: number) => void): RequestCopy;
  /** Gives up what is in flight. */
  end(): void;
}

export type CreateCopies = (order: MirrorOrder) => Copies;
