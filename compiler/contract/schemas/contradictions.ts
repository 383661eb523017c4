import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Positions } from "../../ir/positions.ts";
import type { Constant, SchemaObject, SchemaType } from "../../ir/schema.ts";
import type { JsonObject } from "../../source/source-set.ts";
import { contradiction, impossibleValue } from "./messages.gen.ts";

/** Warns where the keywords of one schema leave no value, or a listed value cannot be one. */
export function checkContradictions(schema: SchemaObject, node: JsonObject, positions: Positions, sink: DiagnosticSink): void {
  for (const [least, most] of ranges) {
    const low = schema[least];
    const high = schema[most];
    if (
      low === undefined ||
      high === undefined ||
      low < high ||
      (low === high && !least.startsWith("ex") && !most.startsWith("ex"))
    )
      continue;
    sink.report(
      contradiction(
        positions.value(node, least),
        {
          reason: `\`${least}\` is ${low} and \`${most}\` is ${high}`,
          help: `Make \`${most}\` the greater one, or remove one of the two.`,
        },
        {
          related: [{ origin: positions.value(node, most), text: "the other bound" }],
        },
      ),
    );
  }
  const types = schema.type === undefined ? undefined : typeof schema.type === "string" ? [schema.type] : schema.type;
  const listed = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  if (types === undefined) return;
  const key = schema.enum === undefined ? "const" : "enum";
  for (const [index, value] of listed.entries()) {
    if (types.some((type) => isOf(value, type))) continue;
    const list = node[key];
    const at = Array.isArray(list) ? positions.value(list, index) : positions.value(node, key);
    sink.report(
      impossibleValue(at, {
        value: JSON.stringify(value),
        type: types.join(" or "),
      }),
    );
  }
}

const ranges = [
  ["minimum", "maximum"],
  ["exclusiveMinimum", "maximum"],
  ["minimum", "exclusiveMaximum"],
  ["exclusiveMinimum", "exclusiveMaximum"],
  ["minLength", "maxLength"],
  ["minItems", "maxItems"],
  ["minProperties", "maxProperties"],
] as const satisfies readonly (readonly [keyof SchemaObject, keyof SchemaObject])[];

function isOf(value: Constant, type: SchemaType): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}
