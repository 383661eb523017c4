import type { DiagnosticSink } from "../../../diagnostics/sink.ts";
import type { Constant, JsonSchema, SchemaIr, SchemaObject } from "../../../ir/schema.ts";
import { list } from "../../../text/words.ts";
import { oneofNull, oneofOverlap } from "../messages.gen.ts";
import { evaluate, type SchemaAt } from "./evaluate.ts";
import { type Extent, sample } from "./sample.ts";

/**
 * Warns of `oneOf` where whatever is of one alternative is of another one as well, so that no value of it can be valid. An
 * alternative counts where both its smallest sample and one with every property are of another alternative. Also warns of
 * one in which several alternatives name null. `all`: those that the looked-at ones may refer to.
 */
export function reportOverlaps(all: readonly SchemaIr[], schemas: readonly SchemaIr[], sink: DiagnosticSink): void {
  const byRef = new Map(all.map((schema) => [`#/${schema.id}`, schema]));
  const at: SchemaAt = (ref) => byRef.get(ref)?.schema;
  const nameOf = (part: JsonSchema, index: number): string => {
    const ref = typeof part === "object" ? part.$ref : undefined;
    const place = ref === undefined ? undefined : byRef.get(ref)?.place;
    return place === undefined ? `alternative ${index + 1}` : `\`${place.replace(/^components\.schemas\./, "")}\``;
  };
  for (const { schema, origin, place } of schemas) {
    for (const { oneOf: parts, ...beside } of oneOfsIn(schema)) {
      const namesOf = (indices: readonly number[]): string => list(indices.map((index) => nameOf(parts[index]!, index)));
      const overlap = overlapOf(parts, at);
      const nullable = overlap === undefined ? nullableOf(parts, beside, at) : [];
      if (overlap !== undefined)
        sink.report(oneofOverlap(origin, { place, witness: shown(overlap.witness), kinds: namesOf(overlap.kinds) }));
      else if (nullable.length > 1) sink.report(oneofNull(origin, { place, kinds: namesOf(nullable) }));
    }
  }
}

interface Overlap {
  readonly witness: Constant;
  /** Indices of the alternatives that it is of. */
  readonly kinds: readonly number[];
}

function overlapOf(parts: readonly JsonSchema[], at: SchemaAt): Overlap | undefined {
  if (parts.length > mostAlternatives) return undefined;
  for (const [index, part] of parts.entries()) {
    const kindsOf = (extent: Extent): Overlap | undefined => {
      const witness = sample(part, extent, at, { left: mostSteps });
      const isOf = (kind: JsonSchema): boolean =>
        witness !== undefined && evaluate(kind, witness, at, { left: mostSteps }) === true;
      if (witness === undefined || !isOf(part)) return undefined;
      const kinds = parts.flatMap((other, number) => (number === index || isOf(other) ? [number] : []));
      return kinds.length > 1 ? { witness, kinds } : undefined;
    };
    const least = kindsOf("least");
    const all = least === undefined ? undefined : kindsOf("all");
    if (all?.kinds.some((kind) => kind !== index && least!.kinds.includes(kind))) return all;
  }
  return undefined;
}

const mostSteps = 2000;

/** Each is compared with each. */
const mostAlternatives = 50;

/**
 * The alternatives that name null as a value of theirs, where what stands beside `oneOf` lets it pass. One that says nothing
 * of types lets null pass as well, and does not mean it.
 */
function nullableOf(parts: readonly JsonSchema[], beside: SchemaObject, at: SchemaAt): readonly number[] {
  const isPossible = evaluate(beside, null, at, { left: mostSteps }) === true;
  if (!isPossible || parts.length > mostAlternatives) return [];
  return [...parts.keys()].filter(
    (index) => namesNull(parts[index]!, at, 0) && evaluate(parts[index]!, null, at, { left: mostSteps }) === true,
  );
}

function namesNull(schema: JsonSchema, at: SchemaAt, depth: number): boolean {
  if (typeof schema === "boolean" || depth > deepest) return false;
  const parts = [...(schema.$ref === undefined ? [] : [at(schema.$ref) ?? true]), ...(schema.allOf ?? [])];
  return (
    [schema.type].flat().includes("null") ||
    schema.const === null ||
    schema.enum?.includes(null) === true ||
    [...parts, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].some((part) => namesNull(part, at, depth + 1))
  );
}

/** Of schemas in schemas. */
const deepest = 6;

/** Every schema with a `oneOf` of a schema and of those written inside of it. Where a discriminator decides, there is none. */
function* oneOfsIn(schema: JsonSchema): Generator<SchemaObject & Required<Pick<SchemaObject, "oneOf">>> {
  if (typeof schema === "boolean") return;
  const { oneOf } = schema;
  if (oneOf !== undefined && schema["x-gatewright-discriminator"] === undefined) yield { ...schema, oneOf };
  for (const part of partsOf(schema)) yield* oneOfsIn(part);
}

const partsOf = ({
  properties,
  patternProperties,
  items,
  additionalProperties,
  prefixItems,
  ...rest
}: SchemaObject): JsonSchema[] => [
  ...Object.values(properties ?? {}),
  ...Object.values(patternProperties ?? {}),
  ...(prefixItems ?? []),
  ...(rest.allOf ?? []),
  ...(rest.anyOf ?? []),
  ...(rest.oneOf ?? []),
  ...[items, additionalProperties].filter((part) => part !== undefined),
];

function shown(witness: Constant): string {
  const text = JSON.stringify(witness);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
