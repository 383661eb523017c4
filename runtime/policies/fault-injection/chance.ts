/** A number from 0 on, below 1. */
export type Chance = () => number;

/** `seed`: the same numbers after each start; null: by chance. */
export const chanceOf = (seed: number | null): Chance => (seed === null ? Math.random : seeded(seed));

/** Mulberry32 (Tommy Ettinger): one number of 32 bits is all of its state. Nothing is kept secret by it. */
function seeded(seed: number): Chance {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
