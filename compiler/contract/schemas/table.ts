import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Positions } from "../../ir/positions.ts";
import type { JsonSchema, SchemaIr } from "../../ir/schema.ts";
import { schema31 } from "../../source/schema-31.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import { reportRepeats } from "./cost/report.ts";
import { isKnownDialect } from "./dialect.ts";
import { Inheritance } from "./discriminators.ts";
import { endlessReferences, withoutReferences } from "./endless.ts";
import type { LenientFormat } from "./formats.ts";
import { endlessReference, otherDialect } from "./messages.gen.ts";
import { NullableEnums } from "./nullable-enums.ts";
import { reportOverlaps } from "./overlap/report.ts";
import { type View, Views } from "./read-write.ts";
import { Reader } from "./reader.ts";
import { isObject, type Remote, type Resource, Resources } from "./resources.ts";
import { reportUnsatisfiable } from "./unsatisfiable.ts";

/** How a schema is called and used. */
export interface SchemaUse {
  /** First two parts of ids: `orders.v1`. Schemas of a spec that several versions share have those of the first. */
  readonly scope: string;
  /** Rest of the id of a schema without a name of its own: `createOrder.body`. */
  readonly name: string;
  readonly view: View;
  /** Formats whose offset may be left out. */
  readonly lenient?: readonly LenientFormat[];
}

/** Anchors that `$dynamicRef` leads to, by name: those of the outermost resource that the way here led through. */
export type DynamicScope = ReadonlyMap<string, JsonObject>;

/** Which reading of a schema is meant; each is a validator of its own. */
export interface Variant {
  readonly view: View;
  readonly lenient: readonly LenientFormat[];
  readonly scope: DynamicScope;
  /** `own`: of a schema that others inherit from, without looking which of them is meant. */
  readonly role: "whole" | "own";
}

/** What the table knows of a spec. */
export class SpecSchemas {
  readonly spec: SpecSource;
  readonly scope: string;
  readonly resources: Resources;
  readonly views: Views;
  readonly inheritance: Inheritance;
  /** Keywords and formats that were warned of. */
  readonly warned = new Set<string>();
  readonly isOld: boolean;
  readonly nulls: NullableEnums;
  readonly #positions: Positions;
  readonly #components = new Map<JsonValue, string>();

  constructor(spec: SpecSource, scope: string, positions: Positions, remote: Remote) {
    this.spec = spec;
    this.scope = scope;
    this.#positions = positions;
    // Before 3.1 a schema is no JSON Schema: `$id` is a property like any other.
    this.isOld = /^(2|3\.0)/.test(spec.openapi);
    this.nulls = new NullableEnums(spec);
    this.resources = new Resources(spec, positions, remote);
    this.views = new Views((node) => this.target(node));
    const { components } = spec.document;
    const schemas = isObject(components) && isObject(components.schemas) ? components.schemas : {};
    for (const [name, schema] of Object.entries(schemas)) this.#components.set(schema, name);
    this.inheritance = new Inheritance(schemas, (node) => this.target(node));
    if (!this.isOld) this.resources.indexComponents();
  }

  /** What `$ref`, or `$dynamicRef` read as `$ref`, names. */
  target(node: JsonObject): JsonValue | undefined {
    const ref = node.$ref ?? node.$dynamicRef;
    if (typeof ref !== "string") return undefined;
    if (this.isOld) return this.spec.target(node);
    return this.resources.target(node, ref);
  }

  lowered(node: JsonObject): JsonObject {
    return this.isOld ? schema31(node, this.#positions, this.nulls) : node;
  }

  componentName(node: JsonValue): string | undefined {
    return this.#components.get(node);
  }

  resourceOf(node: JsonObject): Resource | undefined {
    return this.isOld ? undefined : this.resources.of(node);
  }
}

/** Collects the schemas that operations use, and everything they refer to. */
export class SchemaTable {
  readonly positions: Positions;
  readonly sink: DiagnosticSink;
  readonly #remote: Remote;
  readonly #specs = new Map<SpecSource, SpecSchemas>();
  readonly #ids = new Map<JsonValue, Map<string, string>>();
  readonly #anchors = new Map<JsonObject, number>();
  readonly #taken = new Set<string>();
  readonly #schemas = new Map<string, SchemaIr>();
  /** Ids that schemas refer to. */
  readonly #referred = new Set<string>();
  /** Ids of schemas without a name of their own, by what they say. */
  readonly #unnamed = new Map<string, string>();
  /** By id, the id of the equal schema that stands for it. */
  readonly #replaced = new Map<string, string>();
  readonly #waiting: {
    readonly id: string;
    readonly place: string;
    readonly node: JsonValue;
    readonly variant: Variant;
    readonly spec: SpecSchemas;
  }[] = [];
  #isReading = false;

