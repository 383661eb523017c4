import { deleteMatching } from "./delete-matching.ts";
import type { HeaderList } from "./header-list.ts";

/**
 * A fixed set of field names that is asked for names as they were sent: in any case (RFC 9110 §5.1), and with `_`, or
 * anything else that is neither letter nor digit, for `-`, as services that know fields as variables take the one for the
 * other (RFC 3875 §4.1.18).
 */
export class FieldNames {
  /** Lower case, with hyphens. */
  readonly #names: readonly string[];
  /** Bit n: there is a name of n characters, modulo 32. Turns nearly every other name away without comparing text. */
  readonly #lengths: number;

  constructor(names: readonly string[]) {
    this.#names = names.map(foldedName);
    this.#lengths = this.#names.reduce((bits, name) => bits | (1 << (name.length & 31)), 0);
  }

  has(sent: string): boolean {
    const { length } = sent;
    if ((this.#lengths & (1 << (length & 31))) === 0) return false;
    const names = this.#names;
    let folded = "";
    for (let index = 0; index < names.length; index++) {
      const name = names[index]!;
      if (name.length !== length) continue;
      if (name === sent) return true;
      if (folded === "") folded = foldedName(sent);
      if (name === folded) return true;
    }
    return false;
  }

  /** Drops every line whose name is in the set. */
  deleteFrom(headers: HeaderList): void {
    deleteMatching(headers, this.#lengths, this.#has);
  }

  readonly #has = (sent: string): boolean => this.has(sent);
}

const foldedName = (name: string): string => name.toLowerCase().replaceAll(/[^\da-z]/g, "-");
