const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const backslash = 0x5c;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** Characters that are read in one step, or twice as many, unless one value that is no list and no object is longer. */
const usualStep = 32_768;

/** What stands between objects of a list, which elements of long ones mostly are. */
const betweenObjects = /\}[ \t\n\r]*,[ \t\n\r]*\{/;

/** Lists and objects within each other of which each is read in steps; what is deeper is read at once. */
const mostLevels = 8;

/**
 * What `JSON.parse` makes of a text, in steps of some tenths of a millisecond: where its lists and objects are long, ends of what
 * they consist of are looked for, and `JSON.parse` reads some of it at a time. Time and memory are linear in the text. `take`: is
 * given the elements of a list of which the text consists instead, which is then empty. Throws a `SyntaxError` where it is no JSON.
 */
export function* jsonInSteps(text: string, take?: Take, perStep = usualStep): Generator<undefined, unknown> {
  const reading = new JsonReading(text, perStep);
  const value = yield* reading.value(0, take);
  if (reading.next() !== -1) throw reading.unexpected();
  return value;
}

type Take = (element: unknown) => void;

class JsonReading {
  readonly #text: string;
  readonly #perStep: number;
  #at = 0;

  constructor(text: string, perStep: number) {
    this.#text = text;
    this.#perStep = perStep;
  }

  *value(level: number, take?: Take): Generator<undefined, unknown> {
    const code = this.next();
    const from = this.#at;
    const end = this.#endFrom(from, this.#most(from, level));
    const isWhole = end >= 0 && take === undefined;
    if (!isWhole && code === openList) return yield* this.#list(level, take);
    if (!isWhole && code === openObject && end < 0) return yield* this.#object(level);
    this.#at = end >= 0 ? end : this.#endFrom(from, Number.POSITIVE_INFINITY);
    return this.#parsed("", from, this.#at, "");
  }

  /** Up to where the end is looked for of a value that begins there. Each level looks for it anew, so there are not many. */
  #most(from: number, level: number): number {
    return level < mostLevels ? from + this.#perStep : Number.POSITIVE_INFINITY;
  }

  *#list(level: number, take: Take | undefined): Generator<undefined, unknown> {
    const found: unknown[] = [];
    const add: Take = take ?? ((element) => void found.push(element));
    this.#at++;
    if (this.next() === closeList) {
      this.#at++;
      return found;
    }
    if (level < mostLevels) while (this.#leap(add)) yield;
    // From here on, elements that were found and not read yet.
    let from = this.#at;
    for (;;) {
      this.next();
      const begin = this.#at;
      const end = this.#endFrom(begin, this.#most(begin, level + 1));
      // Between two commas there is something.
      if (end === begin) throw this.unexpected();
      if (end < 0) {
        if (begin > from) this.#addAll(from, this.#lastComma(begin), add);
        add(yield* this.value(level + 1));
        from = -1;
      } else this.#at = end;
      const code = this.next();
      if (code !== comma && code !== closeList) throw this.unexpected();
      if (from >= 0 && (code === closeList || this.#at - from >= this.#perStep)) {
        this.#addAll(from, this.#at, add);
        from = -1;
        yield;
      }
      this.#at++;
      if (code === closeList) return found;
      if (from < 0) {
        // A comma has something behind it.
        if (this.next() === closeList) throw this.unexpected();
        from = this.#at;
      }
    }
  }

  /**
   * Reads elements from here up to where it looks as if one of them ended, and is at the next one then: where that is within a text or
   * an element, what is read is no JSON. False: so it is, or nothing looks like it, and ends have to be looked for.
   */
  #leap(add: Take): boolean {
    const from = this.#at;
    const near = from + this.#perStep;
    const between = betweenObjects.exec(this.#text.slice(near, near + this.#perStep));
    if (between === null) return false;
    const { index } = between;
    let elements: readonly unknown[];
    try {
      // A list, as its brackets say.
      elements = JSON.parse(`[${this.#text.slice(from, near + index + 1)}]`) as readonly unknown[];
    } catch {
      return false;
    }
    for (const element of elements) add(element);
    this.#at = near + index + between[0].length - 1;
    return true;
  }

  /** What stands in front of an element is a comma. */
  #lastComma(begin: number): number {
    return this.#text.lastIndexOf(",", begin - 1);
  }

  #addAll(from: number, to: number, add: Take): void {
    // A list, as its brackets say.
    for (const element of this.#parsed("[", from, to, "]") as readonly unknown[]) add(element);
  }

  *#object(level: number): Generator<undefined, unknown> {
    const found: Record<string, unknown> = {};
    this.#at++;
    if (this.next() === closeObject) {
      this.#at++;
      return found;
    }
    let read = this.#at;
    for (let code = this.next(); ; code = this.next()) {
      if (code !== quote) throw this.unexpected();
      const from = this.#at;
      this.#at = this.#endFrom(from, Number.POSITIVE_INFINITY);
      // A text, as its quotes say.
      const name = this.#parsed("", from, this.#at, "") as string;
      if (this.next() !== colon) throw this.unexpected();
      this.#at++;
      const value = yield* this.value(level + 1);
      // Assigned, that name would be the prototype.
      if (name === "__proto__")
        Object.defineProperty(found, name, { value, writable: true, enumerable: true, configurable: true });
      else found[name] = value;
      if (this.#at - read >= this.#perStep) {
        read = this.#at;
        yield;
      }
      const last = this.next();
      if (last !== comma && last !== closeObject) throw this.unexpected();
      this.#at++;
      if (last === closeObject) return found;
    }
  }

  #parsed(before: string, from: number, to: number, behind: string): unknown {
    try {
      return JSON.parse(before + this.#text.slice(from, to) + behind);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new SyntaxError(`it is no JSON between the characters ${from + 1} and ${to + 1}: ${error.message}`);
    }
  }

  unexpected(): SyntaxError {
    const { length } = this.#text;
    const what = this.#at < length ? `\`${this.#text[this.#at]}\`` : "the end";
    return new SyntaxError(`it is no JSON: ${what} is not expected at character ${Math.min(this.#at, length) + 1}`);
  }

  /** The first character that is no white space, at which it then is; -1 at the end. */
  next(): number {
    const text = this.#text;
    for (; this.#at < text.length; this.#at++) {
      const code = text.charCodeAt(this.#at);
      if (code !== space && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
    }
    return -1;
  }

  /** Where a value ends that begins there, if it is one; -1: not before `most`. */
  #endFrom(from: number, most: number): number {
    const text = this.#text;
    const end = Math.min(text.length, most);
    let depth = 0;
    for (let at = from; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        for (at++; at < end; at++) {
          const inside = text.charCodeAt(at);
          if (inside === quote) break;
          if (inside === backslash) at++;
        }
        if (depth === 0 && at < end) return at + 1;
      } else if (code < openList) {
        if (depth === 0 && (code <= space || code === comma || code === colon)) return at;
      } else if (code === openList || code === openObject) depth++;
      else if (code === closeList || code === closeObject) {
        // Of a number that stands last in a list.
        if (depth === 0) return at;
        if (--depth === 0) return at + 1;
      }
    }
    return text.length <= most ? text.length : -1;
  }
}
