/** Numbers of one place: six of 30 bits each, which are 180 bits of the digest, the position behind them, and one that fills a half line of a cache. */
const placeSize = 8;
const words = 6;

/**
 * Values by SHA-256 in base64url. Among a hundred thousand, what a look-up costs is how many places of memory it touches: here
 * one where nobody has the digest, and a `Map` of texts three or more. Nobody makes a key whose digest agrees with another one
 * in 180 bits, as nobody does in 256.
 */
export class DigestIndex<Value> {
  readonly #places: Int32Array;
  readonly #mask: number;
  readonly #values: Value[] = [];
  /** Of each character, what it stands for (RFC 4648 §5). */
  readonly #bits = new Int8Array(128);
  readonly #found = new Int32Array(words);

  /** `most`: so many values at most. */
  constructor(most: number) {
    let count = 16;
    while (count < most * 1.5) count *= 2;
    this.#places = new Int32Array(count * placeSize);
    this.#mask = count - 1;
    for (let index = 0; index < 64; index++)
      this.#bits["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".charCodeAt(index)] = index;
  }

  get size(): number {
    return this.#values.length;
  }

  get(digest: string): Value | undefined {
    const position = this.#places[this.#placeOf(digest) + words]!;
    return position === 0 ? undefined : this.#values[position - 1];
  }

  /** The digest is not there yet. */
  add(digest: string, value: Value): void {
    const place = this.#placeOf(digest);
    this.#places.set(this.#found, place);
    this.#places[place + words] = this.#values.push(value);
  }

  /** Where it is, or the free place where it would be. */
  #placeOf(digest: string): number {
    const bits = this.#bits;
    const found = this.#found;
    for (let word = 0, at = 0; word < words; word++, at += 5)
      found[word] =
        (bits[digest.charCodeAt(at)]! << 24) |
        (bits[digest.charCodeAt(at + 1)]! << 18) |
        (bits[digest.charCodeAt(at + 2)]! << 12) |
        (bits[digest.charCodeAt(at + 3)]! << 6) |
        bits[digest.charCodeAt(at + 4)]!;
    const places = this.#places;
    for (let index = found[0]! & this.#mask; ; index = (index + 1) & this.#mask) {
      const place = index * placeSize;
      if (places[place + words] === 0) return place;
      let word = 0;
      while (word < words && places[place + word] === found[word]) word++;
      if (word === words) return place;
    }
  }
}
