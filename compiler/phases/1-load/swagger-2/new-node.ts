import type { Positions } from "../../../ir/positions.ts";
import type { JsonObject, JsonValue } from "../../../source/source-set.ts";

/** An object of the OpenAPI 3 shape in the making, whose entries keep the places of what they came from. */
export class NewNode {
  readonly #object: { [key: string]: JsonValue } = {};
  readonly #positions: Positions;
  readonly #from: object;

  /** @param from the container that this one is made of */
  constructor(positions: Positions, from: object) {
    this.#positions = positions;
    this.#from = from;
    positions.inherit(this.#object, from);
  }

  /** Adds an entry that came from `fromKey` of the container. */
  put(key: string, value: JsonValue, fromKey: string | number = key): this {
    return this.putFrom(key, value, this.#from, fromKey);
  }

  /** Adds an entry that came from elsewhere: from an entry, or from a whole container. */
  putFrom(key: string, value: JsonValue, from: object, fromKey?: string | number): this {
    // Names of properties and headers are free, `__proto__` among them.
    Object.defineProperty(this.#object, key, { value, enumerable: true, configurable: true, writable: true });
    if (from !== this.#from || fromKey !== key) this.#positions.borrow(this.#object, key, from, fromKey);
    return this;
  }

  /** Takes the entries of those names as they are. */
  take(source: JsonObject, names: Iterable<string>): this {
    for (const name of names) if (Object.hasOwn(source, name)) this.putFrom(name, source[name]!, source, name);
    return this;
  }

  get isEmpty(): boolean {
    return Object.keys(this.#object).length === 0;
  }

  get object(): JsonObject {
    return this.#object;
  }
}

/** Extensions of an object, which mean the same in every version. */
export const extensions = (node: JsonObject): string[] => Object.keys(node).filter((key) => key.startsWith("x-"));

/** The strings of a list; nothing where there is no list. */
export const texts = (value: JsonValue | undefined): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined;
