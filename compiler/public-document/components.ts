import { NullableEnums } from "../contract/schemas/nullable-enums.ts";
import type { Positions } from "../ir/positions.ts";
import { type NullReading, schema31 } from "../source/schema-31.ts";
import type { JsonObject, JsonValue, SpecSource } from "../source/source-set.ts";
import { isFieldOf } from "../text/openapi/is-field.ts";
import { type Child, children, type Kind, sections } from "./shapes.ts";

/**
 * Copies objects of a spec and gathers what they refer to, in whatever file it stands, under `components` of one
 * document. Only what is reached is gathered, so that a published document tells nothing about operations it leaves out.
 */
export class Components {
  readonly #spec: SpecSource;
  readonly #positions: Positions;
  /** Of a document from before 3.1. */
  readonly #nulls: NullReading | undefined;
  /** Names by section and the object that has it. */
  readonly #names = new Map<string, Map<JsonObject, string>>();
  readonly #taken = new Map<string, Set<string>>();
  readonly #copies = new Map<string, Map<string, JsonValue>>();
  #waiting: { readonly section: string; readonly name: string; readonly kind: Kind; readonly target: JsonObject }[] = [];

  constructor(spec: SpecSource, positions: Positions) {
    this.#spec = spec;
    this.#positions = positions;
    this.#nulls = /^(2|3\.0)/.test(spec.openapi) ? new NullableEnums(spec) : undefined;
    const components = objectAt(spec.document, "components") ?? {};
    for (const section of Object.values(sections)) {
      const names = new Map<JsonObject, string>();
      const own = Object.entries(objectAt(components, section) ?? {});
      this.#names.set(section, names);
      this.#taken.set(section, new Set(own.map(([name]) => name)));
      for (const [name, written] of own) {
        const target = isObject(written) ? this.#target(written) : undefined;
        if (target !== undefined && !names.has(target)) names.set(target, name);
      }
    }
  }

  /** `within`: the kind of the object that holds the node. */
  copy(node: JsonValue, kind: Kind, within?: Kind): JsonValue {
    if (!isObject(node)) return node;
    if (typeof node.$ref === "string") return this.#reference(node, kind);
    return this.#fields(kind === "schema" && within !== "schema" ? this.#in31(node) : node, kind);
  }

