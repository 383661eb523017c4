import { isObject } from "../../source/json-kind.ts";
import { followPointer } from "../../source/json-pointer.ts";
import type { JsonObject, JsonValue } from "../../source/source-set.ts";

/**
 * Schemas that have an `$id`, and what references inside of them are relative to (JSON Schema 2020-12 §8.2.1). A file in
 * which none has one costs a look at its nodes.
 */
export class SchemaIds {
  readonly #indexed = new Set<string>();
  readonly #byUri = new Map<string, JsonObject>();
  /** Base of the nodes with a `$ref`, in files with an `$id`. */
  readonly #bases = new Map<JsonObject, string>();

  /** Looks for `$id` in a file, once. */
  index(file: string, tree: JsonValue): void {
    if (this.#indexed.has(file)) return;
    this.#indexed.add(file);
    const found: [JsonObject, string][] = [];
    const stack: [node: JsonValue, base: string, areNames: boolean][] = [[tree, `file:///${encodeURI(file)}`, false]];
    const seen = new Set<JsonValue>();
    const before = this.#byUri.size;
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const [node, outer, areNames] = next;
      if (typeof node !== "object" || node === null || seen.has(node)) continue;
      seen.add(node);
      const base = isObject(node) && !areNames ? this.#opened(node, outer) : outer;
      if (isObject(node) && typeof node.$ref === "string") found.push([node, base]);
      for (const [key, child] of Object.entries(node))
        if (areNames || !(values.has(key) || key.startsWith("x-"))) stack.push([child, base, !areNames && maps.has(key)]);
    }
    if (this.#byUri.size > before) for (const [node, base] of found) this.#bases.set(node, base);
  }

  /** What a reference leads to by an `$id`; undefined where none has to do with it. */
  target(node: JsonObject, ref: string, through: (node: JsonObject) => JsonValue | undefined): JsonValue | undefined {
    const base = this.#bases.get(node);
    if (base === undefined || !URL.canParse(ref, base)) return undefined;
    const [address = "", ...rest] = new URL(ref, base).href.split("#");
    const root = this.#byUri.get(address);
    const fragment = decoded(rest.join("#"));
    // Anchors are found by whoever knows all of the file.
    if (root === undefined || (fragment !== "" && !fragment.startsWith("/"))) return undefined;
    return followPointer(root, fragment, through).value;
  }

  #opened(node: JsonObject, outer: string): string {
    if (typeof node.$id !== "string" || node.$id.startsWith("#") || !URL.canParse(node.$id, outer)) return outer;
    const uri = new URL(node.$id, outer).href.split("#")[0]!;
    this.#byUri.set(uri, node);
    return uri;
  }
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

/** Keys whose values are data. */
const values = new Set(["enum", "const", "example", "examples", "default", "value"]);

/** Keys whose values have names for keys. */
const maps = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "schemas"]);
