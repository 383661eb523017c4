import type { JsonObject, JsonValue } from "../phases/1-load/source-set.ts";
import { subschemas } from "./keywords.ts";
import { isObject } from "./resources.ts";

/** Who writes the value that is validated: `readOnly` properties need not be in requests, `writeOnly` ones not in responses. */
export type View = "request" | "response";

const waived = {
  request: "readOnly",
  response: "writeOnly",
} as const satisfies Record<View, string>;

/** Follows the `$ref` of a schema once. */
export type Follow = (node: JsonObject) => JsonValue | undefined;

/** Names of the properties that `required` does not ask for in a view (OpenAPI 3.0.3 §4.7.24.1 "readOnly"). */
export function waivedProperties(schema: JsonObject, view: View, follow: Follow, depth = 0): ReadonlySet<string> {
  const names = new Set<string>();
  if (depth > 4) return names;
  if (isObject(schema.properties)) {
    for (const [name, property] of Object.entries(schema.properties))
      if (isObject(property) && isFlagged(property, waived[view], follow, 0)) names.add(name);
  }
  for (const part of Array.isArray(schema.allOf) ? schema.allOf : []) {
    const target = isObject(part) ? followed(part, follow) : undefined;
    if (target !== undefined) for (const name of waivedProperties(target, view, follow, depth + 1)) names.add(name);
  }
  return names;
}

function isFlagged(schema: JsonObject, flag: "readOnly" | "writeOnly", follow: Follow, depth: number): boolean {
  if (schema[flag] === true) return true;
  if (depth > 4) return false;
  const parts = [
    ...(Array.isArray(schema.allOf) ? schema.allOf : []),
    ...(typeof schema.$ref === "string" ? [follow(schema)] : []),
  ];
  return parts.some((part) => isObject(part) && isFlagged(part, flag, follow, depth + 1));
}

function followed(schema: JsonObject, follow: Follow): JsonObject | undefined {
  let current: JsonValue | undefined = schema;
  for (let steps = 0; steps < 8 && isObject(current) && typeof current.$ref === "string"; steps++) current = follow(current);
  return isObject(current) ? current : undefined;
}

/**
 * Tells which schemas mean something else in requests than in responses: those from which a `required` list can be
 * reached that names a `readOnly` or `writeOnly` property. All others are compiled once.
 */
export class ViewSplit {
  readonly #follow: Follow;
  readonly #decided = new Map<JsonObject, boolean>();

  constructor(follow: Follow) {
    this.#follow = follow;
  }

  splits(root: JsonObject): boolean {
    const known = this.#decided.get(root);
    if (known !== undefined) return known;
    const users = new Map<JsonObject, JsonObject[]>();
    const waiting = [root];
    const split: JsonObject[] = [];
    const visited = new Set([root]);
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (this.#isSplitItself(node)) split.push(node);
      for (const next of this.#neighbours(node)) {
        const decided = this.#decided.get(next);
        if (decided === false) continue;
        const before = users.get(next);
        if (before === undefined) users.set(next, [node]);
        else before.push(node);
        if (decided === true) split.push(next);
        else if (!visited.has(next)) {
          visited.add(next);
          waiting.push(next);
        }
      }
    }
    for (const node of visited) this.#decided.set(node, false);
    for (let node = split.pop(); node !== undefined; node = split.pop()) {
      this.#decided.set(node, true);
      for (const user of users.get(node) ?? []) if (this.#decided.get(user) !== true) split.push(user);
    }
    return this.#decided.get(root)!;
  }

  #isSplitItself(node: JsonObject): boolean {
    const lists = [node, ...(Array.isArray(node.allOf) ? node.allOf.filter(isObject) : [])].map(({ required }) => required);
    const required = new Set<JsonValue>(lists.flatMap((list) => (Array.isArray(list) ? list : [])));
    if (required.size === 0) return false;
    return (["request", "response"] as const).some((view) =>
      [...waivedProperties(node, view, this.#follow)].some((name) => required.has(name)),
    );
  }

  #neighbours(node: JsonObject): JsonObject[] {
    const target = typeof node.$ref === "string" || typeof node.$dynamicRef === "string" ? this.#follow(node) : undefined;
    return [...subschemas(node), ...(isObject(target) ? [target] : [])];
  }
}
