import type { JsonObject, JsonValue } from "../../source/source-set.ts";
import { own } from "../../text/own.ts";

/** Keys and indices from the root of a document to one of its objects. */
export type Tokens = readonly (string | number)[];

export interface Place {
  readonly tokens: Tokens;
  readonly node: JsonObject;
}

/** References inside each other deeper than this are taken for endless. */
const mostReferences = 64;

const combinators = ["allOf", "anyOf", "oneOf"] as const;

/** Finds where a document says what it says, through its own references. What other files say has no place here. */
export class SpecPlaces {
  readonly #document: JsonObject;

  constructor(document: JsonObject) {
    this.#document = document;
  }

  /** A path item, an operation or whatever else is at these keys, behind its reference. */
  at(tokens: Tokens): Place | undefined {
    return this.#follow(tokens, 0);
  }

  /** The same, for a part of a place. */
  in({ tokens }: Place, ...keys: Tokens): Place | undefined {
    return this.at([...tokens, ...keys]);
  }

  #follow(tokens: Tokens, depth: number): Place | undefined {
    let node: JsonValue | undefined = this.#document;
    for (const [index, token] of tokens.entries()) {
      if (isObject(node) && typeof node.$ref === "string" && index > 0) {
        const target = pointerTokens(node.$ref);
        if (target === undefined || depth > mostReferences) return undefined;
        return this.#follow([...target, ...tokens.slice(index)], depth + 1);
      }
      node = Array.isArray(node)
        ? (node as readonly JsonValue[])[Number(token)]
        : isObject(node)
          ? own(node, String(token))
          : undefined;
    }
    if (!isObject(node)) return undefined;
    if (typeof node.$ref !== "string") return { tokens, node };
    const target = pointerTokens(node.$ref);
    return target === undefined || depth > mostReferences ? undefined : this.#follow(target, depth + 1);
  }

  /**
   * The schemas of a part of a value, and the pointer with `*` for names that the schema leaves open. `schema` is that of
   * the whole value.
   */
  part(schema: Place, pointer: string): { readonly schemas: readonly Place[]; readonly pointer: string } {
    const names = pointer
      .split("/")
      .slice(1)
      .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
    const found = this.#parts(schema, names, [], 0);
    const [first] = found;
    const shown = first === undefined ? names : first.names;
    return {
      schemas: found.map(({ place }) => place),
      pointer: shown.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
    };
  }

  #parts(
    schema: Place,
    names: readonly string[],
    before: readonly string[],
    depth: number,
  ): { readonly place: Place; readonly names: readonly string[] }[] {
    if (depth > mostReferences) return [];
    const [name, ...rest] = names;
    if (name === undefined) return [{ place: schema, names: before }];
    const { node } = schema;
    const inside = (shown: string, ...keys: Tokens): { readonly place: Place; readonly names: readonly string[] }[] => {
      const next = this.in(schema, ...keys);
      return next === undefined ? [] : this.#parts(next, rest, [...before, shown], depth + 1);
    };
    const found: { readonly place: Place; readonly names: readonly string[] }[] = [];
    if (isObject(node.properties) && Object.hasOwn(node.properties, name)) found.push(...inside(name, "properties", name));
    else if (name === "*" && isObject(node.items)) found.push(...inside("*", "items"));
    else if (isObject(node.additionalProperties)) found.push(...inside("*", "additionalProperties"));
    for (const branch of this.branches(schema)) found.push(...this.#parts(branch, names, before, depth + 1));
    return found;
  }

  /** Alternatives and parts that a schema is made of. */
  branches(schema: Place): Place[] {
    return combinators.flatMap((key) => {
      const list = schema.node[key];
      return Array.isArray(list) ? list.flatMap((_, index) => this.in(schema, key, index) ?? []) : [];
    });
  }

  /** The schema, or those that it is made of, that have a keyword. */
  bearers(schema: Place, keyword: string, depth = 0): Place[] {
    if (depth > mostReferences) return [];
    const inner = this.branches(schema).flatMap((branch) => this.bearers(branch, keyword, depth + 1));
    return Object.hasOwn(schema.node, keyword) ? [schema, ...inner] : inner;
  }
}

/** Undefined for another document. */
function pointerTokens(reference: string): string[] | undefined {
  if (!reference.startsWith("#/")) return undefined;
  return reference
    .slice(2)
    .split("/")
    .map((token) => decoded(token).replaceAll("~1", "/").replaceAll("~0", "~"));
}

function decoded(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}

/** JSONPath (RFC 9535) of a place. */
export const jsonPath = (tokens: Tokens): string =>
  `$${tokens.map((token) => (typeof token === "number" ? `[${token}]` : /^[A-Za-z_][A-Za-z0-9_]*$/.test(token) ? `.${token}` : `[${quoted(token)}]`)).join("")}`;

export const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
