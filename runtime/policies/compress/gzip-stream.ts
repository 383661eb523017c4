import { constants, crc32, deflateRawSync } from "node:zlib";
import type { AnswerStream } from "../../exchange/answer-hooks.ts";

/** How far back deflate looks (RFC 1951 §2). */
const window = 32_768;
/** Bytes that are compressed at a time. */
const segment = 65_536;

/** Most bytes of content that a stream has in memory. */
export const streamBytes = window + segment;

/**
 * Compresses an answer as it comes, to one gzip member (RFC 1952). Each segment is compressed by itself, with what came before
 * it as its dictionary, and ends at a byte: such parts make one deflate stream. So nothing has to be kept between
 * them but the last 32 KiB of content, whereas an engine of zlib would be 256 KiB for each answer under way.
 */
export class GzipStream implements AnswerStream {
  readonly changes = "coding";
  readonly keeps: { readonly bytes: number; noRoom(): void };
  readonly #level: number;
  /** What was compressed last, and behind it what was not yet. */
  #bytes = Buffer.allocUnsafeSlow(16_384);
  #from = 0;
  #to = 0;
  #sum = 0;
  #length = 0;
  #hasBegun = false;

  constructor(level: number, noRoom: () => void) {
    this.#level = level;
    this.keeps = { bytes: streamBytes, noRoom };
  }

  piece(buffer: Buffer, start: number, end: number): Uint8Array {
    const parts: Buffer[] = [];
    for (let at = start; at < end; ) {
      const taken = Math.min(end - at, segment - (this.#to - this.#from));
      this.#makeRoom(taken);
      buffer.copy(this.#bytes, this.#to, at, at + taken);
      this.#to += taken;
      at += taken;
      if (this.#to - this.#from === segment) parts.push(...this.#compress(constants.Z_SYNC_FLUSH));
    }
    return joined(parts);
  }

  lull(): Uint8Array | undefined {
    return this.#to === this.#from ? undefined : joined(this.#compress(constants.Z_SYNC_FLUSH));
  }

  end(): Uint8Array {
    const parts = this.#compress(constants.Z_FINISH);
    const trailer = Buffer.allocUnsafe(8);
    trailer.writeUInt32LE(this.#sum, 0);
    trailer.writeUInt32LE(this.#length % 2 ** 32, 4);
    return joined([...parts, trailer]);
  }

  #makeRoom(bytes: number): void {
    const missing = this.#to + bytes - this.#bytes.length;
    if (missing <= 0) return;
    // What is too far back goes first.
    const kept = Math.max(0, this.#from - window);
    const needed = this.#to - kept + bytes;
    const target = needed > this.#bytes.length ? Buffer.allocUnsafeSlow(Math.min(streamBytes, needed * 2)) : this.#bytes;
    this.#bytes.copy(target, 0, kept, this.#to);
    this.#bytes = target;
    this.#from -= kept;
    this.#to -= kept;
  }

  #compress(finishFlush: number): Buffer[] {
    const content = this.#bytes.subarray(this.#from, this.#to);
    // A few bytes are not worth a look at all that came before them.
    const back = Math.min(this.#from, window, Math.max(4_096, content.length * 4));
    const dictionary = this.#bytes.subarray(this.#from - back, this.#from);
    const windowBits = windowFor(back + content.length);
    const options = {
      level: this.#level,
      windowBits,
      memLevel: Math.min(8, windowBits - 7),
      chunkSize: Math.max(256, content.length >> 1),
      finishFlush,
    };
    const coded = deflateRawSync(content, back === 0 ? options : { ...options, dictionary });
    this.#sum = crc32(content, this.#sum);
    this.#length += content.length;
    this.#from = this.#to;
    if (this.#hasBegun) return [coded];
    this.#hasBegun = true;
    return [Buffer.from(head), coded];
  }
}

/** Without name, time and flags, from an unknown system (RFC 1952 §2.3). */
const head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255] as const;

/** The smallest window of deflate in which so many bytes see each other; what it needs in memory grows with it. */
export const windowFor = (bytes: number): number => Math.min(15, Math.max(9, 32 - Math.clz32(bytes + 262)));

const joined = (parts: readonly Buffer[]): Buffer => (parts.length === 1 ? parts[0]! : Buffer.concat(parts));