  /** The document that is made is one of 3.1, in which `nullable` and boolean limits mean nothing. */
  #in31(schema: JsonObject): JsonObject {
    return this.#nulls === undefined ? schema : schema31(schema, this.#positions, this.#nulls);
  }

  /** Everything that copies referred to, sections and names sorted; undefined where there is nothing. */
  collect(): JsonObject | undefined {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      this.#copies.get(next.section)!.set(next.name, this.copy(next.target, next.kind));
    }
    if (this.#copies.size === 0) return undefined;
    return Object.fromEntries(
      [...this.#copies].sort(byKey).map(([section, copies]) => [section, Object.fromEntries([...copies].sort(byKey))]),
    );
  }

  /** Adds a component under its own name: for security schemes, which are referred to by name. */
  addNamed(kind: Kind, name: string, node: JsonObject): void {
    this.#copiesOf(sections[kind]!).set(name, this.copy(this.#target(node) ?? node, kind));
  }

  #reference(node: JsonObject, kind: Kind): JsonValue {
    const target = this.#target(node);
    if (target === undefined) return node;
    const { $ref, ...beside } = node;
    const section = sections[kind];
    if (section === undefined)
      return { ...(this.#fields(target, kind) as JsonObject), ...(this.#fields(beside, kind) as JsonObject) };
    return {
      $ref: `#/components/${section}/${this.#nameOf(section, kind, target, String($ref))}`,
      ...(this.#fields(beside, kind) as JsonObject),
    };
  }

  #nameOf(section: string, kind: Kind, target: JsonObject, ref: string): string {
    const names = this.#names.get(section)!;
    let name = names.get(target);
    if (name === undefined) {
      const taken = this.#taken.get(section)!;
      const base = wantedName(ref);
      name = base;
      for (let count = 2; taken.has(name); count++) name = `${base}${count}`;
      taken.add(name);
      names.set(target, name);
    }
    const copies = this.#copiesOf(section);
    if (!copies.has(name)) {
      copies.set(name, null);
      this.#waiting.push({ section, name, kind, target });
    }
    return name;
  }

  #copiesOf(section: string): Map<string, JsonValue> {
    let copies = this.#copies.get(section);
    if (copies === undefined) this.#copies.set(section, (copies = new Map()));
    return copies;
  }

  #fields(node: JsonObject, kind: Kind): JsonValue {
    const known = children[kind];
    const isTop = kind === "pathItem" || kind === "operation";
    const entries = Object.entries(node).flatMap(([key, value]): [string, JsonValue][] => {
      // What OpenAPI does not know in this place was not used as what was referred to: it may be anything.
      if (!isFieldOf(kind, key) || (isTop && (key === "x-gateway" || key === "servers"))) return [];
      if (kind === "callback" && !key.startsWith("x-")) return [[key, this.copy(value, "pathItem")]];
      if (kind === "schema" && key === "discriminator" && isObject(value)) return [[key, this.#discriminator(value)]];
      const child = Object.hasOwn(known, key) ? known[key] : undefined;
      return [[key, child === undefined ? value : this.#child(value, child, kind)]];
    });
    return Object.fromEntries(entries);
  }

  #child(value: JsonValue, { kind, as }: Child, within: Kind): JsonValue {
    const copy = (item: JsonValue): JsonValue => this.copy(item, kind, within);
    if (as === "one") return copy(value);
    if (as === "list") return isList(value) ? value.map(copy) : value;
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)])) : value;
  }

  /** `mapping` refers to schemas by URI or by the name of a component (OpenAPI 3.1 §4.8.25). */
  #discriminator(value: JsonObject): JsonObject {
    const mapping = objectAt(value, "mapping");
    if (mapping === undefined) return value;
    const schemas = objectAt(objectAt(this.#spec.document, "components") ?? {}, "schemas") ?? {};
    const mapped = Object.entries(mapping).map(([key, to]): [string, JsonValue] => {
      if (typeof to !== "string") return [key, to];
      const named = Object.hasOwn(schemas, to) ? schemas[to] : undefined;
      const node: JsonObject = { $ref: to };
      this.#positions.inherit(node, mapping);
      const copy = isObject(named)
        ? this.#reference({ $ref: `#/components/schemas/${to}` }, "schema")
        : this.#reference(node, "schema");
      return [key, isObject(copy) && typeof copy.$ref === "string" ? copy.$ref : to];
    });
    return { ...value, mapping: Object.fromEntries(mapped) };
  }

  /** The object itself, or what it refers to in the end. */
  #target(node: JsonObject): JsonObject | undefined {
    if (typeof node.$ref !== "string") return node;
    return this.#spec.resolve(node, this.#positions.fileOf(node) ?? this.#spec.file);
  }
}

/** `./schemas/order.yaml#/Order` → `Order`, `./schemas/order.yaml` → `order`. */
function wantedName(ref: string): string {
  const [file = "", pointer = ""] = ref.split("#");
  const last = pointer.split("/").at(-1) ?? "";
  const text =
    last === ""
      ? (file.split("/").at(-1) ?? "").replace(/\.[^.]*$/, "")
      : decode(last).replaceAll("~1", "/").replaceAll("~0", "~");
  const name = text.replaceAll(/[^A-Za-z0-9._-]+/g, "_");
  return name === "" ? "component" : name;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !isList(value);

export function objectAt(container: JsonObject, key: string): JsonObject | undefined {
  const value = Object.hasOwn(container, key) ? container[key] : undefined;
  return isObject(value) ? value : undefined;
}
