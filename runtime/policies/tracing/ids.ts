import { randomFillSync } from "node:crypto";

/** Bytes of randomness that are fetched at once: asking for those of one id alone would cost more than all else of a trace. */
const batch = 4_096;

/** Bytes of one text: an id is a part of it, and keeps it as long as what it belongs to lasts, as a tunnel. */
const inOneText = 512;

/** Ids from the machine's source of randomness (W3C Trace Context level 2 §3.2.2.3), many of them in one text. */
export class Ids {
  readonly #bytes = Buffer.allocUnsafeSlow(batch);
  #used = batch;
  #digits = "";
  #at = 0;

  /** 32 hexadecimal digits. That all are zero, which would be invalid, is as likely as that it is guessed. */
  trace(): string {
    return this.#next(32);
  }

  /** 16 hexadecimal digits. */
  span(): string {
    return this.#next(16);
  }

  #next(length: number): string {
    if (this.#at + length > this.#digits.length) this.#more();
    const start = this.#at;
    this.#at = start + length;
    return this.#digits.slice(start, this.#at);
  }

  #more(): void {
    if (this.#used === batch) {
      randomFillSync(this.#bytes);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = start + inOneText;
    this.#digits = this.#bytes.toString("hex", start, this.#used);
    this.#at = 0;
  }
}
