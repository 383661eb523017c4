import type { Identity } from "../../exchange/exchange.ts";
import { nameOf, type Revocation, type RevocationKind } from "./revocation.ts";

/** The revocations in force, by what they name: most have one entry for a value. */
export class RevocationSet {
  readonly #kinds: Readonly<Record<RevocationKind, Map<string, readonly Revocation[]>>> = {
    key: new Map(),
    jti: new Map(),
    sid: new Map(),
    sub: new Map(),
    serial: new Map(),
  };
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Replaces one of the same name. */
  put(entry: Revocation): void {
    const others = this.#without(entry);
    this.#kinds[entry.kind].set(entry.value, [...others, entry]);
    this.#size++;
  }

  /** False: there was none of the name. */
  remove(entry: Pick<Revocation, "kind" | "value" | "issuer">): boolean {
    const before = this.#size;
    const others = this.#without(entry);
    if (others.length === 0) this.#kinds[entry.kind].delete(entry.value);
    else this.#kinds[entry.kind].set(entry.value, others);
    return this.#size < before;
  }

  #without(entry: Pick<Revocation, "kind" | "value" | "issuer">): readonly Revocation[] {
    const known = this.#kinds[entry.kind].get(entry.value) ?? [];
    const name = nameOf(entry);
    const others = known.filter((one) => nameOf(one) !== name);
    this.#size -= known.length - others.length;
    return others;
  }

  /** Whether one of them names the credential. `now`: milliseconds since the epoch. */
  names({ subject, issuer, marks }: Identity, now: () => number): boolean {
    const { sub, key, jti, sid, serial } = this.#kinds;
    const issuedAt = marks?.issuedAt;
    return (
      (sub.size > 0 && isNamed(sub.get(subject), issuer, issuedAt, now)) ||
      (marks !== undefined &&
        ((key.size > 0 && marks.key !== undefined && isNamed(key.get(marks.key), issuer, issuedAt, now)) ||
          (jti.size > 0 && marks.jti !== undefined && isNamed(jti.get(marks.jti), issuer, issuedAt, now)) ||
          (sid.size > 0 && marks.sid !== undefined && isNamed(sid.get(marks.sid), issuer, issuedAt, now)) ||
          (serial.size > 0 && marks.serial !== undefined && isNamed(serial.get(marks.serial), issuer, issuedAt, now))))
    );
  }

  /** Forgets those whose time is over. */
  expire(now: number): void {
    for (const entry of this.entries()) if (entry.until !== undefined && entry.until <= now) this.remove(entry);
  }

  *entries(): IterableIterator<Revocation> {
    for (const values of Object.values(this.#kinds)) for (const same of values.values()) yield* same;
  }
}

function isNamed(
  entries: readonly Revocation[] | undefined,
  issuer: string | undefined,
  issuedAt: number | undefined,
  now: () => number,
): boolean {
  if (entries === undefined) return false;
  return entries.some(
    (entry) =>
      (entry.issuer === undefined || entry.issuer === issuer) &&
      (entry.issuedBefore === undefined || issuedAt === undefined || issuedAt < entry.issuedBefore) &&
      (entry.until === undefined || entry.until > now()),
  );
}
