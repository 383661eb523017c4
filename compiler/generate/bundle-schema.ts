import { posix } from "node:path";
import type { JsonSchema } from "../../schema/schemas.gen.ts";
import { camelCase } from "../text/words.ts";
import { mapSchema } from "./map-schema.ts";

/** Schema files by path below `schema/` without `.json`. */
export type SchemaFiles = ReadonlyMap<string, JsonSchema>;

/**
 * One schema without references to other files: what it needs of them is copied into its `definitions`.
 *
 * @param missing hears of references that lead nowhere; the place accepts anything then
 */
export function bundleSchema(entry: string, files: SchemaFiles, missing: (reference: string) => void): JsonSchema {
  const definitions = new Map<string, JsonSchema>();

  function rewrite(schema: JsonSchema, file: string): JsonSchema {
    return mapSchema(schema, (inner) => {
      if (inner.$ref === undefined) return inner;
      const target = resolve(inner.$ref, file);
      const found = lookUp(inner.$ref, file, files);
      const { $ref, ...beside } = inner;
      if (found === undefined) {
        missing(`schema/${file}.json: ${$ref}`);
        return beside;
      }
      const name = definitionKey(target.file, target.pointer, entry);
      if (!definitions.has(name)) {
        definitions.set(name, {});
        definitions.set(name, rewrite(withoutHead(found), target.file));
      }
      return { ...beside, $ref: `#/definitions/${name}` };
    });
  }

  const { definitions: _own, ...root } = files.get(entry) ?? {};
  const bundled = rewrite(root, entry);
  const sorted = [...definitions].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0 ? bundled : { ...bundled, definitions: Object.fromEntries(sorted) };
}

/** What belongs to a file, not to the schema as a part of another one. */
function withoutHead(schema: JsonSchema): JsonSchema {
  const { $schema: _dialect, $comment: _comment, definitions: _definitions, ...rest } = schema;
  return rest;
}

interface Target {
  readonly file: string;
  /** Name under `definitions`; undefined for the whole file. */
  readonly pointer: string | undefined;
}

function resolve(reference: string, from: string): Target {
  const [path = "", fragment = ""] = reference.split("#");
  const file = path === "" ? from : posix.join(posix.dirname(from), path).replace(/\.json$/, "");
  return { file, pointer: fragment === "" ? undefined : fragment.replace("/definitions/", "") };
}

/** What a reference in a file leads to. */
export function lookUp(reference: string, from: string, files: SchemaFiles): JsonSchema | undefined {
  const { file, pointer } = resolve(reference, from);
  return pointer === undefined ? files.get(file) : files.get(file)?.definitions?.[pointer];
}

/** What a file is, for the name of its definition. */
const suffixes: Readonly<Record<string, string>> = {
  policies: "Policy",
  "resources/exporters": "Exporter",
  "resources/identity": "Scheme",
  "resources/listeners": "Listener",
  "resources/services": "",
  "resources/stores": "Store",
};

/** `policies/rate-limit` → `rateLimitPolicy`, its definition `key` → `rateLimitPolicyKey`; those of the entry keep their names. */
function definitionKey(file: string, pointer: string | undefined, entry: string): string {
  if (file === entry && pointer !== undefined) return pointer;
  // The combined schema names its definitions after the policies; bundled, they look like those from files of their own.
  if (file === "policies" && pointer !== undefined) return /^[a-z]\w*$/.test(pointer) ? `${pointer}Policy` : pointer;
  const parts = file.split("/");
  const name = camelCase(parts.at(-1)!);
  const base = parts.length === 1 ? name : `${name}${suffixes[parts.slice(0, -1).join("/")] ?? ""}`;
  return pointer === undefined ? base : `${base}${pointer[0]!.toUpperCase()}${pointer.slice(1)}`;
}
