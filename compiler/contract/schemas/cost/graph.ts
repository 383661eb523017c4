import type { JsonSchema, SchemaIr, SchemaObject } from "../../../ir/schema.ts";
import { parts, references } from "../references.ts";
import { strongComponents } from "../strong-components.ts";
import { joined, type Kind, kindsOf, tellingKinds } from "./kinds.ts";

/** From a value to one of its parts. */
export type Step =
  | { readonly kind: "property"; readonly name: string }
  /** Every property but these. */
  | { readonly kind: "properties"; readonly except: ReadonlySet<string> }
  | { readonly kind: "item"; readonly at: number }
  | { readonly kind: "items"; readonly from: number };

/** A schema that is asked about a part of a value, by another one that is asked about the value. */
export interface Edge {
  readonly step: Step;
  readonly target: SchemaObject;
  /** Where it is asked only of values of some kinds. */
  readonly kinds: readonly Kind[];
  /** How often. */
  readonly count: number;
}

/** A schema that is asked about the same value. */
interface Applied {
  readonly target: SchemaObject;
  readonly kinds: readonly Kind[];
}

/** Schemas, and which of them are asked about the same value or about a part of it. */
export class SchemaGraph {
  readonly #roots: ReadonlyMap<string, JsonSchema>;
  /** By id, the number of the circle of references that a schema is part of; undefined for a schema that is in none. */
  readonly #circles = new Map<string, number>();
  readonly #idOfRoot = new Map<SchemaObject, string>();
  /** Of schemas inside of others: the id of the one that they stand in. */
  readonly #owners = new Map<SchemaObject, string>();
  readonly #leading = new Map<SchemaObject, ReadonlySet<number>>();
  readonly #leadingIds = new Map<string, ReadonlySet<number>>();
  readonly #edges = new Map<SchemaObject, readonly Edge[]>();
  readonly #numbers = new Map<SchemaObject, number>();

  constructor(schemas: readonly SchemaIr[]) {
    this.#roots = new Map(schemas.map(({ id, schema }) => [id, schema]));
    const place = new Map(schemas.map(({ id }, index) => [id, index]));
    const targets = schemas.map(({ schema }) => [...new Set(references(schema))].flatMap((ref) => place.get(ref.slice(2)) ?? []));
    const components = strongComponents(targets);
    const sizes = new Map<number, number>();
    for (const component of components) sizes.set(component, (sizes.get(component) ?? 0) + 1);
    for (const [index, { id, schema }] of schemas.entries()) {
      if (typeof schema === "object") this.#idOfRoot.set(schema, id);
      if (sizes.get(components[index]!)! > 1 || targets[index]!.includes(index)) this.#circles.set(id, components[index]!);
    }
    // Tarjan's numbers come callees first, so that what a schema refers to is known before it.
    const order = schemas.map((_, index) => index).sort((a, b) => components[a]! - components[b]!);
    const byComponent = new Map<number, Set<number>>();
    for (const index of order) {
      const component = components[index]!;
      let circles = byComponent.get(component);
      if (circles === undefined) byComponent.set(component, (circles = new Set()));
      const own = this.#circles.get(schemas[index]!.id);
      if (own !== undefined) circles.add(own);
      for (const target of targets[index]!)
        if (components[target] !== component)
          for (const circle of byComponent.get(components[target]!) ?? []) circles.add(circle);
      this.#leadingIds.set(schemas[index]!.id, circles);
    }
  }

  get hasCircles(): boolean {
    return this.#circles.size > 0;
  }

  resolve = (ref: string): JsonSchema | undefined => this.#roots.get(ref.slice(2));

  /** The schema that a reference which stands alone leads to. */
  settled(schema: JsonSchema): JsonSchema {
    let target = schema;
    for (let steps = 0; steps < 32 && typeof target === "object" && target.$ref !== undefined; steps++) {
      if (Object.keys(target).length > 1) break;
      target = this.resolve(target.$ref) ?? true;
    }
    return target;
  }

  idOf(schema: SchemaObject): string | undefined {
    return this.#idOfRoot.get(schema);
  }

  circleOf(id: string): number | undefined {
    return this.#circles.get(id);
  }

