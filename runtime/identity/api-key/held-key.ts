import type { Identity, Rejection } from "../../exchange/exchange.ts";
import { clock } from "../../life/clock.ts";
import type { KeyEntry } from "./key-entry.ts";

/** A key, made ready for the requests that come with it. */
export interface HeldKey {
  readonly entry: KeyEntry;
  readonly identity: Identity;
  /** It was revoked. */
  readonly isRevoked: boolean;
  /** Milliseconds since the epoch from which on it counts, and from which on no more. */
  readonly from: number;
  readonly until: number;
  /** Requests that it let in, and when the last one came: 0 for none. */
  readonly use: KeyUse;
}

export interface KeyUse {
  count: number;
  last: number;
}

export function holdKey(entry: KeyEntry, scheme: string, use: KeyUse = { count: 0, last: 0 }): HeldKey {
  const { id, consumer, roles = none, scopes = none, tenant, tier, metadata, created } = entry;
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
    isRevoked: entry.revoked !== undefined,
    from: entry.notBefore === undefined ? Number.NEGATIVE_INFINITY : Date.parse(entry.notBefore),
    until,
    use,
  };
}

const none: readonly string[] = [];
const nothing = {};

/** Who calls with it now, or why it does not count. */
export function verdictOn(key: HeldKey): Identity | Rejection {
  if (key.isRevoked) return revoked;
  const now = clock.wall();
  if (now >= key.until) return expired;
  if (now < key.from) return notYet;
  const { use } = key;
  use.count++;
  use.last = now;
  return key.identity;
}

const revoked: Rejection = { rejected: "invalid", reason: "The key was revoked." };
const expired: Rejection = { rejected: "invalid", reason: "The key has expired." };
const notYet: Rejection = { rejected: "invalid", reason: "The key does not count yet." };