  /** `remote`: schemas with an address outside of the project; without it references to them hold for every value. */
  constructor(positions: Positions, sink: DiagnosticSink, remote: Remote = () => undefined) {
    this.positions = positions;
    this.sink = sink;
    this.#remote = remote;
  }

  /** Id of the SchemaIr for a schema as it is written, for an equal one, or for the one that it does nothing but refer to. */
  add(spec: SpecSource, node: JsonValue, { scope, name, view, lenient = [] }: SchemaUse): string {
    let schemas = this.#specs.get(spec);
    if (schemas === undefined) {
      this.#specs.set(spec, (schemas = new SpecSchemas(spec, scope, this.positions, this.#remote)));
      this.#dialect(spec);
    }
    const { id, isNamed } = this.#entered(
      schemas,
      node,
      { view, lenient, scope: new Map(), role: "whole" },
      `${scope}.${name}`,
      name,
    );
    return isNamed || this.#referred.has(id) ? id : this.#firstEqual(id, schemas);
  }

  /** OpenAPI 3.1 §4.8.24.5: the dialect of schemas without a `$schema` of their own. */
  #dialect({ document, openapi }: SpecSource): void {
    const { jsonSchemaDialect: dialect } = document;
    if (typeof dialect !== "string" || !openapi.startsWith("3.") || openapi.startsWith("3.0") || isKnownDialect(dialect)) return;
    this.sink.report(
      otherDialect(this.positions.value(document, "jsonSchemaDialect"), { keyword: "jsonSchemaDialect", dialect }),
    );
  }

  /** Specs that are generated write the list of values of one parameter for each of a thousand operations. */
  #firstEqual(id: string, { scope }: SpecSchemas): string {
    const { schema } = this.#schemas.get(id)!;
    const key = `${scope} ${JSON.stringify(schema)}`;
    const first = this.#unnamed.get(key);
    if (first === undefined || first === id) {
      this.#unnamed.set(key, id);
      return id;
    }
    this.#schemas.delete(id);
    this.#replaced.set(id, first);
    return first;
  }

  get(id: string): JsonSchema | undefined {
    return this.#schemas.get(id)?.schema;
  }

  /** All schemas that were added and what they refer to, by id. */
  get schemas(): readonly SchemaIr[] {
    const schemas = [...this.#schemas.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    const endless = endlessReferences(schemas);
    const finite = schemas.map((schema) => {
      const refs = endless.get(schema.id);
      if (refs === undefined) return schema;
      this.sink.report(endlessReference(schema.origin, { schema: schema.place }));
      return { ...schema, schema: withoutReferences(schema.schema, refs) };
    });
    for (const { nulls } of this.#specs.values()) nulls.report(this.positions, this.sink);
    reportRepeats(finite, this.sink);
    reportOverlaps(finite, reportUnsatisfiable(finite, this.sink), this.sink);
    return finite;
  }

  /** Used while schemas are read: the id of the variant of a schema that a reference leads to. */
  enter(spec: SpecSchemas, node: JsonValue, written: Variant, id: string, place: string): string {
    const entered = this.#entered(spec, node, written, id, place).id;
    this.#referred.add(entered);
    return entered;
  }

  #entered(
    spec: SpecSchemas,
    node: JsonValue,
    written: Variant,
    id: string,
    place: string,
  ): { readonly id: string; readonly isNamed: boolean } {
    const { node: target, variant, named } = this.#settled(spec, node, written);
    const component = spec.componentName(target);
    const base = component !== undefined ? `${spec.scope}.${component}` : named === undefined ? id : `${spec.scope}.${named}`;
    const shown = component !== undefined ? `components.schemas.${component}` : (named ?? place);
    const view = isObject(target) ? spec.views.of(target, variant.view) : undefined;
    const lenient = isObject(target) ? spec.views.lenient(target, variant.lenient) : [];
    const key = `${view ?? ""} ${variant.role} ${lenient.join()} ${this.#scopeKey(variant.scope)}`;
    let byVariant = this.#ids.get(target);
    // Booleans are no places of their own.
    if (byVariant === undefined || !isObject(target)) this.#ids.set(target, (byVariant = new Map()));
    const isNamed = component !== undefined || named !== undefined;
    const known = byVariant.get(key);
    if (known !== undefined) return { id: this.#replaced.get(known) ?? known, isNamed };
    const suffix = `${view === undefined ? "" : `.${view}`}${variant.role === "own" ? ".own" : ""}${lenient.length === 0 ? "" : ".local"}`;
    const unique = this.#unique(`${base}${suffix}`);
    byVariant.set(key, unique);
    this.#waiting.push({
      id: unique,
      place: shown,
      node: target,
      variant,
      spec,
    });
    this.#readAll();
    return { id: unique, isNamed };
  }

  /** Follows references that stand alone, so that no validator only calls another. */
  #settled(
    spec: SpecSchemas,
    start: JsonValue,
    variant: Variant,
  ): {
    readonly node: JsonValue;
    readonly variant: Variant;
    readonly named: string | undefined;
  } {
    let node = start;
    let { scope } = variant;
    let named: string | undefined;
    scope = this.#within(spec, node, scope);
    for (
      let steps = 0;
      steps < 32 && isObject(node) && typeof node.$ref === "string" && (spec.isOld || standsAlone(node));
      steps++
    ) {
      const target = spec.target(node);
      if (target === undefined) break;
      named = nameOf(node.$ref);
      node = target;
      scope = this.#within(spec, node, scope);
    }
    return { node, variant: { ...variant, scope }, named };
  }

  /** The way into a schema opens its resource (JSON Schema 2020-12 §8.2.3.2); an outer one of the same name stays. */
  #within(spec: SpecSchemas, node: JsonValue, scope: DynamicScope): DynamicScope {
    const anchors = isObject(node) ? spec.resourceOf(node)?.dynamicAnchors : undefined;
    if (anchors === undefined || [...anchors.keys()].every((name) => scope.has(name))) return scope;
    return new Map([...anchors, ...scope]);
  }

  #scopeKey(scope: DynamicScope): string {
    return [...scope]
      .map(([name, node]) => {
        if (!this.#anchors.has(node)) this.#anchors.set(node, this.#anchors.size);
        return `${name}=${this.#anchors.get(node)}`;
      })
      .sort()
      .join();
  }

  /** One at a time and not within one another, as schemas refer to each other in chains of any length. */
  #readAll(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { id, place, node, variant, spec } = next;
      const lowered = isObject(node) ? spec.lowered(node) : node;
      const schema: JsonSchema =
        isObject(node) && isObject(lowered) ? new Reader(this, spec, variant, id, place, node).read(lowered) : node !== false;
      const origin = isObject(node) ? this.positions.of(node) : this.positions.of(spec.spec.document);
      this.#schemas.set(id, { kind: "schema", id, schema, origin, place });
    }
    this.#isReading = false;
  }

  #unique(id: string): string {
    let unique = id;
    for (let count = 2; this.#taken.has(unique); count++) unique = `${id}.${count}`;
    this.#taken.add(unique);
    return unique;
  }
}

const standsAlone = (node: JsonObject): boolean =>
  Object.keys(node).every(
    (key) =>
      key === "$ref" ||
      key === "description" ||
      key === "summary" ||
      key === "title" ||
      key === "deprecated" ||
      key.startsWith("x-"),
  );

/** `#/components/schemas/Order/properties/id` → `Order.properties.id`; `common.yaml#/Money` → `Money`. */
function nameOf(ref: string): string {
  const [file = "", fragment = ""] = ref.split("#");
  const tokens = fragment.split("/").filter((token) => token !== "");
  const inner = tokens[0] === "components" && tokens.length > 2 ? tokens.slice(2) : tokens;
  const stem = /([^/]*?)(\.[A-Za-z]+)?$/.exec(file)?.[1] ?? "";
  return (
    (inner.length === 0 ? stem : inner.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~")).join(".")) || "schema"
  );
}
