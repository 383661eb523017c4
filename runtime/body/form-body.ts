import { decode } from "../parameters/decode.ts";
import { shortened } from "../validation/violations.ts";
import type { BodyFormat } from "./body-format.ts";
import { wrongCharset } from "./charset.ts";
import { type FormField, type FormFields, fieldValue, looksLikeJson, styledValue } from "./form-fields.ts";
import { JsonReader } from "./json.ts";
import { malformed, type Parsed, parsed } from "./malformed.ts";
import type { MediaType } from "./media-type.ts";

export interface FormBodyConfig extends FormFields {
  /** Pairs. */
  readonly maxFields: number;
  /** Of JSON in values. */
  readonly maxDepth: number;
}

export const createFormBody = (config: FormBodyConfig): FormBody => new FormBody(config);

/**
 * `application/x-www-form-urlencoded` (URL standard §5.1), with one difference: escapes that are malformed or not UTF-8
 * are refused, where the standard keeps or replaces them, because services differ in what they make of them.
 */
class FormBody implements BodyFormat {
  readonly isNeverEmpty = false;
  readonly #config: FormBodyConfig;
  readonly #json: JsonReader;
  /** Names of properties of objects that are spread over pairs, and the field that each belongs to. */
  readonly #spread = new Map<string, string>();

  constructor(config: FormBodyConfig) {
    this.#config = config;
    this.#json = new JsonReader({ maxDepth: config.maxDepth, exactIntegers: true });
    for (const [name, { as, shape }] of Object.entries(config.fields)) {
      if (as !== "spread") continue;
      for (const property of Object.keys(shape.properties ?? {}))
        if (!Object.hasOwn(config.fields, property)) this.#spread.set(property, name);
    }
  }

  read(bytes: Uint8Array, media: MediaType): Parsed {
    const wrong = wrongCharset(media);
    if (wrong !== undefined) return wrong;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    const groups = this.#groups(text);
    if (typeof groups === "string") return malformed(groups);
    // Names come from the client: what every object inherits must be none of them.
    const value = Object.create(null) as { [name: string]: unknown };
    for (const [name, raws] of groups) {
      const spreadOver = this.#spread.get(name);
      if (spreadOver !== undefined && groups.has(spreadOver))
        return malformed(`The field ${JSON.stringify(shortened(spreadOver))} must not be there beside properties of its own.`);
      const field = this.#field(spreadOver ?? name);
      const problem =
        spreadOver === undefined ? this.#add(value, name, raws, field) : this.#spreadInto(value, spreadOver, name, raws, field!);
      if (problem !== undefined) return malformed(problem);
    }
    return parsed(value);
  }

  #field(name: string): FormField | undefined {
    const { fields, additional } = this.#config;
    return Object.hasOwn(fields, name) ? fields[name] : additional;
  }

  /** Values by name in the order in which they came, of fields with a style brackets in front of each; or what is wrong. */
  #groups(text: string): Map<string, string[]> | string {
    const groups = new Map<string, string[]>();
    let count = 0;
    for (const pair of text.split("&")) {
      if (pair === "") continue;
      if (++count > this.#config.maxFields) return `The form has more than ${this.#config.maxFields} fields.`;
      if (/[^\x21-\x7e]/.test(pair)) return `Field ${count} of the form has characters that must be percent-encoded.`;
      const equals = pair.indexOf("=");
      const written = equals < 0 ? pair : pair.slice(0, equals);
      const raw = equals < 0 ? "" : pair.slice(equals + 1);
      const decoded = decode(written, 2);
      if (decoded === undefined || decode(raw, 2) === undefined)
        return `Field ${count} of the form has an escape that is no percent-encoded UTF-8.`;
      const bracket = decoded.indexOf("[");
      const stem = bracket > 0 ? decoded.slice(0, bracket) : decoded;
      const inBrackets = bracket > 0 && this.#field(decoded)?.as !== "text" && this.#field(stem)?.as === "deep";
      const name = inBrackets ? stem : decoded;
      if (name === "__proto__") return 'The field "__proto__" is not accepted.';
      let group = groups.get(name);
      if (group === undefined) groups.set(name, (group = []));
      if (isStyled(this.#field(name))) group.push(inBrackets ? decoded.slice(bracket) : "", raw);
      else group.push(raw);
    }
    return groups;
  }

  #add(
    value: { [name: string]: unknown },
    name: string,
    raws: readonly string[],
    field: FormField | undefined,
  ): string | undefined {
    if (isStyled(field)) {
      const read = styledValue(field, name, raws, 2);
      if (read.problem !== undefined) return read.problem;
      value[name] = read.value;
      return undefined;
    }
    const { as, shape }: FormField = field ?? unknownField;
    const { items } = shape;
    const values: unknown[] = [];
    for (const raw of raws) {
      if (as === "jsonOrText" && looksLikeJson(decode(raw, 2)!)) {
        const read = this.#json.parse(Buffer.from(decode(raw, 2)!));
        values.push(read.problem === undefined ? read.value : fieldValue(raw, items ?? shape, 2));
      } else if (as !== "json") values.push(fieldValue(raw, items ?? shape, 2));
      else {
        const read = this.#json.parse(Buffer.from(decode(raw, 2)!));
        if (read.problem !== undefined)
          return `The field ${JSON.stringify(shortened(name))} must be JSON: ${read.problem.detail}`;
        values.push(read.value);
      }
    }
    // A JSON value may be the whole array; pairs that come again where the schema has no array are left for it to refuse.
    const isWhole = values.length === 1 && (items === undefined || (as !== "text" && Array.isArray(values[0])));
    value[name] = isWhole ? values[0] : values;
    return undefined;
  }

  #spreadInto(
    value: { [name: string]: unknown },
    owner: string,
    name: string,
    raws: readonly string[],
    field: FormField,
  ): string | undefined {
    const object = (value[owner] ??= Object.create(null)) as { [name: string]: unknown };
    return this.#add(object, name, raws, { as: "text", shape: field.shape.properties![name]! });
  }
}

const unknownField: FormField = { as: "text", shape: { scalar: 16 } };

/** All of its pairs make one value together. */
const isStyled = (field: FormField | undefined): field is FormField =>
  field !== undefined && field.as !== "text" && field.as !== "json" && field.as !== "jsonOrText" && field.as !== "spread";
