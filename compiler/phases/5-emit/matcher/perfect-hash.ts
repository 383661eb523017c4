/** A hash without collisions over a known set of texts, with exactly one slot for each. */
export interface PerfectHash {
  /** Of the rolling hash over the characters. */
  readonly multiplier: number;
  /** By the low bits of the rolling hash: what to mix in so that every text gets a slot of its own. */
  readonly displacements: readonly number[];
  /** The texts by slot. */
  readonly slots: readonly string[];
}

/** Spreads low bits over the word: 2^32 divided by the golden ratio. */
export const mixer = 0x9e3779b1 | 0;

/** Slots have 16 bits: near 65,536 texts the last of them hardly find the slot that is left. */
export const mostTexts = 32_768;

/** Hash and displace: buckets are placed one after the other, the largest first. Undefined for more than `mostTexts`. */
export function perfectHash(texts: readonly string[]): PerfectHash | undefined {
  if (texts.length > mostTexts) return undefined;
  for (let multiplier = 31; multiplier < 10_000; multiplier += 2) {
    const hashes = texts.map((text) => rollingHash(text, multiplier));
    if (new Set(hashes).size < texts.length) continue;
    const placed = place(texts, hashes);
    if (placed !== undefined) return { multiplier, ...placed };
  }
  return undefined;
}

export function rollingHash(text: string, multiplier: number): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, multiplier) + text.charCodeAt(index)) | 0;
  return hash;
}

export const slotOf = (hash: number, displacement: number, size: number): number =>
  ((Math.imul(hash ^ displacement, mixer) >>> 16) * size) >>> 16;

function place(texts: readonly string[], hashes: readonly number[]): Omit<PerfectHash, "multiplier"> | undefined {
  const size = texts.length;
  const bucketCount = 2 ** Math.max(0, Math.ceil(Math.log2(size / 3)));
  const buckets: number[][] = Array.from({ length: bucketCount }, () => []);
  for (const [index, hash] of hashes.entries()) buckets[hash & (bucketCount - 1)]!.push(index);
  const displacements = new Array<number>(bucketCount).fill(0);
  const slots = new Array<string | undefined>(size).fill(undefined);
  const largestFirst = [...buckets.keys()].sort((a, b) => buckets[b]!.length - buckets[a]!.length || a - b);
  for (const bucket of largestFirst) {
    const members = buckets[bucket]!;
    if (members.length === 0) break;
    const displacement = findDisplacement(members, hashes, slots);
    if (displacement === undefined) return undefined;
    displacements[bucket] = displacement;
    for (const index of members) slots[slotOf(hashes[index]!, displacement, size)] = texts[index]!;
  }
  return { displacements, slots: slots.map((text) => text!) };
}

function findDisplacement(
  members: readonly number[],
  hashes: readonly number[],
  slots: readonly (string | undefined)[],
): number | undefined {
  for (let displacement = 0; displacement < 1 << 22; displacement++) {
    const wanted = new Set<number>();
    for (const index of members) {
      const slot = slotOf(hashes[index]!, displacement, slots.length);
      if (slots[slot] !== undefined) break;
      wanted.add(slot);
    }
    if (wanted.size === members.length) return displacement;
  }
  return undefined;
}
