import type { HeaderList } from "../fields/header-list.ts";
import type { Directives } from "./directives.ts";

/** `names`: of fields, the first one counts most. */
export const createTargets = (names: readonly string[]): Targets => new Targets(names);

/** Fields in which a service tells some caches something else than others (RFC 9213). */
export class Targets {
  readonly #names: readonly string[];

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** What counts in place of `Cache-Control` and `Expires`; undefined: nothing. One that is empty or cannot be read is not there. */
  of(headers: HeaderList): Directives | undefined {
    for (const name of this.#names) {
      const field = headers.get(name);
      const directives = field === undefined ? undefined : readDictionary(field);
      if (directives !== undefined && directives.size > 0) return directives;
    }
    return undefined;
  }
}

const key = /[a-z*][a-z0-9_.*-]*/y;
const number = /-?\d{1,15}(?:\.\d{1,3})?/y;
const token = /[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y;
const bytes = /:[A-Za-z0-9+/=]*:/y;
const boolean = /\?[01]/y;

/**
 * The directives in a Dictionary of structured fields (RFC 9651 §4.2.2); undefined: it is none. A number that is written as text
 * is none (RFC 9213 §2.1), and a directive that has no number but should is one of 0 seconds.
 */
export function readDictionary(field: string): Directives | undefined {
  const found = new Map<string, string | true>();
  const from = new Cursor(field.trim());
  while (!from.isAtEnd) {
    const name = from.take(key);
    if (name === undefined) return undefined;
    const value = from.takes("=") ? memberOf(from) : true;
    if (value === undefined || !skipParameters(from)) return undefined;
    // Of two members with one name the last counts.
    if (value === false) found.delete(name);
    else found.set(name, value);
    from.skipSpaces();
    if (from.isAtEnd) break;
    if (!from.takes(",")) return undefined;
    from.skipSpaces();
    if (from.isAtEnd) return undefined;
  }
  return found;
}

/** An item, or a list of items in parentheses. */
function memberOf(from: Cursor): string | boolean | undefined {
  if (!from.takes("(")) return itemOf(from);
  const inner: string[] = [];
  for (;;) {
    from.skipSpaces();
    if (from.takes(")")) return inner.join(",");
    const item = itemOf(from);
    if (item === undefined || !skipParameters(from)) return undefined;
    inner.push(String(item));
  }
}

function itemOf(from: Cursor): string | boolean | undefined {
  const truth = from.take(boolean);
  if (truth !== undefined) return truth === "?1";
  if (!from.takes('"')) return from.take(number) ?? from.take(token) ?? from.take(bytes);
  const said = from.restOfText();
  return said !== undefined && /^\d+$/.test(said) ? "" : said;
}

function skipParameters(from: Cursor): boolean {
  while (from.takes(";")) {
    from.skipSpaces();
    if (from.take(key) === undefined || (from.takes("=") && itemOf(from) === undefined)) return false;
  }
  return true;
}

class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  skipSpaces(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at++;
  }

  /** Behind the first quote of a String (RFC 9651 §3.3.3), up to the last; undefined: it has no end, or what none may have. */
  restOfText(): string | undefined {
    let said = "";
    for (;;) {
      let character = this.#text[this.#at++];
      if (character === '"') return said;
      const isEscaped = character === "\\";
      if (isEscaped) character = this.#text[this.#at++];
      if (character === undefined || character < " " || character > "~") return undefined;
      if (isEscaped && character !== '"' && character !== "\\") return undefined;
      said += character;
    }
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
