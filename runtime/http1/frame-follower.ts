import type { Piece } from "./read-buffer.ts";

/**
 * Close (RFC 6455 §5.5.1) with status 1008, a policy was violated (§7.4.1), as a server sends it: unmasked. One character for
 * each octet.
 */
export const policyViolation = "\x88\x02\x03\xf0";

/** Follows the frames that a WebSocket server sends (RFC 6455 §5.2) as far as to know where one ends. */
export class FrameFollower {
  /** Bytes of the payload, and of a mask, that are to come. */
  #left = 0;
  /** Bytes of the head that have come, and what they say. */
  #head = 0;
  #lengthBytes = 0;
  #length = 0;
  #maskBytes = 0;

  /** Between two frames: one of ours may stand here. */
  get isBetween(): boolean {
    return this.#left === 0 && this.#head === 0;
  }

  see({ buffer, start, end }: Piece): void {
    let at = start;
    while (at < end) {
      if (this.#left > 0) {
        const passed = Math.min(this.#left, end - at);
        this.#left -= passed;
        at += passed;
      } else this.#headByte(buffer[at++]!);
    }
  }

  #headByte(byte: number): void {
    if (this.#head === 0) {
      this.#head = 1;
      return;
    }
    if (this.#head === 1) {
      const short = byte & 0x7f;
      this.#lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
      this.#length = this.#lengthBytes === 0 ? short : 0;
      this.#maskBytes = (byte & 0x80) === 0 ? 0 : 4;
    } else this.#length = this.#length * 256 + byte;
    if (++this.#head < 2 + this.#lengthBytes) return;
    this.#head = 0;
    this.#left = this.#length + this.#maskBytes;
  }
}

export const createFrameFollower = (): FrameFollower => new FrameFollower();
