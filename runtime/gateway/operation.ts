import type { WarmOutcome } from "../caching/warming/outcome.ts";
import type { AnswerChain } from "../exchange/answer-hooks.ts";
import type { Exchange, UpstreamRequest } from "../exchange/exchange.ts";

/** What an emitted matcher looks at. */
export type RouteTarget = Pick<Exchange, "path" | "host" | "query" | "headers">;

/** One emitted operation. Hooks that no policy uses are null, and are not called. */
export interface Operation {
  /** Position in `Gateway.operations`; `operations.length` for the unmatched one. */
  readonly index: number;
  /** `orders.v1.createOrder`. */
  readonly id: string;
  readonly api: string;
  readonly version: string;
  readonly method: string;
  /** Public path template. */
  readonly template: string;
  /** Empty where the operation answers itself. */
  readonly service: string;
  /** Instances of policies that belong to the operation, where functions below are shared with others. Read by these alone. */
  readonly own?: Readonly<Record<string, object>>;
  /** Emitted chain: ends in `forward(…)` or `send(x)`. */
  readonly request: (x: Exchange) => void | Promise<void>;
  readonly preflight: ((x: Exchange) => void) | null;
  /** Sends OPTIONS for the path to the service, where no operation takes them. */
  readonly options?: (x: Exchange) => void | Promise<void>;
  /** Whose matter it is to warm its cache: each process's, or that of one for all. */
  readonly warmedBy?: "each" | "owner";
  /** Fetches for its cache what a request without a client asks for, unless that is fresh. */
  readonly warm?: (x: Exchange) => Promise<WarmOutcome | undefined>;
  /** Asks steps that go by the service again, once another takes its place: `Exchange.target`. True: they have an answer. */
  readonly retarget?: (x: Exchange) => Promise<boolean>;
  readonly upstreamRequest: ((x: Exchange, upstream: UpstreamRequest) => void) | null;
  /** What the answer of the service passes where the chain has opened the way back; true: it was replaced. */
  readonly answerHead?: (x: Exchange, back: AnswerChain) => boolean | Promise<boolean>;
  readonly answerStream?: (x: Exchange, back: AnswerChain) => void;
  readonly answerBody?: (x: Exchange, back: AnswerChain) => boolean;
  readonly response: ((x: Exchange) => void) | null;
  readonly done: ((x: Exchange) => void) | null;
}
