import type { Member } from "./member.ts";

/** Endpoints of one service at most: more are a mistake, or an attack. */
export const mostMembers = 20_000;

/** Members from which on a filter takes less time than it saves. */
const leastFiltered = 256;

/** Of the filter, of which 20,000 members set less than a sixth. It fits where memory is quickest. */
const filterBits = 17;

/**
 * Endpoints by authority. Of thousands, each is looked for among as many others, where mostly it is not: a filter (Bloom, Space/Time
 * Trade-offs in Hash Coding with Allowable Errors, with one hash) says so without a look at texts that are all over the memory.
 */
export class Members {
  /** In the order in which they were added. */
  readonly #byAuthority = new Map<string, Member>();
  #filter: Uint32Array | undefined = undefined;

  constructor(members: Iterable<Member> = []) {
    for (const member of members) this.set(member);
  }

  get size(): number {
    return this.#byAuthority.size;
  }

  values(): IterableIterator<Member> {
    return this.#byAuthority.values();
  }

  /** In the place of the one with the same authority, where there is one. */
  set(member: Member): void {
    this.#byAuthority.set(member.authority, member);
    if (this.#filter !== undefined) mark(this.#filter, member);
    else if (this.#byAuthority.size >= leastFiltered) {
      this.#filter = new Uint32Array(2 ** filterBits / 32);
      for (const one of this.#byAuthority.values()) mark(this.#filter, one);
    }
  }

  /** The one with the same authority as that one. */
  at(member: Member): Member | undefined {
    return this.#filter !== undefined && !isMarked(this.#filter, member) ? undefined : this.#byAuthority.get(member.authority);
  }
}

function mark(filter: Uint32Array, { hash }: Member): void {
  const bit = hash >>> (32 - filterBits);
  filter[bit >>> 5]! |= 1 << (bit & 31);
}

function isMarked(filter: Uint32Array, { hash }: Member): boolean {
  const bit = hash >>> (32 - filterBits);
  return ((filter[bit >>> 5]! >>> (bit & 31)) & 1) === 1;
}
