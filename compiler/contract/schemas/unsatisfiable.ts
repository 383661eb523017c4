import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Constant, JsonSchema, SchemaIr, SchemaObject, SchemaType } from "../../ir/schema.ts";
import { own } from "../../text/own.ts";
import { unsatisfiable } from "./messages.gen.ts";

/** Kinds of JSON values; integers are numbers here. */
type Kind = Exclude<SchemaType, "integer">;
const kinds: readonly Kind[] = ["null", "boolean", "object", "array", "number", "string"];

/** Warns of schemas that refuse every value although nobody wrote `false`; returns those of which it did not. */
export function reportUnsatisfiable(schemas: readonly SchemaIr[], sink: DiagnosticSink): readonly SchemaIr[] {
  const byId = new Map(schemas.map(({ id, schema }) => [`#/${id}`, schema]));
  const judge = new Judge((ref) => byId.get(ref));
  return schemas.filter(({ schema, origin, place }) => {
    const found = judge.firstImpossible(schema, "");
    if (found === undefined) return true;
    const where = found.pointer === "" ? `\`${place}\`` : `\`${found.pointer}\` of \`${place}\``;
    sink.report(unsatisfiable(origin, { where, reason: found.reason }));
    return false;
  });
}

interface Impossible {
  readonly pointer: string;
  readonly reason: string;
}

/**
 * Proves that no value is valid. It looks at what stands together in one schema, through `$ref` and `allOf`, and at the
 * alternatives of `anyOf` and `oneOf`; what it does not look at counts as possible, so it never says too much.
 */
class Judge {
  readonly #target: (ref: string) => JsonSchema | undefined;
  #reason = "";

  constructor(target: (ref: string) => JsonSchema | undefined) {
    this.#target = target;
  }

  /** The outermost schema that nothing fits; schemas behind `$ref` are looked at by themselves. */
  firstImpossible(schema: JsonSchema, pointer: string): Impossible | undefined {
    if (typeof schema === "boolean" || isRefusal(schema)) return undefined;
    this.#reason = "";
    if (this.#kindsOf([schema], 0).size === 0) return { pointer, reason: this.#reason };
    for (const [key, part] of partsOf(schema)) {
      const found = this.firstImpossible(part, `${pointer}/${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Which kinds of values can satisfy all of the schemas. */
  #kindsOf(together: readonly JsonSchema[], depth: number): ReadonlySet<Kind> {
    const parts = this.#conjunction(together);
    if (parts === undefined) return this.#none("a part of it is `false`");
    let possible = new Set<Kind>(kinds);
    for (const part of parts) {
      const types = typesOf(part);
      const kept = new Set([...possible].filter((kind) => types.has(kind)));
      if (kept.size === 0) return this.#none(`${wordsOf(possible)} and ${wordsOf(types)} have no value in common`);
      possible = kept;
    }
    const values = this.#listed(parts, possible);
    if (values !== undefined && values.length === 0) return this.#none("its lists of values have none in common");
    this.#ranges(parts, possible);
    if (possible.has("object") && depth < maxDepth) this.#object(parts, possible, depth);
    if (depth < maxDepth) for (const part of parts) this.#alternatives(part, possible, depth);
    return possible;
  }

  #none(reason: string): ReadonlySet<Kind> {
    this.#reason = reason;
    return new Set();
  }

  #without(possible: Set<Kind>, kind: Kind, reason: string): void {
    if (possible.delete(kind) && possible.size === 0) this.#reason = reason;
  }

  /** The schemas with what `$ref` and `allOf` add to them; undefined where one of them is `false`. */
  #conjunction(together: readonly JsonSchema[]): readonly SchemaObject[] | undefined {
    const parts: SchemaObject[] = [];
    const waiting = [...together];
    const seen = new Set<JsonSchema>();
    for (let schema = waiting.pop(); schema !== undefined; schema = waiting.pop()) {
      if (schema === false) return undefined;
      if (schema === true || seen.has(schema)) continue;
      seen.add(schema);
      parts.push(schema);
      waiting.push(...(schema.allOf ?? []));
      const target = schema.$ref === undefined ? undefined : this.#target(schema.$ref);
      if (target !== undefined) waiting.push(target);
      if (parts.length > maxParts) break;
    }
    return parts;
  }

  /** The values that all lists have; undefined without a list. */
  #listed(parts: readonly SchemaObject[], possible: ReadonlySet<Kind>): readonly Constant[] | undefined {
    let values: readonly Constant[] | undefined;
    for (const { enum: listed, const: constant } of parts) {
      for (const list of [listed, constant === undefined ? undefined : [constant]]) {
        if (list === undefined) continue;
        const texts = new Set(list.map((value) => JSON.stringify(value)));
        values = (values ?? list).filter((value) => texts.has(JSON.stringify(value)));
      }
    }
    return values?.filter((value) => possible.has(kindOf(value)));
  }

  #ranges(parts: readonly SchemaObject[], possible: Set<Kind>): void {
    for (const [kind, least, most] of ranges) {
      const low = Math.max(...parts.map((part) => part[least] ?? Number.NEGATIVE_INFINITY));
      const high = Math.min(...parts.map((part) => part[most] ?? Number.POSITIVE_INFINITY));
      // Bounds that stand beside each other are said to contradict where they were read.
      const isSaid = parts.some((part) => (part[least] ?? Number.NEGATIVE_INFINITY) > (part[most] ?? Number.POSITIVE_INFINITY));
      if (low > high && !isSaid) this.#without(possible, kind, `\`${least}\` is ${low} and \`${most}\` is ${high}`);
    }
  }

  #object(parts: readonly SchemaObject[], possible: Set<Kind>, depth: number): void {
    for (const name of new Set(parts.flatMap(({ required }) => required ?? []))) {
      const said = parts.flatMap((part) => this.#saidOf(part, name));
      if (said.includes(false)) {
        this.#without(possible, "object", `\`${name}\` is required, and \`additionalProperties: false\` does not list it`);
        return;
      }
      if (said.length > 1 && !said.some(isRefusalOrTrue) && this.#kindsOf(said, depth + 1).size === 0) {
        this.#without(possible, "object", `nothing fits the required \`${name}\`: ${this.#reason}`);
        return;
      }
    }
  }

  /** What a part says of a property. */
  #saidOf(part: SchemaObject, name: string): readonly JsonSchema[] {
    const property = own(part.properties, name);
    if (property !== undefined) return [property];
    if (part.patternProperties !== undefined) return [];
    return part.additionalProperties === false ? [false] : [];
  }