  /** The id of the schema that a schema stands in, or its own. */
  ownerOf(schema: SchemaObject): string | undefined {
    if (this.#owners.size === 0) for (const [owner, root] of this.#roots) this.#own(root, owner);
    return this.#idOfRoot.get(schema) ?? this.#owners.get(schema);
  }

  /** The circle that a schema is part of, also one inside of another that leads back there. */
  circleAt(schema: SchemaObject): number | undefined {
    const id = this.#idOfRoot.get(schema);
    if (id !== undefined) return this.#circles.get(id);
    const circle = this.#circles.get(this.ownerOf(schema) ?? "");
    return circle !== undefined && this.circlesFrom(schema).has(circle) ? circle : undefined;
  }

  #own(schema: JsonSchema, owner: string): void {
    if (typeof schema === "boolean") return;
    this.#owners.set(schema, owner);
    for (const part of parts(schema)) this.#own(part, owner);
  }

  /** The circles that can be reached from a schema. */
  circlesFrom(schema: JsonSchema): ReadonlySet<number> {
    if (typeof schema === "boolean" || this.#circles.size === 0) return none;
    let known = this.#leading.get(schema);
    if (known === undefined) {
      const reached = new Set<number>();
      for (const ref of references(schema)) for (const circle of this.#leadingIds.get(ref.slice(2)) ?? none) reached.add(circle);
      this.#leading.set(schema, (known = reached.size === 0 ? none : reached));
    }
    return known;
  }

  numberOf(schema: SchemaObject): number {
    let number = this.#numbers.get(schema);
    if (number === undefined) this.#numbers.set(schema, (number = this.#numbers.size));
    return number;
  }

  /** Everything that is asked about parts of a value when a schema is asked about it, also by way of other schemas. */
  edges(schema: SchemaObject): readonly Edge[] {
    const known = this.#edges.get(schema);
    if (known !== undefined) return known;
    // Chains of schemas may be longer than the stack.
    const inPlace = new Map<SchemaObject, readonly Applied[]>();
    const open = [schema];
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      let applied = inPlace.get(top);
      if (applied === undefined) {
        inPlace.set(top, (applied = this.#inPlace(top)));
        // A circle that does not go into the value is cut elsewhere.
        this.#edges.set(top, []);
        for (const { target } of applied) if (!this.#edges.has(target)) open.push(target);
      } else {
        open.pop();
        this.#edges.set(top, this.#merged(top, applied));
      }
    }
    return this.#edges.get(schema)!;
  }

  #merged(schema: SchemaObject, applied: readonly Applied[]): readonly Edge[] {
    const own: Edge[] = [];
    addInto(schema, (step, part) => {
      const target = this.settled(part);
      if (typeof target === "object" && isDeep(target)) own.push({ step, target, kinds: [], count: 1 });
    });
    if (applied.length === 0) return own;
    const merged = new Map<string, Edge>();
    const add = (edge: Edge): void => {
      const key = `${stepText(edge.step)} ${this.numberOf(edge.target)} ${kindsText(edge.kinds)}`;
      const before = merged.get(key);
      merged.set(key, before === undefined ? edge : { ...edge, count: Math.min(most, before.count + edge.count) });
    };
    for (const edge of own) add(edge);
    for (const { target, kinds } of applied) {
      for (const edge of this.edges(target)) {
        const both = joined(edge.kinds, kinds);
        if (both !== undefined) add({ ...edge, kinds: both });
      }
    }
    return [...merged.values()];
  }

  /** Whether alternatives are told apart before they are asked: where more than one of them may go on for ever. */
  isToldApart(alternatives: readonly JsonSchema[]): boolean {
    return this.hasCircles && alternatives.filter((part) => this.circlesFrom(part).size > 0).length > 1;
  }

  #inPlace(schema: SchemaObject): readonly Applied[] {
    const found: Applied[] = [];
    const add = (part: JsonSchema | undefined, kinds: readonly Kind[] = []): void => {
      const target = this.settled(part ?? true);
      if (typeof target === "object") found.push({ target, kinds });
    };
    if (schema.$ref !== undefined) add({ $ref: schema.$ref });
    for (const part of schema.allOf ?? []) add(part);
    for (const list of [schema.anyOf, schema.oneOf]) this.#alternatives(list ?? [], add);
    this.#cases(schema, add);
    add(schema.not);
    if (schema.if !== undefined && (schema.then !== undefined || schema.else !== undefined)) {
      add(schema.if);
      // Not both of them.
      const branch = `if ${this.numberOf(schema)}`;
      add(schema.then, [...kindsOf(schema.if, this.resolve), { property: branch, values: new Set(["then"]) }]);
      add(schema.else, [{ property: branch, values: new Set(["else"]) }]);
    }
    for (const part of Object.values(schema.dependentSchemas ?? {})) add(part);
    if (isAsked(schema.unevaluatedProperties) || isAsked(schema.unevaluatedItems)) this.#again(schema, add, 0);
    return found;
  }

  #alternatives(list: readonly JsonSchema[], add: (part: JsonSchema, kinds?: readonly Kind[]) => void): void {
    const kinds = this.isToldApart(list) ? tellingKinds(list, this.resolve) : [];
    for (const [index, part] of list.entries()) add(part, kinds[index] === undefined ? [] : [kinds[index]]);
  }

  #cases(schema: SchemaObject, add: (part: JsonSchema, kinds?: readonly Kind[]) => void): void {
    const discriminator = schema["x-gatewright-discriminator"];
    if (discriminator === undefined) return;
    const byTarget = new Map<string, string[]>();
    for (const [value, target] of Object.entries(discriminator.cases))
      byTarget.set(target, [...(byTarget.get(target) ?? []), value]);
    for (const [target, values] of byTarget)
      add({ $ref: target }, [{ property: discriminator.property, values: new Set(values) }]);
  }

