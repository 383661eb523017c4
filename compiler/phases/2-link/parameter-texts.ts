import { textsOfPattern } from "../../contract/schemas/patterns/finite.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import type { SpecOperation } from "./spec-operations.ts";

/** All texts that a path parameter of an operation can have; undefined where its `enum` or `pattern` does not list them. */
export function parameterTexts(
  { item, operation }: SpecOperation,
  spec: SpecSource,
): (name: string) => readonly string[] | undefined {
  return (name) => {
    const written = [operation, item].flatMap(({ parameters }): readonly JsonValue[] =>
      Array.isArray(parameters) ? parameters : [],
    );
    for (const each of written) {
      const parameter = resolved(each, spec);
      if (parameter?.in === "path" && parameter.name === name) return schemaTexts(resolved(parameter.schema, spec));
    }
    return undefined;
  };
}

function schemaTexts(schema: JsonObject | undefined): readonly string[] | undefined {
  const listed = schema?.enum ?? (schema?.const === undefined ? undefined : [schema.const]);
  if (Array.isArray(listed))
    return listed.every((value: JsonValue) => typeof value === "string") ? (listed as readonly string[]) : undefined;
  return typeof schema?.pattern === "string" ? textsOfPattern(schema.pattern) : undefined;
}

function resolved(node: JsonValue | undefined, spec: SpecSource): JsonObject | undefined {
  if (typeof node !== "object" || node === null || Array.isArray(node)) return undefined;
  const holder = node as JsonObject;
  return typeof holder.$ref === "string" ? spec.resolve(holder) : holder;
}
