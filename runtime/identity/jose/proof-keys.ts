import type { KeyObject } from "node:crypto";

/** Most keys of clients that are kept. */
const mostKeys = 1_000;

/** Public keys of clients by thumbprint: to import one again for each proof costs more than to verify a signature. */
export const createProofKeys = (most = mostKeys): ProofKeys => new ProofKeys(most);

export class ProofKeys {
  readonly #most: number;
  /** The one that was used last comes last. */
  readonly #keys = new Map<string, KeyObject>();

  constructor(most: number) {
    this.#most = most;
  }

  get(thumbprint: string): KeyObject | undefined {
    const key = this.#keys.get(thumbprint);
    if (key !== undefined) this.#renew(thumbprint, key);
    return key;
  }

  /** `thumbprint` has to be a text of its own: one that is part of a token would keep all of it. */
  keep(thumbprint: string, key: KeyObject): void {
    if (this.#keys.size >= this.#most) {
      for (const oldest of this.#keys.keys()) {
        this.#keys.delete(oldest);
        break;
      }
    }
    this.#keys.set(thumbprint, key);
  }

  #renew(thumbprint: string, key: KeyObject): void {
    this.#keys.delete(thumbprint);
    this.#keys.set(thumbprint, key);
  }
}
