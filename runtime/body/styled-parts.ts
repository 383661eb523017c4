import type { Decoding } from "../parameters/decode.ts";
import { shortened } from "../validation/violations.ts";
import { decodeText } from "./charset.ts";
import { type FormField, fieldValue, type StyledValue, styledValue } from "./form-fields.ts";
import type { Part } from "./multipart-parts.ts";

export interface StyledPartsConfig {
  readonly fields: { readonly [name: string]: FormField };
}

export const createStyledParts = (config: StyledPartsConfig): StyledParts => new StyledParts(config);

/** Nothing in a part is percent-encoded (OpenAPI 3.1.1 §4.8.15.2). */
const asIs: Decoding = 0;

/** Properties of `multipart/form-data` that `style` and `explode` write, as in a query (OpenAPI 3.1 §4.8.15). */
export class StyledParts {
  readonly #fields: StyledPartsConfig["fields"];
  /** Names of parts that are properties of a spread object, and the property that each belongs to. */
  readonly #spread = new Map<string, string>();

  constructor({ fields }: StyledPartsConfig) {
    this.#fields = fields;
    for (const [name, { as, shape }] of Object.entries(fields))
      if (as === "spread") for (const property of Object.keys(shape.properties ?? {})) this.#spread.set(property, name);
  }

  /** The property that a part of that name belongs to; undefined: it is read for itself. */
  ownerOf(part: string): string | undefined {
    const spread = this.#spread.get(part);
    if (spread !== undefined) return spread;
    if (Object.hasOwn(this.#fields, part)) return part;
    const stem = part.slice(0, Math.max(0, part.indexOf("[")));
    return Object.hasOwn(this.#fields, stem) && this.#fields[stem]!.as === "deep" ? stem : undefined;
  }

  begin(): StyledForm {
    return new StyledForm(this, this.#fields);
  }
}

/** The styled properties of one form. */
export class StyledForm {
  readonly #owners: StyledParts;
  readonly #fields: StyledPartsConfig["fields"];
  /** Names and texts of parts in turn, by the property that they make together. */
  readonly #parts = new Map<string, string[]>();

  constructor(owners: StyledParts, fields: StyledPartsConfig["fields"]) {
    this.#owners = owners;
    this.#fields = fields;
  }

  takes(part: string): boolean {
    return this.#owners.ownerOf(part) !== undefined;
  }

  /** What is wrong with a part; undefined: nothing. */
  add({ name, bytes, media }: Part, maxBytes: number): string | undefined {
    const shown = JSON.stringify(shortened(name));
    if (bytes.length > maxBytes) return `The part ${shown} has more than ${maxBytes} bytes.`;
    const text = decodeText(bytes, media);
    if (text.problem !== undefined) return `The part ${shown} cannot be read: ${text.problem.detail}`;
    const owner = this.#owners.ownerOf(name)!;
    const before = this.#parts.get(owner);
    if (before === undefined) this.#parts.set(owner, [name, text.value]);
    else before.push(name, text.value);
    return undefined;
  }

  /** Adds names and values of properties; what is wrong with one of them, where something is. */
  addTo(entries: (readonly [string, unknown])[]): string | undefined {
    for (const [property, parts] of this.#parts) {
      const read = this.#value(property, parts);
      if (read.problem !== undefined) return read.problem;
      entries.push([property, read.value]);
    }
    return undefined;
  }

  #value(property: string, parts: readonly string[]): StyledValue {
    const field = this.#fields[property]!;
    if (field.as === "spread") return { value: spreadValue(field, parts) };
    const pairs = parts.map((text, index) => (index % 2 === 0 ? text.slice(property.length) : text));
    return styledValue(field, property, pairs, asIs);
  }
}

function spreadValue({ shape }: FormField, parts: readonly string[]): unknown {
  // Names come from the client: what every object inherits must be none of them.
  const object = Object.create(null) as { [name: string]: unknown };
  for (let index = 0; index < parts.length; index += 2) {
    const name = parts[index]!;
    const own = shape.properties?.[name];
    const value = fieldValue(parts[index + 1]!, own?.items ?? own ?? { scalar: 16 }, asIs);
    const before = object[name];
    if (before !== undefined) object[name] = Array.isArray(before) ? [...before, value] : [before, value];
    else object[name] = own?.items === undefined ? value : [value];
  }
  return object;
}
