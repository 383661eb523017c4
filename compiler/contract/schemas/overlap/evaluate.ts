import type { Constant, JsonSchema, SchemaObject, SchemaType } from "../../../ir/schema.ts";
import { own } from "../../../text/own.ts";

export type SchemaAt = (ref: string) => JsonSchema | undefined;

/** Steps that are left for one question: schemas that refer to each other can be asked in more ways than anybody can wait for. */
export interface Budget {
  left: number;
}

/** Undefined: it cannot be told here. */
export type Verdict = boolean | undefined;

/** Values that contain themselves in a schema are not followed deeper. */
const deepest = 24;

/** Whether a value is valid, as far as plain keywords tell. */
export function evaluate(schema: JsonSchema, value: Constant, at: SchemaAt, budget: Budget, depth = 0): Verdict {
  if (typeof schema === "boolean") return schema;
  if (depth > deepest || --budget.left < 0) return undefined;
  let verdict: Verdict = true;
  for (const [keyword, written] of Object.entries(schema) as [keyof SchemaObject, never][]) {
    const judge = own(judges, keyword);
    const found =
      judge === undefined
        ? undefined
        : judge(written, value, schema, (part, inner) => evaluate(part, inner, at, budget, depth + 1), at);
    if (found === false) return false;
    if (found === undefined) verdict = undefined;
  }
  return verdict;
}

type Ask = (schema: JsonSchema, value: Constant) => Verdict;
type Judge = (written: never, value: Constant, schema: SchemaObject, ask: Ask, at: SchemaAt) => Verdict;

const judge = <Written>(
  of: (written: Written, value: Constant, schema: SchemaObject, ask: Ask, at: SchemaAt) => Verdict,
): Judge => of as Judge;

/** A keyword that asks nothing of values of other types. */
const ofNumber = (holds: (value: number, bound: number) => boolean): Judge =>
  judge<number>((bound, value) => typeof value !== "number" || holds(value, bound));
const ofText = (holds: (length: number, bound: number) => boolean): Judge =>
  judge<number>((bound, value) => typeof value !== "string" || holds([...value].length, bound));
const ofList = (holds: (length: number, bound: number) => boolean): Judge =>
  judge<number>((bound, value) => !Array.isArray(value) || holds(value.length, bound));
const ofObject = (holds: (size: number, bound: number) => boolean): Judge =>
  judge<number>((bound, value) => !isRecord(value) || holds(Object.keys(value).length, bound));
const atLeast = (value: number, bound: number): boolean => value >= bound;
const atMost = (value: number, bound: number): boolean => value <= bound;

const judges: Readonly<Partial<Record<string, Judge>>> = {
  $ref: judge<string>((ref, value, _, ask, at) => ask(at(ref) ?? true, value)),
  type: judge<SchemaType | readonly SchemaType[]>((types, value) => [types].flat().some((type) => isOf(value, type))),
  enum: judge<readonly Constant[]>((list, value) => list.some((each) => isEqual(each, value))),
  const: judge<Constant>((only, value) => isEqual(only, value)),
  format: judge<string>((_, value) => (typeof value === "string" ? undefined : true)),
  pattern: judge<string>((_, value) => (typeof value === "string" ? undefined : true)),
  minimum: ofNumber(atLeast),
  maximum: ofNumber(atMost),
  exclusiveMinimum: ofNumber((value, bound) => value > bound),
  exclusiveMaximum: ofNumber((value, bound) => value < bound),
  multipleOf: ofNumber((value, bound) => value % bound === 0),
  minLength: ofText(atLeast),
  maxLength: ofText(atMost),
  minItems: ofList(atLeast),
  maxItems: ofList(atMost),
  minProperties: ofObject(atLeast),
  maxProperties: ofObject(atMost),
  uniqueItems: judge<boolean>((_, value) => (Array.isArray(value) && value.length > 1 ? undefined : true)),
  items: judge<JsonSchema>((items, value, { prefixItems }, ask) =>
    !Array.isArray(value) ? true : prefixItems === undefined ? every(value, (item: Constant) => ask(items, item)) : undefined,
  ),
  required: judge<readonly string[]>((names, value) => !isRecord(value) || names.every((name) => Object.hasOwn(value, name))),
  properties: judge<Readonly<Record<string, JsonSchema>>>((properties, value, _, ask) =>
    !isRecord(value)
      ? true
      : every(Object.entries(properties), ([name, property]) => {
          const inner = own(value, name);
          return inner === undefined ? true : ask(property, inner);
        }),
  ),
  additionalProperties: judge<JsonSchema>((additional, value, { properties = {}, patternProperties }, ask) => {
    if (!isRecord(value)) return true;
    if (patternProperties !== undefined) return undefined;
    const others = Object.entries(value).filter(([name]) => !Object.hasOwn(properties, name));
    return every(others, ([, inner]) => ask(additional, inner));
  }),
  allOf: judge<readonly JsonSchema[]>((parts, value, _, ask) => every(parts, (part) => ask(part, value))),
  anyOf: judge<readonly JsonSchema[]>((parts, value, _, ask) => {
    const found = parts.map((part) => ask(part, value));
    return found.includes(true) ? true : found.includes(undefined) ? undefined : false;
  }),
  oneOf: judge<readonly JsonSchema[]>((parts, value, _, ask) => {
    const found = parts.map((part) => ask(part, value));
    const held = found.filter((each) => each === true).length;
    return held > 1 ? false : found.includes(undefined) ? undefined : held === 1;
  }),
  not: judge<JsonSchema>((part, value, _, ask) => {
    const found = ask(part, value);
    return found === undefined ? undefined : !found;
  }),
};

/** False where one is, undefined where one cannot be told. */
function every<Item>(items: readonly Item[], verdict: (item: Item) => Verdict): Verdict {
  let all: Verdict = true;
  for (const item of items) {
    const found = verdict(item);
    if (found === false) return false;
    if (found === undefined) all = undefined;
  }
  return all;
}

const isRecord = (value: Constant): value is { readonly [key: string]: Constant } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isOf(value: Constant, type: SchemaType): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isRecord(value);
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}

/** Members of objects in any order. */
function isEqual(a: Constant, b: Constant): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item: Constant, index) => isEqual(item, b[index]!));
  if (!isRecord(a) || !isRecord(b)) return a === b;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isEqual(a[name]!, b[name]!));
}
