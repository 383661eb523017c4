/** Where the hash of an experiment begins, so that each one distributes the same users anew. */
export const seedOf = (experiment: string): number => hash(0x9747b28c, experiment);

/**
 * The place of a user in an experiment, from 0 to 2^32 - 1, evenly spread: MurmurHash3 (x86, 32 bits; Austin Appleby), a block
 * being one UTF-16 unit. It keeps no secret: who may choose the text may choose the place.
 */
export const placeOf = (seed: number, unit: string): number => hash(seed, unit) >>> 0;

function hash(seed: number, text: string): number {
  let state = seed;
  for (let index = 0; index < text.length; index++) {
    let block = Math.imul(text.charCodeAt(index), 0xcc9e2d51);
    block = (block << 15) | (block >>> 17);
    state ^= Math.imul(block, 0x1b873593);
    state = (state << 13) | (state >>> 19);
    state = (Math.imul(state, 5) + 0xe6546b64) | 0;
  }
  return mixed(state ^ text.length);
}

/** Each bit of the result hangs on each bit of the number. */
export function mixed(number: number): number {
  let state = number;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
