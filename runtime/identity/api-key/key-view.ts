import type { Json } from "../../life/json.ts";
import type { KeyUse } from "./held-key.ts";
import type { KeyEntry } from "./key-entry.ts";

export type KeyState = "active" | "notYet" | "expired" | "revoked";

/** @param now milliseconds since the epoch */
export function stateOf({ revoked, expires, notBefore }: KeyEntry, now: number): KeyState {
  if (revoked !== undefined) return "revoked";
  if (expires !== undefined && now >= Date.parse(expires)) return "expired";
  return notBefore !== undefined && now < Date.parse(notBefore) ? "notYet" : "active";
}

/** A key as lists show it: without its hash. */
export function viewOf(entry: KeyEntry, now: number, use?: KeyUse): { readonly [name: string]: Json | undefined } {
  const { hash: _hash, ...shown } = entry;
  return {
    ...shown,
    state: stateOf(entry, now),
    ...(use === undefined
      ? {}
      : { used: use.count, ...(use.last === 0 ? {} : { lastUsed: new Date(use.last * 1_000).toISOString() }) }),
  };
}
