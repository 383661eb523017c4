import { keptText } from "../../exchange/kept-text.ts";
import { clock } from "../../life/clock.ts";
import type { Claimed, Term, Work } from "../claims.ts";
import type { Failed } from "../store.ts";

interface Kept {
  owner: string;
  mark: string;
  result: string | undefined;
  bytes: number;
  /** Monotonic milliseconds: of the lease, and of the key. */
  until: number;
  ends: number;
}

/** What an entry takes beside its texts, roughly. */
const bytesOfEntry = 250;

/** Milliseconds between two looks at all keys, where there is no room. */
const betweenLooks = 1000;

/** Claims of bounded size, all together. None gives way to another: work that is forgotten would be done twice. */
export class LocalClaims {
  readonly #maxBytes: number;
  /** In the order in which they were made or ended. */
  readonly #keys = new Map<string, Kept>();
  #bytes = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  claim(key: string, { owner, mark }: Work, { lease, span }: Term, takesOver: boolean): Claimed | Failed {
    const now = clock.monotonic();
    const kept = this.#of(key, now);
    if (kept !== undefined && kept.owner !== owner) {
      if (kept.result !== undefined) return { state: "kept", mark: kept.mark, result: kept.result };
      if (kept.until > now) return { state: "held", mark: kept.mark };
      if (!takesOver || kept.mark !== mark) return { state: "lost", mark: kept.mark };
    }
    if (kept === undefined && !this.#hasRoom(sizeOf(key), now)) return full;
    this.#put(key, { owner, mark, result: undefined, until: now + lease, ends: now + span });
    return { state: "mine" };
  }

  extend(key: string, { owner, mark }: Work, { lease, span }: Term): boolean {
    const now = clock.monotonic();
    const kept = this.#of(key, now);
    if (kept !== undefined && kept.owner !== owner) return false;
    if (kept?.result === undefined) this.#put(key, { owner, mark, result: undefined, until: now + lease, ends: now + span });
    return true;
  }

  keep(key: string, { owner, mark }: Work, result: string, span: number): boolean | "full" {
    const now = clock.monotonic();
    const kept = this.#of(key, now);
    if (kept !== undefined && kept.owner !== owner) return false;
    if (!this.#hasRoom(sizeOf(key, result) - (kept?.bytes ?? 0), now)) return "full";
    this.#put(key, { owner, mark, result: keptText(result), until: now, ends: now + span });
    return true;
  }

  release(key: string, { owner }: Work): boolean {
    const kept = this.#of(key, clock.monotonic());
    if (kept === undefined) return true;
    if (kept.owner !== owner) return false;
    this.#drop(key, kept);
    return true;
  }

  #of(key: string, now: number): Kept | undefined {
    const kept = this.#keys.get(key);
    if (kept === undefined || kept.ends > now) return kept;
    this.#drop(key, kept);
    return undefined;
  }

  #put(key: string, made: Omit<Kept, "bytes">): void {
    const before = this.#keys.get(key);
    if (before !== undefined) this.#drop(key, before);
    const kept = { ...made, owner: keptText(made.owner), mark: keptText(made.mark), bytes: sizeOf(key, made.result) };
    this.#keys.set(keptText(key), kept);
    this.#bytes += kept.bytes;
  }

  #drop(key: string, { bytes }: Kept): void {
    this.#keys.delete(key);
    this.#bytes -= bytes;
  }

  /** The oldest are mostly those that end first; all are looked at where room is needed. */
  #hasRoom(bytes: number, now: number): boolean {
    for (const [key, kept] of this.#keys) {
      if (kept.ends > now) break;
      this.#drop(key, kept);
    }
    if (this.#bytes + bytes <= this.#maxBytes) return true;
    if (now < this.#lookedAt + betweenLooks) return false;
    this.#lookedAt = now;
    for (const [key, kept] of this.#keys) if (kept.ends <= now) this.#drop(key, kept);
    return this.#bytes + bytes <= this.#maxBytes;
  }
}

const sizeOf = (key: string, result = ""): number => (key.length + result.length) * 2 + bytesOfEntry;

const full: Failed = { failed: "the memory for claims is full; give `max` of the store more, or keep less for a shorter time" };
