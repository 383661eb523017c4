import type { Algorithm } from "./algorithms.ts";
import { isJsonObject, ownMember } from "./json-object.ts";
import { readKey, type VerificationKey } from "./read-key.ts";
import type { TokenHeader } from "./read-token.ts";

export interface KeySet {
  readonly keys: readonly VerificationKey[];
  /** Keys that are not used, by `kid` or place in the set, and why: ``has `use: enc` ``. */
  readonly skipped: readonly { readonly key: string; readonly why: string }[];
}

/** Most keys of a set. */
const mostKeys = 1_000;
/** Most keys that are tried for one token: each costs a verification. */
const mostTries = 4;

/**
 * Reads a JWK Set (RFC 7517 §5) for signatures by one of the algorithms. Keys that cannot be used are skipped, as §5
 * says, and never fail the others. A text: why the value is no key set.
 */
export function readKeySet(value: unknown, algorithms: readonly Algorithm[]): KeySet | string {
  const members = isJsonObject(value) ? ownMember(value, "keys") : undefined;
  if (!Array.isArray(members)) return "It is not a JSON object with a list `keys`.";
  if (members.length > mostKeys) return `It has ${members.length} keys; at most ${mostKeys} are accepted.`;
  const keys: VerificationKey[] = [];
  const skipped: { key: string; why: string }[] = [];
  for (const [index, member] of (members as readonly unknown[]).entries()) {
    const key = isJsonObject(member) ? readKey(member, algorithms) : "is not a JSON object";
    const read = typeof key !== "string" && keys.some((other) => isSame(key, other)) ? "is in the set twice" : key;
    if (typeof read === "string") skipped.push({ key: nameOf(member, index), why: read });
    else keys.push(read);
  }
  return { keys, skipped };
}

/** The same key for the same algorithms, under the same name. */
const isSame = (one: VerificationKey, other: VerificationKey): boolean =>
  one.kid === other.kid && one.key.equals(other.key) && one.algorithms.join() === other.algorithms.join();

function nameOf(member: unknown, index: number): string {
  const kid = isJsonObject(member) ? ownMember(member, "kid") : undefined;
  return typeof kid === "string" && kid !== "" ? `\`${kid.slice(0, 100)}\`` : `number ${index + 1}`;
}

/**
 * The keys that may have signed a token with this header: those that allow its `alg` and have its `kid`. Where no key has
 * the `kid`, one without may do; a token without `kid` is tried with every key. None where several keys have the `kid`,
 * which is then no name, or where more than four keys fit.
 */
export function fittingKeys(
  keys: readonly VerificationKey[],
  { alg, kid }: Pick<TokenHeader, "alg" | "kid">,
): readonly VerificationKey[] {
  const able = keys.filter(({ algorithms }) => (algorithms as readonly string[]).includes(alg));
  const named = kid === undefined ? [] : able.filter((key) => key.kid === kid);
  if (named.length > 0) return named.length === 1 ? named : [];
  const fitting = kid === undefined ? able : able.filter((key) => key.kid === undefined);
  return fitting.length > mostTries ? [] : fitting;
}
