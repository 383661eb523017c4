import { type KeyEntry, wrongField } from "./key-entry.ts";
import { digestOf } from "./key-scheme.ts";
import { hintLength, KeyForm, randomText } from "./key-text.ts";

/** What is said of a key when it is made. */
export type KeyFacts = Omit<KeyEntry, "id" | "hash" | "hint" | "created" | "revoked" | "replacedBy">;

/** A key that was just made: the only time that anybody has its text. */
export interface NewKey {
  readonly key: string;
  readonly entry: KeyEntry;
}

/** @param now milliseconds since the epoch */
export function makeKey(prefix: string, facts: KeyFacts, now: number): NewKey {
  const key = new KeyForm().newKey(prefix);
  const { consumer, ...others } = facts;
  return {
    key,
    entry: {
      id: `k_${randomText(12)}`,
      hash: Buffer.from(digestOf(key), "base64url").toString("hex"),
      hint: key.slice(0, prefix.length + 1 + hintLength),
      consumer,
      ...others,
      created: timeAt(now),
    },
  };
}

/**
 * A key in the place of another one, with what is said of that one unless said otherwise; the other one counts for `overlap`
 * milliseconds more, and no longer than it would have.
 */
export function rotateKey(
  old: KeyEntry,
  prefix: string,
  overlap: number,
  change: Partial<KeyFacts>,
  now: number,
): NewKey & { readonly old: KeyEntry } {
  const {
    id: _id,
    hash: _hash,
    hint: _hint,
    created,
    revoked: _revoked,
    replacedBy: _by,
    expires,
    notBefore: _from,
    ...facts
  } = old;
  // It lives as long as the other one was made for.
  const lives = expires === undefined ? undefined : timeAt(now + Date.parse(expires) - Date.parse(created ?? timeAt(now)));
  const made = makeKey(prefix, { ...facts, ...(lives === undefined ? {} : { expires: lives }), ...change }, now);
  const end = Math.min(now + overlap, expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires));
  return { ...made, old: { ...old, expires: timeAt(end), replacedBy: made.entry.id } };
}

/** A second time changes nothing: when it was revoked stays known. */
export const revokeKey = (entry: KeyEntry, now: number): KeyEntry =>
  entry.revoked === undefined ? { ...entry, revoked: timeAt(now) } : entry;

/** Why there is nothing that could be rotated; undefined: there is. */
export function whyNotRotated({ revoked, replacedBy, expires }: KeyEntry, now: number): string | undefined {
  if (revoked !== undefined) return "It was revoked. Create a new key.";
  if (replacedBy !== undefined) return `It was rotated already: ${replacedBy} is the key in its place.`;
  return expires !== undefined && Date.parse(expires) <= now ? "It has expired. Create a new key." : undefined;
}

/** What is wrong with what is said of a key, with the name of the field in front; undefined: nothing. */
export function wrongFact(given: Partial<KeyFacts>): string | undefined {
  for (const [name, value] of Object.entries(given)) {
    // The schema of the route, and the options of the command line, know these names only.
    const wrong = wrongField(name as keyof KeyFacts, value);
    if (wrong !== undefined) return `\`${name}\` ${wrong}.`;
  }
  const { notBefore, expires } = given;
  return notBefore !== undefined && expires !== undefined && Date.parse(expires) <= Date.parse(notBefore)
    ? "`expires` is not after `notBefore`, so that the key would never count."
    : undefined;
}

/** Whole seconds are enough for people, and end a key no later. */
const timeAt = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
