import type { Hold } from "../body/hold.ts";
import type { Answer, Exchange } from "../exchange/exchange.ts";
import type { StoredAnswer, StoredResource } from "./stored-answer.ts";

/** What a cache says to a request that is about to be forwarded. */
export type Finding =
  /** The request goes to the service as if there were no cache. */
  | { readonly kind: "bypass" }
  /** `x.answer` is made: the client wants nothing that is not kept, and there is nothing. */
  | { readonly kind: "refused" }
  | { readonly kind: "hit"; readonly served: ServedAnswer }
  /** It is served, and the service asked for a newer one, unless somebody does so already. */
  | { readonly kind: "stale"; readonly served: ServedAnswer; readonly fetch: FetchPlan }
  | { readonly kind: "fetch"; readonly fetch: FetchPlan };

/** What is asked of the service, and for whom else the answer may be. */
export interface FetchPlan {
  readonly key: string;
  /** The URI by which it is dropped when something changes the resource: see `uriOf`. */
  readonly base: string;
  /** Of the request that asks the service, before other steps change it: what of the client's makes a difference. */
  readonly query: string;
  /** Those of the key who may wait for each other. */
  readonly group: string;
  /** The group, and what the last answer for the key varied by: requests that differ in it do not wait for one answer. */
  readonly flight: string;
  /** Requests with the same flight may wait for this answer. */
  readonly isShared: boolean;
  /** What was kept for the key when it was asked for. */
  readonly resource: StoredResource | undefined;
  /** To be validated, or used where the service fails. */
  readonly stored: StoredAnswer | undefined;
  /** Why the request is forwarded, as in `Cache-Status` (RFC 9211 §2.2). */
  readonly why: "uri-miss" | "vary-miss" | "stale" | "request" | "miss; detail=store-failure";
  /** Wall clock and monotonic milliseconds at which it was decided. */
  readonly at: { readonly wall: number; readonly monotonic: number };
  /** Service that the request was directed to instead of that of its operation; empty: none. */
  readonly target: string;
  /** Something changed the resource in the meantime: the answer is not kept. */
  isOutrun: boolean;
  /** Of purges, where there are any: what was known of them when it began, and by what its answer is known. */
  readonly known?: { readonly era: string; readonly number: number };
  readonly subject?: string;
  readonly isWithoutQuery?: boolean;
}

/** What becomes of an answer of the service, by its head. */
export type Verdict =
  /** Collected, and given to `keep` once it is whole. `isForAll`: those who wait may have it. */
  | { readonly kind: "keep"; readonly maxBytes: number; readonly isForAll: boolean; readonly draft: StoredAnswer }
  /** For the one who asked first. */
  | { readonly kind: "pass" }
  /** What is kept is served in its place. `isForAll`: to whoever waits for the same variant, too. */
  | { readonly kind: "serve"; readonly stored: StoredAnswer; readonly isForAll: boolean };

/** Status, fields and bytes for one client. */
export interface ServedAnswer extends Answer {
  readonly body: Buffer;
  /** What it is the whole of, or with 206 a part; undefined: of nothing that is kept. */
  readonly kept: StoredAnswer | undefined;
}

export type Packed = ServedAnswer | undefined;

/** The one step behind a cache, which puts answers into content codings. */
export interface AnswerPacker {
  /**
   * What the client gets of what is kept. Undefined: the answer is to pass the hooks, as one of the service does. `openHold`: of
   * the memory for bodies, for longer than the exchange.
   */
  packed(x: Exchange, served: ServedAnswer, openHold: (x: Exchange) => Hold): Packed | Promise<Packed>;
}

/** The cache of an operation, as the forwarder asks it. */
export interface AnswerCache {
  /** Fetches that others may join, by their `flight`: of whoever makes them. */
  readonly flights: Map<string, object>;
  /** Lets a flight ask the service, or not; undefined: no other process could have what it is about to fetch. */
  readonly depart: ((plan: FetchPlan, flight: object, isShared: boolean) => void) | undefined;
  find(x: Exchange): Finding | Promise<Finding>;
  /** The exchange `x` asks the service; its `upstreamRequest` hook goes by the plan from now on. */
  begin(x: Exchange, plan: FetchPlan): void;
  /** It is the variant that this request selects. */
  selects(x: Exchange, stored: StoredAnswer): boolean;
  ended(plan: FetchPlan): void;
  /** Whether a request that waits for what is fetched may have this answer, if it selects the variant. */
  isFor(x: Exchange, stored: StoredAnswer): boolean;
  /** The head of an answer of the service. */
  judge(x: Exchange, plan: FetchPlan, answer: Answer, length: number): Verdict;
  /** Returns what was made of it, whether or not it is kept. */
  keep(plan: FetchPlan, draft: StoredAnswer, body: Buffer): StoredAnswer;
  /** It turned out to be too large, or there is no room for it. */
  gaveUp(plan: FetchPlan): void;
  /** There is no answer of the service, or one that says that it failed. Undefined: nothing can take its place. */
  instead(plan: FetchPlan): StoredAnswer | undefined;
  /** Makes the answer to a client of what is kept. `how`: for `Cache-Status`. */
  serve(x: Exchange, stored: StoredAnswer, how: Served): ServedAnswer;
  /** Makes the answer to a client of what has just come. Undefined: as it came; otherwise a 304, which has no body. */
  relay(x: Exchange, plan: FetchPlan, answer: Answer, how: Relayed): ServedAnswer | undefined;
  /** It failed, and what is kept may not be used in its place: makes the answer where it has to be another one. */
  failed(x: Exchange, plan: FetchPlan): void;
}

/** Of what is not just there, but asked for. */
export interface Served {
  readonly fetch: FetchPlan;
  /** Status of the answer that the service gave to a question about it. */
  readonly status?: number;
  readonly isCollapsed?: boolean;
}

export interface Relayed {
  readonly isStored: boolean;
  readonly isCollapsed: boolean;
}
