import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import { entriesOf, isObject, resolved } from "./spec-tree.ts";

/**
 * Names of properties of a form that are files, of whose content its schema says nothing wherever it speaks of them: they
 * need not be held. With the least number of each, as far as it has to be there. Empty where the schema has a keyword that might look at them in another way.
 */
export function streamedFiles(schema: JsonValue | undefined, spec: SpecSource): ReadonlyMap<string, number> {
  const found: Found = { files: new Map(), others: new Set() };
  if (!look(schema, spec, found, 0)) return new Map();
  return new Map([...found.files].filter(([name]) => !found.others.has(name)));
}

interface Found {
  readonly files: Map<string, number>;
  /** Something is said of their content somewhere. */
  readonly others: Set<string>;
}

/** False: there is no telling what the schema says. */
function look(schema: JsonValue | undefined, spec: SpecSource, found: Found, depth: number): boolean {
  if (schema === true) return true;
  const own = target(schema, spec);
  if (own === undefined || depth > 8) return false;
  for (const [keyword, value] of Object.entries(own)) {
    if (harmless.has(keyword) || keyword.startsWith("x-")) continue;
    if (keyword === "properties") {
      for (const [name, property] of entriesOf(value)) {
        if (isFile(property, spec)) found.files.set(name, Math.max(found.files.get(name) ?? 1, leastOf(property, spec)));
        else found.others.add(name);
      }
    } else if (keyword === "allOf" || keyword === "anyOf" || keyword === "oneOf") {
      if (!Array.isArray(value) || !value.every((part: JsonValue) => look(part, spec, found, depth + 1))) return false;
    } else if (keyword === "additionalProperties" || keyword === "unevaluatedProperties") {
      if (typeof value !== "boolean") return false;
    } else return false;
  }
  return true;
}

/** One file, or a list of them. */
function isFile(schema: JsonValue, spec: SpecSource): boolean {
  const own = target(schema, spec);
  if (own === undefined) return false;
  if (own.type === "array") return isObject(own.items) && isBytes(own.items, spec) && saysOnly(own, listKeywords);
  return isBytes(own, spec);
}

function leastOf(schema: JsonValue, spec: SpecSource): number {
  const least = target(schema, spec)?.minItems;
  return typeof least === "number" ? least : 1;
}

function isBytes(schema: JsonObject, spec: SpecSource): boolean {
  const own = target(schema, spec);
  if (own === undefined || (own.type !== undefined && own.type !== "string")) return false;
  const { contentMediaType: mediaType } = own;
  const isBinary = own.format === "binary" || (typeof mediaType === "string" && !mediaType.startsWith("text/"));
  return isBinary && (own.format === undefined || own.format === "binary") && saysOnly(own, fileKeywords);
}

/** Undefined also where something stands beside a `$ref`. */
function target(schema: JsonValue | undefined, spec: SpecSource): JsonObject | undefined {
  const isPlain = !isObject(schema) || schema.$ref === undefined || saysOnly(schema, besideReference);
  return isPlain ? resolved(schema, spec) : undefined;
}

const saysOnly = (schema: JsonObject, keywords: ReadonlySet<string>): boolean =>
  Object.keys(schema).every((keyword) => keywords.has(keyword) || keyword.startsWith("x-"));

const annotations = [
  "title",
  "description",
  "example",
  "examples",
  "default",
  "deprecated",
  "externalDocs",
  "readOnly",
  "writeOnly",
];

const besideReference = new Set([...annotations, "$ref"]);

const fileKeywords = new Set([...annotations, "type", "format", "contentMediaType"]);

const listKeywords = new Set([...annotations, "type", "items", "minItems", "maxItems"]);

/** About which properties there are, or about nothing. */
const harmless = new Set([
  ...annotations,
  "$comment",
  "xml",
  "type",
  "required",
  "minProperties",
  "maxProperties",
  "dependentRequired",
]);