  /** What `unevaluated…` asks once more, to see which alternatives have looked at something. */
  #again(schema: JsonSchema, add: (part: JsonSchema, kinds?: readonly Kind[]) => void, depth: number): void {
    const target = this.settled(schema);
    if (typeof target === "boolean" || depth > 16) return;
    const again = (part: JsonSchema | undefined): void => {
      if (part !== undefined) this.#again(part, add, depth + 1);
    };
    const held = (part: JsonSchema, kinds?: readonly Kind[]): void => {
      add(part, kinds);
      again(part);
    };
    if (target.$ref !== undefined) again(this.resolve(target.$ref));
    for (const part of target.allOf ?? []) again(part);
    for (const part of [...(target.anyOf ?? []), ...(target.oneOf ?? [])]) held(part);
    this.#cases(target, held);
    if (target.if !== undefined) held(target.if);
    again(target.then);
    again(target.else);
    for (const part of Object.values(target.dependentSchemas ?? {})) again(part);
    if (target.contains !== undefined) add({ items: target.contains });
  }
}

const none: ReadonlySet<never> = new Set();
const most = 1_000_000;

const isAsked = (schema: JsonSchema | undefined): boolean => schema !== undefined && schema !== true;

/** What asks nothing of parts, and of no other schema. */
function isDeep(schema: SchemaObject): boolean {
  for (const key in schema) if (!flat.has(key) && typeof schema[key as keyof SchemaObject] === "object") return true;
  return false;
}

const flat: ReadonlySet<string> = new Set([
  "type",
  "enum",
  "const",
  "required",
  "dependentRequired",
  "x-gatewright-digits",
  "x-gatewright-pattern-guards",
]);

function addInto(schema: SchemaObject, add: (step: Step, part: JsonSchema) => void): void {
  const { properties = {}, additionalProperties, prefixItems = [] } = schema;
  for (const [name, part] of Object.entries(properties)) add({ kind: "property", name }, part);
  for (const part of Object.values(schema.patternProperties ?? {})) add(every, part);
  if (additionalProperties !== undefined)
    add({ kind: "properties", except: new Set(Object.keys(properties)) }, additionalProperties);
  if (schema.unevaluatedProperties !== undefined) add(every, schema.unevaluatedProperties);
  for (const [at, part] of prefixItems.entries()) add({ kind: "item", at }, part);
  if (schema.items !== undefined) add({ kind: "items", from: prefixItems.length }, schema.items);
  for (const part of [schema.contains, schema.unevaluatedItems]) if (part !== undefined) add({ kind: "items", from: 0 }, part);
}

const every: Step = { kind: "properties", except: none };

/** Whether both lead to one and the same part of some value. */
export function meet(a: Step, b: Step): boolean {
  if (a.kind === "property") return b.kind === "property" ? a.name === b.name : b.kind === "properties" && !b.except.has(a.name);
  if (a.kind === "item") return b.kind === "item" ? a.at === b.at : b.kind === "items" && a.at >= b.from;
  if (b.kind === "property" || b.kind === "item") return meet(b, a);
  return a.kind === b.kind;
}

const stepText = (step: Step): string =>
  step.kind === "property"
    ? `.${step.name}`
    : step.kind === "item"
      ? `[${step.at}`
      : step.kind === "items"
        ? `>${step.from}`
        : `!${[...step.except].join(",")}`;

const kindsText = (kinds: readonly Kind[]): string =>
  kinds.map(({ property, values }) => `${property}=${[...values].join("|")}`).join(";");
