import { keptText } from "../../exchange/kept-text.ts";
import type { SigningKeys } from "../../identity/signing/signing-keys.ts";

interface Signed {
  readonly token: string;
  /** Of the key that signed it. */
  readonly kid: string;
  /** Milliseconds since the epoch, up to which it is sent. */
  readonly until: number;
}

/** Tokens that are remembered; the one that was signed first goes first. */
const mostTokens = 10_000;

/** Longer claims are signed each time. */
const longestKept = 4_096;

/** One token for all requests of one identity, for half of its life: a service always has time to use what it gets. */
export class SignedTokens {
  readonly #keys: SigningKeys;
  readonly #lifeMs: number;
  readonly #known = new Map<string, Signed>();

  constructor(keys: SigningKeys, lifeMs: number) {
    this.#keys = keys;
    this.#lifeMs = lifeMs;
  }

  /**
   * @param about JSON object with what the token says, without its times
   * @param endsAt milliseconds since the epoch at which the credential of the client ends
   * @param now milliseconds since the epoch
   */
  tokenFor(about: string, endsAt: number | undefined, now: number): string {
    const { kid } = this.#keys;
    const known = this.#known.get(about);
    if (known !== undefined && known.kid === kid && now < known.until && now >= known.until - this.#lifeMs) return known.token;
    const exp = Math.min(now + this.#lifeMs, endsAt ?? Number.POSITIVE_INFINITY);
    const [iat, end] = [Math.floor(now / 1_000), Math.floor(exp / 1_000)];
    const token = this.#keys.sign(`${about.slice(0, -1)},"iat":${iat},"exp":${end}}`);
    if (about.length <= longestKept) this.#remember(about, { token, kid, until: now + (exp - now) / 2 });
    return token;
  }

  #remember(about: string, signed: Signed): void {
    this.#known.delete(about);
    if (this.#known.size >= mostTokens) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(keptText(about), signed);
  }
}
