import type { Exchange } from "../exchange/exchange.ts";
import { decodeContent } from "./content-coding.ts";
import { parseJson } from "./json.ts";
import { type Parsed, tooLarge } from "./malformed.ts";

/** Bytes that were collected, so far. */
export interface Collected {
  readonly length: number;
  readonly bytes: Buffer;
}

/** The body of an answer, for all who read it: unpacked once, and parsed once where they ask for the same. */
export class AnswerContent {
  readonly #x: Exchange;
  readonly #codings: string | undefined;
  readonly #collected: Collected;
  #plain: Parsed<Uint8Array> | undefined = undefined;
  /** To how many bytes it was unpacked at most. */
  #plainBound = 0;
  #unpacked = 0;
  #json: Parsed | undefined = undefined;
  #jsonDepth = 0;

  /** `codings`: see `contentCodings`. */
  constructor(x: Exchange, codings: string | undefined, collected: Collected) {
    this.#x = x;
    this.#codings = codings;
    this.#collected = collected;
  }

  /** Bytes as sent, so with their content coding. */
  get length(): number {
    return this.#collected.length;
  }

  get bytes(): Buffer {
    return this.#collected.bytes;
  }

  /** Without its content coding, at most `maxBytes` bytes. Undefined: there is no room in memory to unpack it. */
  plain(maxBytes: number): Parsed<Uint8Array> | undefined {
    const known = this.#plain;
    if (known?.value !== undefined && known.value.length > maxBytes)
      return tooLarge(`The body is larger than ${maxBytes} bytes once decoded.`);
    if (known !== undefined && (known.problem?.isTooLarge !== true || maxBytes <= this.#plainBound)) return known;
    const { bytes } = this;
    const made = decodeContent(bytes, this.#codings, maxBytes);
    const unpacked = made.value === undefined || made.value === bytes ? 0 : made.value.length;
    if (unpacked > 0 && !this.#x.hold(unpacked)) {
      this.#x.letGo(unpacked);
      return undefined;
    }
    this.#unpacked = unpacked;
    this.#plainBound = maxBytes;
    return (this.#plain = made);
  }

  /** The value of JSON, read strictly (see `JsonReader`), with integers that no double holds as bigints. */
  json(maxBytes: number, maxDepth: number): Parsed | undefined {
    const plain = this.plain(maxBytes);
    if (plain === undefined || plain.problem !== undefined) return plain;
    if (this.#json === undefined || this.#jsonDepth !== maxDepth) {
      this.#json = parseJson(plain.value, { maxDepth, exactIntegers: true });
      this.#jsonDepth = maxDepth;
    }
    return this.#json;
  }

  /** Nobody judges it any more: what was unpacked is let go. */
  settled(): void {
    if (this.#unpacked === 0) return;
    this.#x.letGo(this.#unpacked);
    this.#unpacked = 0;
    this.#plain = undefined;
  }
}
