import type { Exchange } from "../../exchange/exchange.ts";
import { HeaderList } from "../../fields/header-list.ts";
import type { SigningKeys } from "../../identity/signing/signing-keys.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";

export interface KeySetConfig {
  /** Where it is configured: `gateway.yaml:7`. */
  readonly at: string;
  readonly keys: SigningKeys;
  /** Seconds. */
  readonly maxAge: number;
}

export const createKeySet = (config: KeySetConfig): KeySet => new KeySet(config);

/** Public keys as a JWK Set (RFC 7517 §5). */
class KeySet implements Living {
  readonly name: string;
  readonly required = true;
  readonly #keys: SigningKeys;
  readonly #lines: readonly string[];

  constructor({ at, keys, maxAge }: KeySetConfig) {
    this.name = `${at} keySet`;
    this.#keys = keys;
    this.#lines = ["Content-Type", "application/jwk-set+json", "Cache-Control", `public, max-age=${maxAge}`];
  }

  start(life: Life): void {
    this.#keys.follow(life);
  }

  request(x: Exchange): boolean {
    const body = JSON.stringify({ keys: this.#keys.published });
    x.answer = { status: 200, headers: new HeaderList(this.#lines.slice()), body, source: "keySet" };
    return true;
  }
}
