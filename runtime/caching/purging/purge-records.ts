import { clock } from "../../life/clock.ts";
import { type Failed, isFailed, type Records } from "../../stores/store.ts";
import { keyOf, type Purge, purgeOf } from "./purge.ts";
import { groupOf, groups } from "./purge-ledger.ts";

/** Milliseconds for which a purge is in the store. Who has read it knows of it for longer. */
const lifeSpan = 24 * 3_600_000;

/** Of what was fetched longer ago than that, the purges may not be known: the service is asked. An hour for clocks that differ. */
export const longestKept = lifeSpan - 3_600_000;

/**
 * Writes a purge to a store. Where there are `most` of them already, the group is purged that its name falls into: there is room for
 * all of these.
 */
export async function putPurge(records: Records, purge: Purge, most: number): Promise<Failed | true> {
  const value = JSON.stringify({ at: clock.wall() });
  const key = keyOf(purge);
  const put = await records.put(key, value, lifeSpan, most);
  if (isFailed(put) || put) return put;
  const group = `group ${purge.isSoft ? "soft" : "hard"} ${groupOf(key.slice(5))}`;
  const grouped = await records.put(group, value, lifeSpan, most + 2 * groups + 2);
  if (isFailed(grouped) || grouped) return grouped;
  return { failed: "there is no room for it in the store" };
}

export type PurgeRecord =
  | { readonly at: number; readonly purge: Purge }
  | { readonly at: number; readonly group: number; readonly isSoft: boolean };

/** What a record is about; undefined: no purge. Milliseconds since the epoch. */
export function readPurgeRecord(key: string, value: string): PurgeRecord | undefined {
  // Written by a gateway: what cannot be read was not.
  const { at } = JSON.parse(value) as { readonly at?: number };
  if (at === undefined) return undefined;
  const group = /^group (hard|soft) (\d{1,5})$/.exec(key);
  if (group !== null) return { at, group: Number(group[2]), isSoft: group[1] === "soft" };
  const purge = purgeOf(key);
  return purge === undefined ? undefined : { at, purge };
}
