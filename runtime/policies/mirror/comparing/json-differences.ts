import { followed, isThere, MemberNames, type Way, waysOf } from "../../../body/json-ways.ts";

type Pointers = readonly (readonly string[])[];

/** Which parts of two JSON values have to be alike, and how. */
export interface JsonRules {
  /** Null: all of it. */
  readonly only: Pointers | null;
  readonly ignored: { readonly pointers: Pointers; readonly names: readonly string[] };
  /** Arrays whose items may come in any order. */
  readonly unordered: Pointers;
}

/**
 * `missing`: it is in the first value alone; `added`: in the second alone; `type`: an object, an array, a text, a number, a
 * boolean or null in the one, and another of these in the other; `value`: another value of the same type.
 */
export const jsonKinds = ["missing", "added", "type", "value"] as const;
export type JsonKind = (typeof jsonKinds)[number];

export interface JsonDifference {
  readonly kind: JsonKind;
  /** Names lead to it through objects, numbers through arrays; items of an unordered array have their place in the one that has them. */
  readonly path: readonly (string | number)[];
  /** Undefined where there is none. */
  readonly first: unknown;
  readonly second: unknown;
}

/** What a part of the value is to the rules: where it is in them. */
interface Spot {
  /** Null: all that is here is meant. */
  readonly only: readonly Way[] | null;
  readonly ignored: readonly Way[];
  readonly unordered: readonly Way[];
}

type Members = { readonly [name: string]: unknown };

/**
 * Compares values as `JsonReader` gives them: members in any order, numbers as doubles and as exact integers beyond what
 * doubles hold. The time is that of reading the values, times the logarithm of their size where arrays are unordered.
 */
export class JsonDifferences {
  readonly kinds = new Set<JsonKind>();
  /** In the order of the first value. */
  first: JsonDifference | undefined = undefined;
  readonly #ignoredNames: MemberNames;
  readonly #start: Spot;
  readonly #path: (string | number)[] = [];

  constructor({ only, ignored, unordered }: JsonRules) {
    this.#ignoredNames = new MemberNames(ignored.names);
    const start = only === null ? null : waysOf(only);
    this.#start = { only: start, ignored: waysOf(ignored.pointers), unordered: waysOf(unordered) };
  }

  compare(first: unknown, second: unknown): void {
    this.#compare(first, second, this.#start);
  }

  #compare(first: unknown, second: unknown, spot: Spot): void {
    const type = typeOf(first);
    if (type !== typeOf(second)) this.#differ("type", first, second);
    // As `typeOf` says.
    else if (type === "array") this.#compareItems(first as readonly unknown[], second as readonly unknown[], spot);
    else if (type === "object") this.#compareMembers(first as Members, second as Members, spot);
    else if (spot.only === null && first !== second) this.#differ("value", first, second);
  }

  #compareMembers(first: Members, second: Members, spot: Spot): void {
    for (const name of Object.keys(first)) {
      const below = this.#below(spot, name);
      if (below === undefined) continue;
      this.#path.push(name);
      if (Object.hasOwn(second, name)) this.#compare(first[name], second[name], below);
      else this.#differ("missing", first[name], undefined);
      this.#path.pop();
    }
    for (const name of Object.keys(second))
      if (!Object.hasOwn(first, name) && this.#below(spot, name) !== undefined)
        this.#differAt(name, "added", undefined, second[name]);
  }

  #compareItems(first: readonly unknown[], second: readonly unknown[], spot: Spot): void {
    if (isThere(spot.unordered)) return this.#compareSets(first, second, spot);
    const most = Math.max(first.length, second.length);
    for (let index = 0; index < most; index++) {
      const below = this.#below(spot, index);
      if (below === undefined) continue;
      this.#path.push(index);
      if (index >= first.length) this.#differ("added", undefined, second[index]);
      else if (index >= second.length) this.#differ("missing", first[index], undefined);
      else this.#compare(first[index], second[index], below);
      this.#path.pop();
    }
  }

  /** Each item of the one has one that is like it in the other. */
  #compareSets(first: readonly unknown[], second: readonly unknown[], spot: Spot): void {
    const left = new Map<string, number[]>();
    for (const [index, item] of second.entries()) {
      const below = this.#below(spot, index);
      if (below === undefined) continue;
      const text = this.#text(item, below);
      const known = left.get(text);
      if (known === undefined) left.set(text, [index]);
      else known.push(index);
    }
    const alone = [...first.entries()].filter(([index, item]) => {
      const below = this.#below(spot, index);
      return below !== undefined && left.get(this.#text(item, below))?.pop() === undefined;
    });
    const others = [...left.values()].flat().sort((a, b) => a - b);
    for (const [place, [index, item]] of alone.entries()) {
      const other = others[place];
      if (other === undefined) this.#differAt(index, "missing", item, undefined);
      else this.#differAt(index, "value", item, second[other]);
    }
    for (const index of others.slice(alone.length)) this.#differAt(index, "added", undefined, second[index]);
  }

  /** Equal for values that are alike. */
  #text(value: unknown, spot: Spot): string {
    const type = typeOf(value);
    if (type === "array") {
      // As `typeOf` says.
      const items = (value as readonly unknown[]).flatMap((item, index) => {
        const below = this.#below(spot, index);
        return below === undefined ? [] : [this.#text(item, below)];
      });
      return `[${(isThere(spot.unordered) ? items.sort() : items).join(",")}]`;
    }
    if (type === "object") {
      const members = Object.entries(value as Members).flatMap(([name, member]) => {
        const below = this.#below(spot, name);
        return below === undefined ? [] : [`${JSON.stringify(name)}:${this.#text(member, below)}`];
      });
      return `{${members.sort().join(",")}}`;
    }
    if (spot.only !== null) return type;
    return type === "string" ? JSON.stringify(value) : String(value);
  }

  /** Undefined: what is there is not compared. */
  #below({ only, ignored, unordered }: Spot, name: string | number): Spot | undefined {
    if (typeof name === "string" && this.#ignoredNames.has(name)) return undefined;
    const text = String(name);
    const still = followed(ignored, text);
    if (isThere(still)) return undefined;
    const chosen = only === null ? null : followed(only, text);
    if (chosen?.length === 0) return undefined;
    return {
      only: chosen === null || isThere(chosen) ? null : chosen,
      ignored: still,
      unordered: followed(unordered, text),
    };
  }

  #differAt(name: string | number, kind: JsonKind, first: unknown, second: unknown): void {
    this.#path.push(name);
    this.#differ(kind, first, second);
    this.#path.pop();
  }

  #differ(kind: JsonKind, first: unknown, second: unknown): void {
    this.kinds.add(kind);
    this.first ??= { kind, path: [...this.#path], first, second };
  }
}

/** Integers that no double holds come as bigints. */
function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "bigint" ? "number" : typeof value;
}
