import type { JsonObject, JsonValue } from "../../source/source-set.ts";
import type { LenientFormat } from "./formats.ts";
import { subschemas } from "./keywords.ts";
import { isObject } from "./resources.ts";

/**
 * Who writes the value that is validated: `readOnly` properties need not be in requests, `writeOnly` ones not in responses.
 * In a strict view they must not be there either (JSON Schema 2020-12 §9.4; OpenAPI 3.0.3 §4.7.24.1: SHOULD NOT).
 */
export type View = "request" | "strictRequest" | "response" | "strictResponse";

const plainViews = ["request", "response"] as const satisfies readonly View[];

const waived = {
  request: "readOnly",
  strictRequest: "readOnly",
  response: "writeOnly",
  strictResponse: "writeOnly",
} as const satisfies Record<View, Flag>;

type Flag = "readOnly" | "writeOnly";

/** The view in which flagged properties may be sent. */
export const plainView = (view: View): View => (waived[view] === "readOnly" ? "request" : "response");

/** The flag that forbids a property in a view; undefined where nothing does. */
export const refusal = (property: JsonObject, view: View, follow: Follow): Flag | undefined =>
  view !== plainView(view) && isFlagged(property, waived[view], follow, 0) ? waived[view] : undefined;

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

function isFlagged(schema: JsonObject, flag: Flag, follow: Follow, depth: number): boolean {
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

/** Tells in which view a schema has to be compiled. */
export class Views {
  /** Those from which a `required` list can be reached that names a `readOnly` or `writeOnly` property. */
  readonly #split: Reach;
  /** Those from which a property with the flag can be reached. */
  readonly #flagged: Readonly<Record<Flag, Reach>>;
  /** Those from which a schema with the format can be reached. */
  readonly #formatted: Readonly<Record<LenientFormat, Reach>>;

  constructor(follow: Follow) {
    const flagged = (view: View): Reach =>
      new Reach(follow, ({ properties }) =>
        Object.values(isObject(properties) ? properties : {}).some(
          (property) => isObject(property) && refusal(property, view, follow) !== undefined,
        ),
      );
    this.#split = new Reach(follow, (node) => requiresWaived(node, follow));
    const formatted = (format: LenientFormat): Reach => new Reach(follow, (node) => node.format === format);
    this.#formatted = { "date-time": formatted("date-time"), time: formatted("time") };
    this.#flagged = { readOnly: flagged("strictRequest"), writeOnly: flagged("strictResponse") };
  }

  /** Undefined: the schema means the same in all views, and is compiled once. */
  of(root: JsonObject, view: View): View | undefined {
    const plain = plainView(view);
    if (view !== plain && this.#flagged[waived[view]].reaches(root)) return view;
    return this.#split.reaches(root) ? plain : undefined;
  }

  /** Of formats that are read leniently, those that make a difference to the schema. */
  lenient(root: JsonObject, formats: readonly LenientFormat[]): readonly LenientFormat[] {
    return formats.filter((format) => this.#formatted[format].reaches(root));
  }
}

function requiresWaived(node: JsonObject, follow: Follow): boolean {
  const lists = [node, ...(Array.isArray(node.allOf) ? node.allOf.filter(isObject) : [])].map(({ required }) => required);
  const required = new Set<JsonValue>(lists.flatMap((list) => (Array.isArray(list) ? list : [])));
  if (required.size === 0) return false;
  return plainViews.some((view) => [...waivedProperties(node, view, follow)].some((name) => required.has(name)));
}

/** Whether a schema of some kind can be reached from another one. */
class Reach {
  readonly #follow: Follow;
  readonly #isOfKind: (node: JsonObject) => boolean;
  readonly #decided = new Map<JsonObject, boolean>();

  constructor(follow: Follow, isOfKind: (node: JsonObject) => boolean) {
    this.#follow = follow;
    this.#isOfKind = isOfKind;
  }

  reaches(root: JsonObject): boolean {
    const known = this.#decided.get(root);
    if (known !== undefined) return known;
    const users = new Map<JsonObject, JsonObject[]>();
    const waiting = [root];
    const found: JsonObject[] = [];
    const visited = new Set([root]);
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (this.#isOfKind(node)) found.push(node);
      for (const next of this.#neighbours(node)) {
        const decided = this.#decided.get(next);
        if (decided === false) continue;
        const before = users.get(next);
        if (before === undefined) users.set(next, [node]);
        else before.push(node);
        if (decided === true) found.push(next);
        else if (!visited.has(next)) {
          visited.add(next);
          waiting.push(next);
        }
      }
    }
    for (const node of visited) this.#decided.set(node, false);
    for (let node = found.pop(); node !== undefined; node = found.pop()) {
      this.#decided.set(node, true);
      for (const user of users.get(node) ?? []) if (this.#decided.get(user) !== true) found.push(user);
    }
    return this.#decided.get(root)!;
  }

  #neighbours(node: JsonObject): JsonObject[] {
    const target = typeof node.$ref === "string" || typeof node.$dynamicRef === "string" ? this.#follow(node) : undefined;
    return [...subschemas(node), ...(isObject(target) ? [target] : [])];
  }
}
