import { malformed, type Parsed, parsed } from "./malformed.ts";

/**
 * Parses JSON (RFC 8259) slowly and strictly: says where a text goes wrong and what was expected there, refuses repeated
 * keys, `__proto__` and numbers beyond the range of a double, and gives integers that no double holds as bigints where
 * `isExact` asks for that.
 */
export function parseStrictly(text: string, maxDepth: number, isExact: boolean): Parsed {
  const parser = new StrictParser(text, maxDepth, isExact);
  try {
    return parsed(parser.parse());
  } catch (error) {
    if (error instanceof Failure) return malformed(`${error.message} at ${place(text, error.offset)}.`);
    throw error;
  }
}

/** Line and column, counted from 1; columns in UTF-16 code units. */
function place(text: string, offset: number): string {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) {
    line++;
    start = at + 1;
  }
  return `line ${line}, column ${offset - start + 1}`;
}

class Failure extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

class StrictParser {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #isExact: boolean;
  #at = 0;
  #depth = 0;

  constructor(text: string, maxDepth: number, isExact: boolean) {
    this.#text = text;
    this.#maxDepth = maxDepth;
    this.#isExact = isExact;
  }

  parse(): unknown {
    this.#skipSpace();
    const value = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) throw new Failure("Expected the end of the JSON text", this.#at);
    return value;
  }

  /** Recursion is bounded by `maxDepth`. */
  #value(): unknown {
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case 0x22:
        return this.#string();
      case 0x74:
        return this.#word("true", true);
      case 0x66:
        return this.#word("false", false);
      case 0x6e:
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(): object {
    // No key is one that the object inherits.
    const object = Object.create(null) as { [key: string]: unknown };
    this.#open();
    if (this.#is(0x7d)) return this.#close(object);
    for (;;) {
      const start = this.#at;
      if (this.#text.charCodeAt(start) !== 0x22) throw new Failure("Expected a key in double quotes", start);
      const key = this.#string();
      if (key === "__proto__") throw new Failure('The key "__proto__" is not accepted, found', start);
      if (Object.hasOwn(object, key))
        throw new Failure(`The key ${JSON.stringify(shortened(key))} occurs twice in one object, again`, start);
      this.#skipSpace();
      if (!this.#is(0x3a)) throw new Failure('Expected ":" after a key', this.#at);
      this.#skipSpace();
      object[key] = this.#value();
      this.#skipSpace();
      if (this.#is(0x7d)) return this.#close(object);
      if (!this.#is(0x2c)) throw new Failure('Expected a comma or "}"', this.#at);
      this.#skipSpace();
    }
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    this.#open();
    if (this.#is(0x5d)) return this.#close(array);
    for (;;) {
      array.push(this.#value());
      this.#skipSpace();
      if (this.#is(0x5d)) return this.#close(array);
      if (!this.#is(0x2c)) throw new Failure('Expected a comma or "]"', this.#at);
      this.#skipSpace();
    }
  }

  #open(): void {
    if (++this.#depth > this.#maxDepth) throw new Failure(`Nesting is deeper than ${this.#maxDepth} levels`, this.#at);
    this.#at++;
    this.#skipSpace();
  }

  #close<Container>(container: Container): Container {
    this.#depth--;
    return container;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at;
    for (let at = start + 1; ; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        return JSON.parse(text.slice(start, at + 1)) as string;
      }
      if (code === 0x5c) {
        at++;
        if (text[at] === "u") {
          if (!/^[0-9A-Fa-f]{4}$/.test(text.slice(at + 1, at + 5)))
            throw new Failure('Expected four hexadecimal digits after "\\u"', at + 1);
          at += 4;
        } else if (!'"\\/bfnrt'.includes(text[at] ?? "?"))
          throw new Failure("Expected an escape that JSON knows after a backslash", at);
      } else if (code < 0x20) throw new Failure("A control character must be escaped in text, found one", at);
      else if (Number.isNaN(code)) throw new Failure("Expected the end of a text in double quotes before the end", at);
    }
  }

  #number(): number | bigint {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    if (text.charCodeAt(at) === 0x2d) at++;
    const whole = at;
    at = afterDigits(text, at);
    const wholeEnd = at;
    if (at === whole) throw new Failure(at === start ? "Expected a JSON value" : "Expected a digit", at);
    if (at - whole > 1 && text.charCodeAt(whole) === 0x30)
      throw new Failure("A number must not begin with a zero that means nothing, found one", whole);
    if (text.charCodeAt(at) === 0x2e) {
      const fraction = ++at;
      at = afterDigits(text, at);
      if (at === fraction) throw new Failure("Expected a digit after the decimal point", at);
    }
    if ((text.charCodeAt(at) | 0x20) === 0x65) {
      at++;
      const sign = text.charCodeAt(at);
      if (sign === 0x2b || sign === 0x2d) at++;
      const exponent = at;
      at = afterDigits(text, at);
      if (at === exponent) throw new Failure("Expected a digit in the exponent", at);
    }
    this.#at = at;
    const written = text.slice(start, at);
    const value = Number(written);
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
    if (!Number.isFinite(value)) throw new Failure("A number is beyond the range of 64-bit floating point", start);
    if (!this.#isExact) return value;
    const integer = at === wholeEnd ? BigInt(written) : integerOf(written, value);
    return integer === undefined || BigInt(value) === integer ? value : integer;
  }

  #word<Value>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.#at)) throw new Failure("Expected a JSON value", this.#at);
    this.#at += word.length;
    return value;
  }

  #is(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    const text = this.#text;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }
}

/** The integer within 64 bits that a number with a fraction or an exponent is; undefined where it is none. */
function integerOf(written: string, value: number): bigint | undefined {
  if (Math.abs(value) > 2 ** 64) return undefined;
  const [mantissa = "", exponent = "0"] = written.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = whole + fraction;
  let first = digits.startsWith("-") ? 1 : 0;
  while (digits.charCodeAt(first) === 0x30) first++;
  let last = digits.length;
  while (digits.charCodeAt(last - 1) === 0x30) last--;
  const zeros = digits.length - last + Number(exponent) - fraction.length;
  // Nothing but digits of the value is left: at most twenty.
  if (zeros < 0) return undefined;
  const integer = BigInt(digits.slice(first, last)) * 10n ** BigInt(zeros);
  return value < 0 ? -integer : integer;
}

function afterDigits(text: string, at: number): number {
  while (text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++;
  return at;
}

const shortened = (name: string): string => (name.length <= 100 ? name : `${name.slice(0, 100)}…`);
