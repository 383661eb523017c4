// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";

/** Nonces that proofs have to hold, so that none can be made long before it is used (RFC 9449 §9). */
export interface ProofNonces {
  /** For clients, to put into their next proof. */
  current(nowSeconds: number): string;
  accepts(nonce: string, nowSeconds: number): boolean;
}

/** Seconds for which a nonce is the current one; it is accepted for as long again. */
const window = 300;

/**
 * Nonces without memory: each is a MAC of its window of time. Whoever has the same key accepts the same nonces: workers
 * and instances behind one address share one of at least 32 bytes.
 */
export const createProofNonces = (key: Uint8Array): ProofNonces => new WindowNonces(key);

class WindowNonces implements ProofNonces {
  readonly #key: Uint8Array;
  /** Of the latest window and the one before. */
  #number = Number.NaN;
  #current = "";
  #former = "";

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  current(nowSeconds: number): string {
    this.#turn(nowSeconds);
    return this.#current;
  }

  accepts(nonce: string, nowSeconds: number): boolean {
    this.#turn(nowSeconds);
    return nonce === this.#current || nonce === this.#former;
  }

  #turn(now: number): void {
    const number = Math.floor(now / window);
    if (number === this.#number) return;
    this.#number = number;
    this.#current = this.#of(number);
    this.#former = this.#of(number - 1);
  }

  /** 144 bits. */
  #of(number: number): string {
    return crypto.createHmac("sha256", this.#key).update(`dpop nonce ${number}`).digest("base64url").slice(0, 24);
  }
}
