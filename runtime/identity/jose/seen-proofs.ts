// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";

/** Where proofs are remembered that have been used. */
export interface SeenProofs {
  /**
   * Remembers a proof, for as long as one could be valid. `seen`: it was there already. `full`: it cannot be
   * remembered. Any text may be a name.
   */
  admit(name: string, nowSeconds: number): "new" | "seen" | "full";
}

/** Seconds after which a proof that was new at their begin cannot be valid any more: see `proofWindow`. */
const generation = 120;
/** Most proofs of a generation: about 8,700 a second, in 16 MiB. */
const mostProofs = 1 << 20;

/** Proofs that one process has seen: of this generation and the one before. */
export const createSeenProofs = (most = mostProofs): SeenProofs => new LocalProofs(most);

class LocalProofs implements SeenProofs {
  readonly #most: number;
  /** Nobody can choose names that meet in one place of the table. */
  readonly #salt = crypto.randomBytes(16).toString("latin1");
  #since = Number.NEGATIVE_INFINITY;
  #current = new Fingerprints();
  #former = new Fingerprints();

  constructor(most: number) {
    this.#most = most;
  }

  admit(name: string, nowSeconds: number): "new" | "seen" | "full" {
    this.#turn(nowSeconds);
    const hash = crypto.hash("sha256", this.#salt + name, "buffer");
    // 64 bits: a million proofs meet by chance once in 2^24 times a million.
    const [low, high] = [hash.readUInt32LE(0) | 1, hash.readUInt32LE(4)];
    if (this.#former.has(low, high) || this.#current.has(low, high)) return "seen";
    if (this.#current.size >= this.#most) return "full";
    this.#current.add(low, high);
    return "new";
  }

  #turn(now: number): void {
    const age = now - this.#since;
    if (age < generation) return;
    this.#former = age < 2 * generation ? this.#current : new Fingerprints();
    this.#current = new Fingerprints();
    this.#since = now;
  }
}

/** A set of pairs of 32-bit numbers whose first is odd, eight bytes each, at most half full. */
class Fingerprints {
  size = 0;
  #slots = new Uint32Array(256);

  has(low: number, high: number): boolean {
    const slots = this.#slots;
    return slots[placeIn(slots, low, high)] !== 0;
  }

  add(low: number, high: number): void {
    if (this.size * 4 >= this.#slots.length) this.#grow();
    const at = placeIn(this.#slots, low, high);
    this.#slots[at] = low;
    this.#slots[at + 1] = high;
    this.size++;
  }

  #grow(): void {
    const former = this.#slots;
    const slots = new Uint32Array(former.length * 2);
    for (let at = 0; at < former.length; at += 2) {
      if (former[at] === 0) continue;
      const place = placeIn(slots, former[at]!, former[at + 1]!);
      slots[place] = former[at]!;
      slots[place + 1] = former[at + 1]!;
    }
    this.#slots = slots;
  }
}

/** Where the pair is, or the free place where it belongs. */
function placeIn(slots: Uint32Array, low: number, high: number): number {
  const mask = slots.length - 1;
  const first = low >>> 0;
  let at = (high << 1) & mask;
  while (slots[at] !== 0 && (slots[at] !== first || slots[at + 1] !== high)) at = (at + 2) & mask;
  return at;
}
