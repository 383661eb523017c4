import type { Identity, Rejection } from "../../exchange/exchange.ts";
import { clock } from "../../life/clock.ts";
import { type Validator, Violations } from "../../validation/violations.ts";
import type { KeyEntry } from "./key-entry.ts";
import type { Outcomes } from "./key-metrics.ts";

/** A key, made ready for the requests that come with it. */
export interface HeldKey {
  readonly entry: KeyEntry;
  readonly identity: Identity;
  /** Its metadata is what the scheme says that metadata is: expressions rely on it. */
  readonly fits: boolean;
  /** It counts only sometimes, or not at all; of the others nothing else is looked at. */
  readonly isLimited: boolean;
  /** Milliseconds since the epoch from which on it counts, and from which on no more. */
  readonly from: number;
  readonly until: number;
  /** Requests that it let in. */
  count: number;
  /** When the last one came, in seconds since the epoch, which is a small number for V8; 0: none did. */
  last: number;
}

/** How often a key was used, and when last: in seconds since the epoch. */
export type KeyUse = Pick<HeldKey, "count" | "last">;

export function holdKey(entry: KeyEntry, scheme: string, isFit?: Validator, { count, last }: KeyUse = unused): HeldKey {
  const { id, consumer, roles = none, scopes = none, tenant, tier, metadata, created } = entry;
  const fits = isFit === undefined || isFit(metadata ?? nothing, null);
  const until = entry.expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(entry.expires);
  return {
    entry,
    identity: {
      subject: consumer,
      scheme,
      roles,
      scopes,
      ...(tenant === undefined ? {} : { tenant }),
      ...(tier === undefined ? {} : { tier }),
      claims: metadata ?? nothing,
      ...(until === Number.POSITIVE_INFINITY ? {} : { expiresAt: until }),
      marks: { key: id, ...(created === undefined ? {} : { issuedAt: Date.parse(created) }) },
    },
    fits,
    isLimited: !fits || entry.revoked !== undefined || entry.expires !== undefined || entry.notBefore !== undefined,
    from: entry.notBefore === undefined ? Number.NEGATIVE_INFINITY : Date.parse(entry.notBefore),
    until,
    count,
    last,
  };
}

const none: readonly string[] = [];
const nothing = {};
const unused: KeyUse = { count: 0, last: 0 };

/** Who calls with it now, or why it does not count. Of a hundred thousand keys each is in a place of memory of its own: the fewer are looked at, the better. */
export function verdictOn(key: HeldKey, outcomes: Outcomes): Identity | Rejection {
  const now = clock.wall();
  if (key.isLimited) {
    const why = key.entry.revoked !== undefined ? revoked : now >= key.until ? expired : now < key.from ? notYet : undefined;
    if (why !== undefined) {
      outcomes.refused++;
      return { ...why, about: key.entry.id };
    }
    if (!key.fits) {
      outcomes.unavailable++;
      return misfit;
    }
  }
  outcomes.accepted++;
  key.count++;
  key.last = Math.floor(now / 1_000);
  return key.identity;
}

/** Whether a key that was accepted counts no more. `held`: what is known of it now; undefined: nothing is, as it was removed. */
export function isOver(held: HeldKey | undefined, { subject }: Identity): boolean {
  if (held === undefined || !held.fits) return true;
  const { entry, until } = held;
  return entry.revoked !== undefined || clock.wall() >= until || entry.consumer !== subject;
}

/** For operators: what is wrong with the metadata of a key, without a value. */
export function flawOfMetadata({ metadata = nothing }: KeyEntry, isFit: Validator): string {
  const found = new Violations({ in: "body" }, 1);
  isFit(metadata, found);
  const [first] = found.list;
  return first === undefined ? "it is not as the scheme says" : `${first.pointer || "it"} ${first.message}`;
}

/** A mistake of who has made the key, not of who sends it: another key would not help. */
const misfit: Rejection = {
  rejected: "unavailable",
  reason: "What is known of the key is not as it has to be.",
  retryAfter: 60,
};
const revoked: Rejection = { rejected: "invalid", reason: "The key was revoked." };
const expired: Rejection = { rejected: "invalid", reason: "The key has expired." };
const notYet: Rejection = { rejected: "invalid", reason: "The key does not count yet." };
