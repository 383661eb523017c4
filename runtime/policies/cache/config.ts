import type { AnswersIn } from "../../caching/answer-store.ts";
import type { CacheCounts } from "../../caching/cache-counts.ts";
import type { Departure } from "../../caching/leads.ts";
import type { Purging } from "../../caching/purging/purging.ts";
import type { StoringRules } from "../../caching/storability.ts";
import type { Targets } from "../../caching/targets.ts";
import type { Negotiation } from "../../caching/vary.ts";
import type { Expression, Slot } from "../../exchange/exchange.ts";
import type { Store } from "../../stores/store.ts";
import type { FieldChoice } from "./field-choice.ts";

export type { CacheCountsConfig } from "../../caching/cache-counts.ts";
export type { PurgeAfterConfig } from "../../caching/purging/purge-after.ts";
export type { PurgingConfig } from "../../caching/purging/purging.ts";
export type { TaggingConfig } from "../../caching/purging/tagging.ts";
export type { NearSpacesConfig } from "../../caching/shared/near-space.ts";
export type { SharedSpacesConfig } from "../../caching/shared/shared-space.ts";

/** Durations in milliseconds. */
export interface CacheConfig {
  readonly store: Store;
  readonly answers: AnswersIn;
  /** Where other processes keep their answers in the same place. */
  readonly departure?: (flight: object, isShared: boolean) => Departure;
  /** Fields that count in place of `Cache-Control`; null: none. */
  readonly targets: Targets | null;
  /** How the cache is called in `Cache-Status`. */
  readonly name: string;
  readonly rules: StoringRules;
  /** Parts of the key beside the URI. */
  readonly key: readonly Expression<string>[];
  /** The identity is a part of the key. */
  readonly byIdentity: boolean;
  /** So are roles and scopes, which differ from token to token of one caller. */
  readonly byGrants?: true;
  /** Query parameters that are in the key, and reach the service; null: all. */
  readonly query: readonly string[] | null;
  /** The service gets the path as it was sent, which may be written in other ways than the one in the key; absent: it gets that one. */
  readonly sentPath?: (target: string) => string;
  /** Of `Accept` and `Accept-Language`, what makes a difference; null: all. */
  readonly negotiation: Negotiation | null;
  /** Fields of the client that reach the service; null: all. */
  readonly fields: FieldChoice | null;
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  /** Longer bodies are not kept. */
  readonly maxBytes: number;
  /** `no-cache`, `max-age` and `min-fresh` of requests are heeded. */
  readonly clientsMayRevalidate: boolean;
  /** Steps behind change bodies: only they know what a client has, and which part it asks for. */
  readonly isAltered: boolean;
  /** Operation with GET whose answers are served to HEAD: what is kept is of that one. */
  readonly of?: string;
  /** Others than GET and HEAD come here too, which may change what is kept. */
  readonly hasChanges?: true;
  /** Null: nothing is ever purged. */
  readonly purging: Purging | null;
  /** Null: nobody wants to know. */
  readonly counts: CacheCounts | null;
  readonly slot: Slot;
}
