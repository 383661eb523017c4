/**
 * What emitted validators are and how they tell what is wrong.
 *
 * A validator is a function `(value, found)`. With `found === null` it says whether the value is valid, stops at the
 * first violation and allocates nothing: this is the hot path. With a collector it adds what is wrong to it; its result
 * then only says whether it went on to the end. `violationsOf` runs the one, and the other where that failed, so that
 * one emitted function serves both.
 *
 * Numbers are doubles, except for integers that no double holds (most beyond 2^53): those are bigints, of type `integer`
 * and `number`, and are compared exactly. So `maximum: 9007199254740992` refuses 9007199254740993, `format: int64` refuses
 * 2^63 and takes 2^63 - 1. What is written with a fraction or an exponent is a double, and rounded to one. Numbers in a
 * schema are doubles as well, except for bounds that no double holds: the compiler warns of one that was rounded.
 */
export type Validator = (value: unknown, found: Violations | null) => boolean;

/** One thing that is wrong. Never holds a value of the request: only places, names of properties and what the schema says. */
export interface Violation {
  readonly in: "body" | "path" | "query" | "header" | "cookie" | "status";
  /** JSON pointer (RFC 6901) into the value. */
  readonly pointer: string;
  /** Of the parameter. */
  readonly name?: string;
  /** JSON Schema keyword that does not hold. */
  readonly keyword: string;
  /** To be read after the place: `must be at least 1`. */
  readonly message: string;
  /** For logs alone: which kind of value is there instead. */
  readonly found?: JsonKind;
}

export type JsonKind = "null" | "boolean" | "number" | "string" | "array" | "object";

export type Place = Pick<Violation, "in" | "name">;
export type Key = string | number;

/** Collects up to `limit` violations. */
export class Violations {
  readonly list: Violation[] = [];
  readonly limit: number;
  readonly #place: Place;
  #path = "";

  constructor(place: Place, limit: number) {
    this.#place = place;
    this.limit = limit;
  }

  get isFull(): boolean {
    return this.list.length >= this.limit;
  }

  add(keyword: string, message: string, key?: Key, index?: Key): boolean {
    if (this.isFull) return true;
    const { in: where, name } = this.#place;
    const pointer = pointerTo(this.#path, key, index);
    // The same thing is often said twice, by a schema and by one that it is made of.
    if (this.list.some((known) => known.pointer === pointer && known.keyword === keyword && known.message === message))
      return false;
    this.list.push(
      name === undefined ? { in: where, pointer, keyword, message } : { in: where, pointer, name, keyword, message },
    );
    return this.isFull;
  }

  /** Collects what a validator finds in a part of the value. */
  inside(validator: Validator, value: unknown, key?: Key, index?: Key): boolean {
    const path = this.#path;
    this.#path = pointerTo(path, key, index);
    validator(value, this);
    this.#path = path;
    return this.isFull;
  }

  /** Pointer to a part of the value that is looked at. */
  at(key?: Key, index?: Key): string {
    return pointerTo(this.#path, key, index);
  }

  /** An empty collector for the same place, to look at one alternative. */
  attempt(): Violations {
    const attempt = new Violations(this.#place, this.limit);
    attempt.#path = this.#path;
    return attempt;
  }

  /** Takes over what an attempt found. */
  take(attempt: Violations): boolean {
    for (const violation of attempt.list) if (!this.isFull) this.list.push(violation);
    return this.isFull;
  }
}

function pointerTo(path: string, key: Key | undefined, index: Key | undefined): string {
  if (key === undefined) return path;
  const inner = `${path}/${token(key)}`;
  return index === undefined ? inner : `${inner}/${token(index)}`;
}

/** Names of properties come from the client, so a long one is cut. */
const token = (key: Key): string =>
  typeof key === "number" ? String(key) : shortened(key).replaceAll("~", "~0").replaceAll("/", "~1");

export const shortened = (name: string): string => (name.length <= 100 ? name : `${name.slice(0, 100)}…`);

/** Everything that is wrong with a value, up to `limit`; undefined where nothing is. */
export function violationsOf(
  validator: Validator,
  value: unknown,
  place: Place,
  limit: number,
): readonly Violation[] | undefined {
  if (validator(value, null)) return undefined;
  const found = new Violations(place, limit);
  validator(value, found);
  return found.list;
}
