/** A key that meets more others than this on its way to a free slot was made to do so. */
const mostProbes = 64;
/** Slots that are kept from one text to the next. */
const keptSlots = 1 << 14;

/**
 * Looks through a JSON text for what `JSON.parse` would take without a word: repeated keys, `__proto__`, deep nesting,
 * integers that no double holds. One pass over the bytes, without allocation.
 *
 * It may suspect a text that is fine (keys with equal hashes), and never misses one that is not; grammar is no concern
 * of it. What it suspects is judged by the strict parser.
 */
export class JsonScan {
  readonly #maxDepth: number;
  /** What the hashes of the keys of the object at each depth begin with; 0 for an array. */
  readonly #containers: Int32Array;
  /** Hashes of the keys met so far in an open table; those of other texts have another stamp. */
  #slots = new Int32Array(1024);
  #stamps = new Int32Array(1024);
  #stamp = 0;
  #count = 0;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
    this.#containers = new Int32Array(maxDepth + 1);
  }

  isPlain(bytes: Uint8Array): boolean {
    this.#begin();
    const isPlain = this.#look(bytes);
    // What a large text made of it is not kept for the next.
    if (this.#slots.length > keptSlots) this.#clear();
    return isPlain;
  }

  #look(bytes: Uint8Array): boolean {
    const containers = this.#containers;
    const maxDepth = this.#maxDepth;
    const stamp = this.#stamp;
    const end = bytes.length;
    let slots = this.#slots;
    let stamps = this.#stamps;
    let mask = slots.length - 1;
    let depth = 0;
    let objects = 0;
    /** The next text is a key. */
    let isKey = false;
    for (let index = 0; index < end; ) {
      const byte = bytes[index++]!;
      if (byte <= 0x20 || byte === 0x3a /* : */) continue;
      if (byte === 0x22 /* " */) {
        let inner = index < end ? bytes[index]! : 0x22;
        if (!isKey) {
          while (inner !== 0x22) {
            if (inner === 0x5c /* \ */) index++;
            inner = ++index < end ? bytes[index]! : 0x22;
          }
          index++;
          continue;
        }
        isKey = false;
        const start = index;
        let hash = containers[depth]!;
        while (inner !== 0x22) {
          if (inner === 0x5c) return false;
          hash = Math.imul(hash ^ inner, 0x01000193);
          inner = ++index < end ? bytes[index]! : 0x22;
        }
        if (index - start === 9 && isProto(bytes, start)) return false;
        index++;
        hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
        hash ^= hash >>> 13;
        let slot = hash & mask;
        for (let probes = 0; stamps[slot] === stamp; slot = (slot + 1) & mask) {
          if (slots[slot] === hash || ++probes === mostProbes) return false;
        }
        slots[slot] = hash;
        stamps[slot] = stamp;
        if (++this.#count * 4 > slots.length) {
          this.#grow();
          slots = this.#slots;
          stamps = this.#stamps;
          mask = slots.length - 1;
        }
      } else if (byte === 0x2c /* , */) {
        isKey = containers[depth] !== 0;
      } else if (byte === 0x7b /* { */) {
        if (++depth > maxDepth) return false;
        // Odd, as 0 stands for an array.
        containers[depth] = Math.imul(++objects, 0x9e3779b1) | 1;
        isKey = true;
      } else if (byte === 0x5b /* [ */) {
        if (++depth > maxDepth) return false;
        containers[depth] = 0;
        isKey = false;
      } else if (byte === 0x7d || byte === 0x5d /* } ] */) {
        if (--depth < 0) return false;
        isKey = false;
      } else if (byte === 0x2d /* - */ || (byte >= 0x30 && byte <= 0x39)) {
        const start = byte === 0x2d ? index : index - 1;
        while (index < end && isDigit(bytes[index]!)) index++;
        // 2^53 has 16 digits and begins with a 9.
        const digits = index - start;
        if (digits > 15 && (digits > 16 || bytes[start] === 0x39)) return false;
        if (index < end && bytes[index] === 0x2e /* . */) {
          index++;
          while (index < end && isDigit(bytes[index]!)) index++;
        }
        if (index < end && (bytes[index]! | 0x20) === 0x65 /* e */) {
          index++;
          if (index < end && bytes[index] !== 0x2d) {
            if (bytes[index] === 0x2b /* + */) index++;
            // 1e9 is exact; what has a longer exponent, or becomes as long as an integer that is looked at, is looked at.
            if (index + 1 < end && (isDigit(bytes[index + 1]!) || digits + bytes[index]! - 0x30 > 15)) return false;
          }
        }
      } else {
        // true, null, false; what is none of them is no JSON, and found out by the parser.
        index += byte === 0x66 ? 4 : 3;
      }
    }
    return true;
  }

  #begin(): void {
    if (this.#stamp === 0x7fffffff) this.#clear();
    this.#stamp++;
    this.#count = 0;
  }

  #clear(): void {
    this.#slots = new Int32Array(1024);
    this.#stamps = new Int32Array(1024);
    this.#stamp = 0;
  }

  #grow(): void {
    const slots = this.#slots;
    const stamps = this.#stamps;
    const stamp = this.#stamp;
    const size = slots.length * 4;
    const mask = size - 1;
    const newSlots = new Int32Array(size);
    const newStamps = new Int32Array(size);
    for (let index = 0; index < slots.length; index++) {
      if (stamps[index] !== stamp) continue;
      let slot = slots[index]! & mask;
      while (newStamps[slot] === stamp) slot = (slot + 1) & mask;
      newSlots[slot] = slots[index]!;
      newStamps[slot] = stamp;
    }
    this.#slots = newSlots;
    this.#stamps = newStamps;
  }
}

/** The key of nine bytes is `__proto__`, or near enough to be looked at. */
const isProto = (bytes: Uint8Array, start: number): boolean =>
  bytes[start] === 0x5f && bytes[start + 1] === 0x5f && bytes[start + 2] === 0x70;

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
