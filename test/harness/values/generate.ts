import type { Constant, JsonSchema } from "../../../compiler/ir/schema.ts";
import { GiveUp, type Merged, merge, type SchemaOf } from "./merged.ts";
import type { Random } from "./random.ts";
import { textValue } from "./text-values.ts";

export interface GenerateOptions {
  /** Of properties that need not be there, the share that is. */
  readonly optional: number;
  /** The value is written as text: no null, nothing empty. */
  readonly isTextual: boolean;
}

/** Values that a schema most likely allows; whether it does is for the oracle to say. */
export class Generator {
  readonly #schemaOf: SchemaOf;
  readonly #random: Random;
  readonly #options: GenerateOptions;
  #left = 2_000;

  constructor(schemaOf: SchemaOf, random: Random, options: GenerateOptions) {
    this.#schemaOf = schemaOf;
    this.#random = random;
    this.#options = options;
  }

  /** Throws GiveUp. */
  value(schemas: readonly JsonSchema[], depth = 0): unknown {
    if (depth > 24) throw new GiveUp("values are too deep");
    if (--this.#left < 0) throw new GiveUp("values are too large");
    const merged = merge(schemas, this.#schemaOf);
    const [choice] = merged.choices;
    if (choice === undefined) return this.#plain(merged, depth);
    let reason = new GiveUp("there is nothing to choose from");
    for (const alternative of this.#random.shuffled(choice).slice(0, 6)) {
      try {
        return this.#chosen([...schemas, alternative], new Set([choice]), depth);
      } catch (error) {
        if (!(error instanceof GiveUp)) throw error;
        reason = error;
      }
    }
    throw reason;
  }

  /** With one alternative of each other list of choices. */
  #chosen(schemas: readonly JsonSchema[], taken: Set<readonly JsonSchema[]>, depth: number): unknown {
    const merged = merge(schemas, this.#schemaOf);
    const open = merged.choices.find((choice) => !taken.has(choice));
    if (open === undefined) return this.#plain(merged, depth);
    return this.#chosen([...schemas, this.#random.pick(open)], taken.add(open), depth);
  }

  #plain(merged: Merged, depth: number): unknown {
    const { types, values } = merged;
    if (values !== undefined) {
      const fitting = values.filter(
        (value) => types.some((type) => isOfType(value, type)) && !(this.#options.isTextual && value === null),
      );
      if (fitting.length === 0) throw new GiveUp("no listed value is left");
      return this.#random.pick(fitting);
    }
    const usable =
      types.length === 7
        ? likelyTypes(merged)
        : types.filter((type) => type !== "null" || (types.length === 1 && !this.#options.isTextual));
    if (usable.length === 0) throw new GiveUp("null cannot be written as text");
    switch (this.#random.pick(usable)) {
      case "null":
        return null;
      case "boolean":
        return this.#random.next() < 0.5;
      case "integer":
        return this.#number(merged, true);
      case "number":
        return this.#number(merged, false);
      case "string":
        return this.#text(merged);
      case "array":
        return this.#array(merged, depth);
      case "object":
        return this.#object(merged, depth);
    }
  }

  #text(merged: Merged): string {
    // An empty text cannot be told from none in places.
    return textValue(this.#options.isTextual && merged.minLength === 0 ? { ...merged, minLength: 1 } : merged, this.#random);
  }

  #number(merged: Merged, isInteger: boolean): number {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multiples, formats } = merged;
    const least = Math.max(minimum, exclusiveMinimum);
    const most = Math.min(maximum, exclusiveMaximum);
    const small = formats.includes("int8") || formats.includes("uint8") ? 100 : 1000;
    const from = Number.isFinite(least) ? least : Number.isFinite(most) ? most - small : 1;
    const to = Number.isFinite(most) ? most : from + small;
    if (from > to) throw new GiveUp("no number is between the bounds");
    const fits = (value: number): boolean =>
      value >= minimum &&
      value <= maximum &&
      value > exclusiveMinimum &&
      value < exclusiveMaximum &&
      multiples.every((step) => Math.abs(value / step - Math.round(value / step)) < 1e-9);
    for (let round = 0; round < 30; round++) {
      const raw = from + this.#random.next() * (Math.min(to, from + small) - from);
      const [step] = multiples;
      const candidates = [
        isInteger ? Math.round(raw) : Math.round(raw * 100) / 100,
        ...(step === undefined ? [] : [Math.round(raw / step) * step]),
        from,
        to,
        (from + to) / 2,
      ];
      const value = candidates.find((candidate) => fits(candidate) && (!isInteger || Number.isInteger(candidate)));
      if (value !== undefined) return value + 0;
    }
    throw new GiveUp("no number is between the bounds");
  }

  #array(merged: Merged, depth: number): unknown[] {
    const { minItems, maxItems, prefixItems, items = true, uniqueItems } = merged;
    if (minItems > 500) throw new GiveUp("the array would be too long");
    const wanted =
      depth > 6 ? minItems : Math.max(minItems, Math.min(maxItems, this.#random.integer(1, 2)), this.#options.isTextual ? 1 : 0);
    const result: unknown[] = [];
    const seen = new Set<string>();
    for (let round = 0; result.length < wanted && round < wanted * 20; round++) {
      const part = prefixItems[result.length] ?? items;
      let item: unknown;
      try {
        item = this.value([part], depth + 1);
      } catch (error) {
        if (!(error instanceof GiveUp) || result.length >= minItems) break;
        throw error;
      }
      if (uniqueItems && seen.has(JSON.stringify(item))) continue;
      seen.add(JSON.stringify(item));
      result.push(item);
    }
    if (result.length < minItems) throw new GiveUp("not enough different items were found");
    if (result.length === 0 && this.#options.isTextual) throw new GiveUp("an empty array cannot be written as text");
    return result;
  }

  #object(merged: Merged, depth: number): { [name: string]: unknown } {
    const { properties, required, minProperties, additional, maxProperties } = merged;
    const result: { [name: string]: unknown } = {};
    for (const name of required) result[name] = this.value([this.#member(merged, name)], depth + 1);
    const names = this.#random.shuffled(
      Object.keys(properties).filter((name) => !Object.hasOwn(result, name) && name !== "__proto__"),
    );
    const share = depth > 3 ? this.#options.optional / 4 : this.#options.optional;
    let left = Math.min(maxProperties - required.length, depth === 0 ? 12 : 5);
    const isShort = (): boolean => Object.keys(result).length < Math.max(minProperties, this.#options.isTextual ? 1 : 0);
    for (const name of names) {
      if (left <= 0 && !isShort()) break;
      if (this.#random.next() >= share && !isShort()) continue;
      try {
        result[name] = this.value([this.#member(merged, name)], depth + 1);
        left--;
      } catch (error) {
        if (!(error instanceof GiveUp)) throw error;
      }
    }
    for (let index = 0; isShort() && index < 200; index++) {
      if (additional === false) throw new GiveUp("there are too few properties");
      const name = `${this.#random.word(4)}${index}`;
      result[name] = additional === true ? this.#random.word(5) : this.value([this.#member(merged, name)], depth + 1);
    }
    return result;
  }

  /** What holds for a property, by its name or by none. */
  #member({ properties, patternProperties, additional }: Merged, name: string): JsonSchema {
    const parts = Object.entries(patternProperties).flatMap(([pattern, part]) =>
      new RegExp(pattern, "u").test(name) ? [part] : [],
    );
    if (Object.hasOwn(properties, name)) parts.push(properties[name]!);
    return parts.length === 0 ? additional : parts.length === 1 ? parts[0]! : { allOf: parts };
  }
}

/** Of a schema that names none, what its keywords are about. */
function likelyTypes(merged: Merged): readonly ("object" | "array" | "string" | "number")[] {
  if (Object.keys(merged.properties).length > 0 || merged.required.length > 0 || merged.additional !== true) return ["object"];
  if (merged.items !== undefined || merged.prefixItems.length > 0) return ["array"];
  if (Number.isFinite(merged.minimum) || Number.isFinite(merged.maximum) || merged.multiples.length > 0) return ["number"];
  return ["string"];
}

export function isOfType(value: Constant | unknown, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}