  #alternatives(part: SchemaObject, possible: Set<Kind>, depth: number): void {
    for (const keyword of ["anyOf", "oneOf"] as const) {
      const written = part[keyword];
      if (written === undefined) continue;
      const choices = keyword === "oneOf" ? withoutTwins(written, this.#target) : written;
      if (choices.length === 0 && written.length > 0) {
        possible.clear();
        this.#reason = "the alternatives of `oneOf` say the same, so that a value fits several of them or none";
        return;
      }
      const open = new Set(choices.flatMap((choice) => [...this.#kindsOf([choice], depth + 1)]));
      for (const kind of kinds) if (!open.has(kind)) this.#without(possible, kind, `no alternative of \`${keyword}\` is left`);
    }
  }
}

const maxDepth = 4;
const maxParts = 200;

/** `false` written on purpose: `not: {}`, an empty list of values, or what a view does not let pass. */
const isRefusal = (schema: SchemaObject): boolean =>
  schema["x-gatewright-refused"] !== undefined ||
  schema.not === true ||
  (typeof schema.not === "object" && Object.keys(schema.not).length === 0) ||
  schema.enum?.length === 0;

const isRefusalOrTrue = (schema: JsonSchema): boolean => schema === true || (typeof schema === "object" && isRefusal(schema));

function typesOf({ type, enum: listed }: SchemaObject): ReadonlySet<Kind> {
  if (type !== undefined) return new Set([type].flat().map((each) => (each === "integer" ? "number" : (each as Kind))));
  return new Set(listed === undefined || listed.length === 0 ? kinds : listed.map(kindOf));
}

function kindOf(value: Constant): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as Kind;
}

const wordsOf = (types: ReadonlySet<Kind>): string => (types.size === kinds.length ? "any value" : [...types].join(" or "));

const ranges = [
  ["number", "minimum", "maximum"],
  ["string", "minLength", "maxLength"],
  ["array", "minItems", "maxItems"],
  ["object", "minProperties", "maxProperties"],
] as const satisfies readonly (readonly [Kind, keyof SchemaObject, keyof SchemaObject])[];

/** Of alternatives that say the same, none can be the only one that a value fits. */
function withoutTwins(choices: readonly JsonSchema[], target: (ref: string) => JsonSchema | undefined): readonly JsonSchema[] {
  const said = choices.map((choice) => {
    const isReference = typeof choice === "object" && choice.$ref !== undefined && Object.keys(choice).length === 1;
    return JSON.stringify(isReference ? (target(choice.$ref!) ?? choice) : choice);
  });
  return choices.filter((_, index) => said.filter((text) => text === said[index]).length === 1);
}

/** Schemas inside of a schema that a value has to meet somewhere; alternatives may be impossible each. */
function* partsOf(schema: SchemaObject): Generator<readonly [key: string, part: JsonSchema]> {
  for (const [name, part] of Object.entries(schema.properties ?? {})) yield [`properties/${name}`, part];
  for (const key of ["items", "additionalProperties", "contains"] as const) {
    const part = schema[key];
    if (part !== undefined) yield [key, part];
  }
  for (const [index, part] of (schema.allOf ?? []).entries()) yield [`allOf/${index}`, part];
}
