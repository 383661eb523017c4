import { deleteMatching } from "./delete-matching.ts";
import type { HeaderList } from "./header-list.ts";

/** A fixed set of field names that is asked for names as they were sent, in any case (RFC 9110 §5.1). */
export class FieldNames {
  /** Lower case. */
  readonly #names: readonly string[];
  /** Bit n: there is a name of n characters, modulo 32. Turns nearly every other name away without comparing text. */
  readonly #lengths: number;

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => name.toLowerCase());
    this.#lengths = this.#names.reduce((bits, name) => bits | (1 << (name.length & 31)), 0);
  }

  has(sent: string): boolean {
    const { length } = sent;
    if ((this.#lengths & (1 << (length & 31))) === 0) return false;
    const names = this.#names;
    let lower = "";
    for (let index = 0; index < names.length; index++) {
      const name = names[index]!;
      if (name.length !== length) continue;
      if (name === sent) return true;
      if (lower === "") lower = sent.toLowerCase();
      if (name === lower) return true;
    }
    return false;
  }

  /** Drops every line whose name is in the set. */
  deleteFrom(headers: HeaderList): void {
    deleteMatching(headers, this.#lengths, this.#has);
  }

  readonly #has = (sent: string): boolean => this.has(sent);
}
