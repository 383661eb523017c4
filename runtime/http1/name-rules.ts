import { octet } from "./octets.ts";

/**
 * A set of field names by rules: a name in lower case with hyphens, the begin of names (`x-ssl-*`), or a name that such a
 * begin does not mean (`!x-user-agent`). Names match in every spelling that a service which knows fields as variables
 * reads as the same: such services write `_` for `-` (RFC 3875 §4.1.18), and some for whatever is neither letter nor digit.
 */
export class NameRules {
  readonly #names = new Set<string>();
  readonly #begins: string[] = [];
  readonly #exceptions = new Set<string>();

  constructor(rules: readonly string[]) {
    for (const rule of rules) {
      if (rule.startsWith("!")) this.#exceptions.add(rule.slice(1));
      else if (rule.endsWith("*")) this.#begins.push(rule.slice(0, -1));
      else this.#names.add(rule);
    }
  }

  has(sent: string): boolean {
    return this.hasFolded(sent.toLowerCase().replaceAll(/[^\da-z]/g, "-"));
  }

  /** `name`: in lower case, with hyphens for whatever is neither letter nor digit. */
  hasFolded(name: string): boolean {
    return this.#names.has(name) || (this.#begins.some((begin) => name.startsWith(begin)) && !this.#exceptions.has(name));
  }
}

/** Asks the same of received names, for almost nothing where a name is not in the set. */
export class ReceivedNames {
  readonly #rules: NameRules;
  /** 1 where some rule begins with these three characters behind `x-`, or, in the second half, without it. */
  readonly #firstThree = new Uint8Array(65_536);
  readonly #folded = foldedOctets();
  readonly #spelt = foldedLetters();

  constructor(rules: readonly string[]) {
    this.#rules = new NameRules(rules);
    for (const rule of rules) if (!rule.startsWith("!")) this.#firstThree[this.#keyOf(Buffer.from(rule, "latin1"), 0)] = 1;
  }

  /** The name is at `start` to `end`; more octets follow it. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#firstThree[this.#keyOf(bytes, start)] === 0) return false;
    const spelt = this.#spelt;
    let name = "";
    for (let at = start; at < end; at++) name += spelt[bytes[at]!];
    return this.#rules.hasFolded(name);
  }

  #keyOf(bytes: Uint8Array, start: number): number {
    const folded = this.#folded;
    const isExtension = (bytes[start]! | 0x20) === 0x78 && folded[bytes[start + 1]!] === 0;
    const at = isExtension ? start + 2 : start;
    const key = (folded[bytes[at]!]! << 10) | (folded[bytes[at + 1]!]! << 5) | folded[bytes[at + 2]!]!;
    return isExtension ? key : key + 32_768;
  }
}

/** Each octet as a character of a folded name. */
const foldedLetters = (): readonly string[] =>
  Array.from({ length: 256 }, (_, code) => {
    const letter = String.fromCharCode(code).toLowerCase();
    return /^[\da-z]$/.test(letter) ? letter : "-";
  });

/** Letters of either case as 1 to 26, digits as 27, everything else as 0. */
function foldedOctets(): Uint8Array {
  const folded = new Uint8Array(256);
  for (let index = 0; index < 26; index++) folded[0x41 + index] = folded[0x61 + index] = index + 1;
  folded.fill(27, octet.zero, octet.zero + 10);
  return folded;
}
