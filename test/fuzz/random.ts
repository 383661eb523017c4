/** Numbers that come again with their seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to, and without, `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

const nasty = [
  "\0",
  "\r",
  "\n",
  "\r\n",
  "\r\n\r\n",
  ":",
  " ",
  "\t",
  ",",
  ";",
  "\x7f",
  "\xff",
  "-1",
  "9".repeat(20),
  "%00",
  "\x80",
];

/** The bytes with something wrong in them: cut, doubled, overwritten, put in between. */
export function bent(bytes: Buffer, random: Random): Buffer {
  let out = bytes;
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(out.length + 1);
    const to = Math.min(out.length, at + 1 + random.below(8));
    const [before, between, after] = [out.subarray(0, at), out.subarray(at, to), out.subarray(to)];
    const change = random.below(6);
    if (change === 0) out = before;
    else if (change === 1) out = Buffer.concat([before, after]);
    else if (change === 2) out = Buffer.concat([before, between, between, after]);
    else if (change === 3) out = Buffer.concat([before, Buffer.from(random.pick(nasty), "latin1"), between, after]);
    else if (change === 4) out = Buffer.concat([before, random.bytes(between.length), after]);
    else out = Buffer.concat([before, Buffer.from(between.map((byte) => byte ^ (1 << random.below(8)))), after]);
  }
  return out;
}

/** The bytes in pieces, as reads may cut them. */
export function cut(bytes: Buffer, random: Random): Buffer[] {
  if (bytes.length < 2 || !random.oneIn(3)) return [bytes];
  const at = 1 + random.below(bytes.length - 1);
  return [bytes.subarray(0, at), ...cut(bytes.subarray(at), random)];
}
