import { emittedIn } from "../../ir/config-nodes.ts";
import type { OperationIr } from "../../ir/gateway.ts";
import type { ParameterIr } from "../../ir/parameter.ts";
import type { Constant, JsonSchema, SchemaIr } from "../../ir/schema.ts";
import type { StepIr } from "../../ir/step.ts";
import type { Fields } from "./condition-fields.ts";
import { type Keywords, samplesFor, takesText } from "./scalar-keywords.ts";

/** Texts for what is open. */
export const fillers = ["x", "1", "true", "z9"];

/** What an operation takes for one parameter, as far as it can be told without running its validator. */
export interface PathValue {
  readonly takes: (text: string) => boolean;
  /** Texts that it may take, as they stand in a path: values that the schema lists or describes. */
  readonly samples: readonly string[];
}

type Schemas = ReadonlyMap<string, SchemaIr>;

/** By name. Only what a step enforces on every request: everything else reaches the service. */
export function pathValuesOf(operation: OperationIr, schemas: Schemas): ReadonlyMap<string, PathValue> {
  const values = new Map<string, PathValue>();
  for (const parameter of enforcedParameters(operation)) {
    const value = parameter.in === "path" ? valueOf(parameter, schemas) : undefined;
    if (value !== undefined) values.set(parameter.name, value);
  }
  return values;
}

/** What has to be in every request beside its path, as far as a text for it is found. */
export function requiredFieldsOf(operation: OperationIr, schemas: Schemas): Fields {
  const fields: Fields = { headers: new Map(), query: new Map() };
  for (const parameter of enforcedParameters(operation)) {
    if (!parameter.required || (parameter.in !== "query" && parameter.in !== "header")) continue;
    const value = valueOf(parameter, schemas);
    const text = [...fillers, ...(value?.samples ?? [])].find((each) => value?.takes(each));
    if (text === undefined) continue;
    if (parameter.in === "query") fields.query.set(parameter.name, decoded(text));
    else fields.headers.set(parameter.name.toLowerCase(), decoded(text));
  }
  return fields;
}

function enforcedParameters(operation: OperationIr): readonly ParameterIr[] {
  const readers = operation.steps.flatMap((step) => (isEnforced(step) ? emittedIn(step.config, "parameterReader") : []));
  return readers.flatMap(({ parameters }) => parameters);
}

function isEnforced({ when, mode, config }: StepIr): boolean {
  const reportsRequest =
    typeof config === "object" && config !== null && "enforceRequest" in config && config.enforceRequest === false;
  return when === undefined && mode === "enforce" && !reportsRequest;
}

function valueOf({ style, content, enforced, shape, schema }: ParameterIr, schemas: Schemas): PathValue | undefined {
  const isScalar = shape.items === undefined && shape.properties === undefined && shape.additional === undefined;
  if ((style !== "simple" && style !== "form") || content !== undefined || enforced !== "value" || !isScalar) return undefined;
  const keywords = schema === undefined ? [] : keywordsOf({ $ref: `#/${schema}` }, schemas, 0);
  const isOfType = (text: string): boolean => shape.scalar.some((type) => textsOfType[type].test(text));
  const takes = (text: string): boolean => {
    const plain = decoded(text);
    return isOfType(text) && keywords.every((each) => isListed(plain, each) && takesText(plain, each, shape.scalar));
  };
  const listed = keywords.flatMap((each) => valuesIn(each)?.map(textOf) ?? []);
  const samples = [...listed, ...samplesFor(keywords, shape.scalar)].flatMap((text) => encoded(text) ?? []).filter(takes);
  // Where no text is found that it takes, all of them count: what is not understood closes no door.
  return [...fillers, ...samples].some(takes) ? { takes, samples } : undefined;
}

/** How a scalar is written in a path. */
const textsOfType: Readonly<Record<ParameterIr["shape"]["scalar"][number], RegExp>> = {
  null: /^(null)?$/,
  boolean: /^(true|false)$/,
  integer: /^-?(0|[1-9]\d*)$/,
  number: /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/,
  string: /^/,
};

/** The parts of a schema that all have to hold. What `anyOf` and the like say is not looked at. */
function keywordsOf(schema: JsonSchema, schemas: Schemas, depth: number): readonly Keywords[] {
  if (typeof schema === "boolean" || depth > 8) return [];
  const referred = schema.$ref === undefined ? undefined : schemas.get(schema.$ref.slice(2))?.schema;
  const parts = [...(referred === undefined ? [] : [referred]), ...(schema.allOf ?? [])];
  return [schema, ...parts.flatMap((part) => keywordsOf(part, schemas, depth + 1))];
}

const valuesIn = (keywords: Keywords): readonly Constant[] | undefined =>
  keywords.const === undefined ? keywords.enum : [keywords.const];

const isListed = (text: string, keywords: Keywords): boolean =>
  valuesIn(keywords)?.some((value) => textOf(value) === text) ?? true;

const textOf = (value: Constant): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Undefined for half of a surrogate pair, which no path can hold. */
const encoded = (text: string): string | undefined => (/[\ud800-\udfff]/u.test(text) ? undefined : encodeURIComponent(text));

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
