import { keptText } from "../../exchange/kept-text.ts";

/** Names that are remembered; the oldest gives way. */
const most = 1_000;

/**
 * Names of keys that tokens had and no key set, and when each came first. Only a look that began after that tells that there is
 * no such key: before it, one that the issuer has just begun to sign with cannot be told from one that somebody made up, and
 * whoever has a good token must not hear that it is wrong and throw it away. So each name is in doubt for one cool-down and one
 * look, whatever else was looked for meanwhile; one that a flood of others has driven out is in doubt once more.
 */
export class UnknownKeys {
  /** Milliseconds since the epoch. */
  readonly #firstAt = new Map<string, number>();

  /**
   * Whether the key may have come into being since a look that began at `lookedAt`. A token without a `kid` names no key, and
   * every look was for its key as well.
   */
  isNewSince(lookedAt: number, kid: string | undefined, now: number): boolean {
    if (kid === undefined) return false;
    const known = this.#firstAt.get(kid);
    if (known !== undefined) return known > lookedAt;
    if (this.#firstAt.size >= most) this.#firstAt.delete(this.#firstAt.keys().next().value!);
    this.#firstAt.set(keptText(kid), now);
    return now > lookedAt;
  }
}
