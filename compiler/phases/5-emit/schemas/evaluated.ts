import type { JsonSchema, SchemaObject } from "../../../ir/schema.ts";
import { own } from "../../../text/own.ts";
import { property } from "./object-checks.ts";
import { holds, isReference } from "./part-checks.ts";
import { isOfType } from "./types.ts";
import { literal, type ValidatorWriter } from "./validator-writer.ts";

/**
 * `unevaluatedProperties` and `unevaluatedItems` (JSON Schema 2020-12 §11) need to know what the keywords beside them
 * have looked at, through references and whichever alternatives hold. For schemas that are asked for it, a second
 * function is printed: it adds the names or positions that its schema evaluates in a value to a set. It is only called
 * with values that are valid.
 */
export function writeEvaluatedCalls(
  schema: SchemaObject,
  text: string,
  seen: string,
  hint: string,
  type: "object" | "array" | "any",
  writer: ValidatorWriter,
): void {
  if (type !== "array")
    guarded("object", type, text, () => evaluatedProperties(schema, text, seen, writer), hasProperties(schema), writer);
  if (type !== "object")
    guarded("array", type, text, () => evaluatedItems(schema, text, seen, hint, writer), hasItems(schema), writer);
  if (schema.$ref !== undefined) call({ $ref: schema.$ref }, text, seen, hint, writer);
  for (const [index, part] of (schema.allOf ?? []).entries()) call(part, text, seen, `${hint} part ${index + 1}`, writer);
  for (const part of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])])
    callWhereHolds(part, text, seen, `${hint} option`, writer);
  for (const target of new Set(Object.values(schema["x-gatewright-discriminator"]?.cases ?? {})))
    callWhereHolds({ $ref: target }, text, seen, hint, writer);
  if (schema.if !== undefined) {
    writer.block(
      `if (${holds(schema.if, text, `${hint} if`, writer)})`,
      () => {
        call(schema.if!, text, seen, `${hint} if`, writer);
        if (schema.then !== undefined) call(schema.then, text, seen, `${hint} then`, writer);
      },
      "} else {",
    );
    writer.module.indented(() => {
      if (schema.else !== undefined) call(schema.else, text, seen, `${hint} else`, writer);
    });
    writer.line("}");
  }
  for (const [name, part] of Object.entries(schema.dependentSchemas ?? {})) {
    if (typeof part === "boolean" || !mayEvaluate(part)) continue;
    const condition = `${writer.runtime("values", "isObject")}(${text}) && ${property(text, name, writer)} !== undefined`;
    writer.block(`if (${condition})`, () => call(part, text, seen, `${hint} ${name}`, writer));
  }
}

function guarded(
  type: "object" | "array",
  known: string,
  text: string,
  write: () => void,
  isNeeded: boolean,
  writer: ValidatorWriter,
): void {
  if (!isNeeded) return;
  if (known === type) write();
  else writer.block(`if (${isOfType(type, text, writer)})`, write);
}

const hasProperties = (schema: SchemaObject): boolean =>
  schema.properties !== undefined ||
  schema.patternProperties !== undefined ||
  schema.additionalProperties !== undefined ||
  schema.unevaluatedProperties !== undefined;

const hasItems = (schema: SchemaObject): boolean =>
  schema.prefixItems !== undefined ||
  schema.items !== undefined ||
  schema.contains !== undefined ||
  schema.unevaluatedItems !== undefined;

function evaluatedProperties(schema: SchemaObject, text: string, seen: string, writer: ValidatorWriter): void {
  const key = writer.variable("key");
  if (schema.additionalProperties !== undefined || schema.unevaluatedProperties !== undefined) {
    writer.line(`for (const ${key} in ${text}) ${seen}.add(${key});`);
    return;
  }
  // Names are added whether the value has them or not: nothing else is asked of the set.
  for (const name of Object.keys(schema.properties ?? {})) writer.line(`${seen}.add(${literal(name)});`);
  const conditions = Object.keys(schema.patternProperties ?? {}).flatMap((pattern) => {
    const guard = own(schema["x-gatewright-pattern-guards"], pattern);
    const expression = writer.pattern(pattern, guard);
    if (expression === undefined) return [];
    const test = `${expression}.test(${key})`;
    // A longer name was refused where the members were checked.
    return [typeof guard === "number" ? `(${key}.length <= ${guard} && ${test})` : test];
  });
  if (conditions.length === 0) return;
  writer.line(`for (const ${key} in ${text}) if (${conditions.join(" || ")}) ${seen}.add(${key});`);
}

function evaluatedItems(schema: SchemaObject, text: string, seen: string, hint: string, writer: ValidatorWriter): void {
  const index = writer.variable("index");
  const count =
    schema.items !== undefined || schema.unevaluatedItems !== undefined ? undefined : (schema.prefixItems ?? []).length;
  if (count === undefined) {
    writer.line(`for (let ${index} = 0; ${index} < ${text}.length; ${index}++) ${seen}.add(${index});`);
    return;
  }
  if (count > 0) writer.line(`for (let ${index} = 0; ${index} < ${count}; ${index}++) ${seen}.add(${index});`);
  if (schema.contains === undefined) return;
  const at = writer.variable("at");
  const condition = holds(schema.contains, `${text}[${at}]`, `${hint} kind`, writer);
  writer.line(`for (let ${at} = 0; ${at} < ${text}.length; ${at}++) if (${condition}) ${seen}.add(${at});`);
}

function call(part: JsonSchema, text: string, seen: string, hint: string, writer: ValidatorWriter): void {
  if (typeof part === "boolean" || !mayEvaluate(part)) return;
  const name = isReference(part) ? writer.evaluatedReference(part.$ref) : writer.localEvaluated(part, `${hint} evaluated`);
  writer.line(`${name}(${text}, ${seen}${writer.costs.takesRun(part) ? ", run" : ""});`);
}

function callWhereHolds(part: JsonSchema, text: string, seen: string, hint: string, writer: ValidatorWriter): void {
  if (typeof part === "boolean" || !mayEvaluate(part)) return;
  writer.block(`if (${holds(part, text, hint, writer)})`, () => call(part, text, seen, hint, writer));
}

const mayEvaluate = (schema: SchemaObject): boolean => evaluating.some((keyword) => schema[keyword] !== undefined);

const evaluating = [
  "$ref",
  "properties",
  "patternProperties",
  "additionalProperties",
  "unevaluatedProperties",
  "prefixItems",
  "items",
  "contains",
  "unevaluatedItems",
  "allOf",
  "anyOf",
  "oneOf",
  "if",
  "dependentSchemas",
  "x-gatewright-discriminator",
] as const satisfies readonly (keyof SchemaObject)[];
