import { type Letter, type LifeMessage, longestBody } from "./letter.ts";

/** Puts letters together that came in parts. */
export class Inbox {
  #parts: string[] = [];
  #length = 0;

  read(message: LifeMessage): readonly Letter[] {
    if ("letters" in message) return message.letters;
    const { part, isLast } = message;
    this.#length += part.body.length;
    // Nobody sends such a letter; whoever does shall not fill this process.
    if (this.#length <= longestBody) this.#parts.push(part.body);
    else this.#parts = [];
    if (!isLast) return [];
    const isWhole = this.#length <= longestBody;
    const body = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    return isWhole ? [{ ...part, body }] : [];
  }
}
