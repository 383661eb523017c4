/** A reply of the meta protocol (https://docs.memcached.org/protocols/meta/). */
export interface Reply {
  /** `HD`, `VA`, `EN`, `NS`, `EX`, `NF`, `MN`; or what an error begins with. */
  readonly code: string;
  /** What stands behind it: flags, each a letter and its value, or the text of an error. */
  readonly rest: readonly string[];
  /** Of `VA`. */
  readonly value: Buffer | undefined;
}

/** The value of a flag: `t59` gives 59. */
export const flagOf = ({ rest }: Reply, letter: string): string | undefined =>
  rest.find((flag) => flag.startsWith(letter))?.slice(1);

/** Longest line of a reply that is not a mistake. */
const longestLine = 4_096;

/** Reads replies from what a server sends, in whatever pieces it comes. */
export class ReplyReader {
  readonly #mostBytes: number;
  #held: Buffer[] = [];
  #length = 0;
  /** Nothing can be read before so many bytes are there. */
  #needed = 0;

  /** `mostBytes`: of a value. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Throws where it is no such protocol. */
  read(chunk: Buffer, take: (reply: Reply) => void): void {
    this.#held.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return;
    let bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held);
    this.#needed = 0;
    for (;;) {
      const end = bytes.indexOf("\r\n");
      if (end < 0) {
        if (bytes.length > longestLine) throw new Error("a line of the reply is too long");
        break;
      }
      const [code = "", ...rest] = bytes.toString("latin1", 0, end).split(" ");
      let next = end + 2;
      let value: Buffer | undefined;
      if (code === "VA") {
        const size = Number(rest[0]);
        if (!Number.isSafeInteger(size) || size < 0 || size > this.#mostBytes) throw new Error("the size of a value is wrong");
        next += size + 2;
        if (bytes.length < next) {
          this.#needed = next;
          break;
        }
        // Otherwise each reply from here on would be taken for that to another call.
        if (bytes[next - 2] !== 0x0d || bytes[next - 1] !== 0x0a) throw new Error("a value has another size than was said");
        value = bytes.subarray(end + 2, next - 2);
        rest.shift();
      }
      bytes = bytes.subarray(next);
      take({ code, rest, value });
    }
    this.#held = bytes.length === 0 ? [] : [bytes];
    this.#length = bytes.length;
  }
}
