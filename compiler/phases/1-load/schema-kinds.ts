import { posix } from "node:path";
import { type JsonSchema, schemas } from "../../../schema/schemas.gen.ts";
import { type JsonKind, kindOf, words } from "../../source/json-kind.ts";
import type { JsonValue } from "../../source/source-set.ts";
import { formats } from "../../text/formats.ts";
import { list } from "../../text/words.ts";

/** A schema and the file it was written in, to which its references are relative. */
export interface LocatedSchema {
  readonly schema: JsonSchema;
  readonly file: string;
}

/** `#/definitions/x`, `policies.json`, `../secret.json`, `other.json#/definitions/x`; keywords beside `$ref` are only documentation. */
export function followSchemaRef(located: LocatedSchema): LocatedSchema {
  let { schema, file } = located;
  while (schema.$ref !== undefined) {
    const [path = "", pointer = ""] = schema.$ref.split("#");
    if (path !== "") file = posix.join(posix.dirname(file), path.replace(/\.json$/, ""));
    const root = schemas[file];
    const name = pointer.replace("/definitions/", "");
    const target = pointer === "" ? root : root?.definitions?.[name];
    if (target === undefined) throw new Error(`a schema refers to ${schema.$ref}, which is not there`);
    schema = target;
  }
  return { schema, file };
}

const allKinds: readonly (JsonKind | "integer")[] = ["object", "array", "string", "number", "boolean", "null"];

/** Which kinds of JSON values can have that schema at all. */
export function schemaKinds(located: LocatedSchema): ReadonlySet<JsonKind | "integer"> {
  const { schema, file } = followSchemaRef(located);
  if (schema.anyOf !== undefined) return new Set(schema.anyOf.flatMap((branch) => [...schemaKinds({ schema: branch, file })]));
  if (schema.type !== undefined) return new Set([schema.type].flat() as (JsonKind | "integer")[]);
  if (schema.enum !== undefined) return new Set(schema.enum.map((value) => kindOf(value as JsonValue)));
  return new Set(allKinds);
}

/** `a whole number or text`. */
export function schemaWords(located: LocatedSchema): string {
  const { schema, file } = followSchemaRef(located);
  if (schema.enum !== undefined)
    return list(
      schema.enum.map((value) => `\`${String(value)}\``),
      "or",
    );
  if (schema.anyOf !== undefined)
    return list([...new Set(schema.anyOf.map((branch) => schemaWords({ schema: branch, file })))], "or");
  const format = schema.type === "string" && schema.format !== undefined ? formats[schema.format] : undefined;
  if (format !== undefined) return format.asKind ?? format.noun;
  return list(
    [...schemaKinds({ schema, file })].map((kind) => words[kind]),
    "or",
  );
}
