import type { MessageSecretsIr, SecretIr, SecretShapeIr } from "../../ir/secrets.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import type { LinkedOperation } from "../2-link/linked-gateway.ts";

/** A body with more shapes than this is secret as a whole. */
const mostShapes = 2_000;

/**
 * What is secret in the JSON bodies of an operation: values whose schema has `format: password`, `writeOnly: true` or
 * `x-sensitive: true`, by whichever way of `$ref`, `allOf`, `oneOf`, `anyOf` and conditions it applies to them. Where several
 * schemas may apply, one that says so is enough.
 */
export function messageSecrets({ spec }: LinkedOperation): MessageSecretsIr | undefined {
  if (spec === undefined) return undefined;
  const { source, operation } = spec;
  const shapes = new Shapes(source);
  const responses = isObject(operation.responses) ? Object.values(operation.responses) : [];
  const request = shapes.of(jsonSchemas([operation.requestBody], source));
  const response = shapes.of(jsonSchemas(responses, source));
  return {
    shapes: shapes.list,
    ...(request === undefined ? {} : { request }),
    ...(response === undefined ? {} : { response }),
  };
}

/** Names of parameters in the query and in header fields that are marked so: sorted, each once. */
export const secretParameters = (operations: readonly LinkedOperation[]): readonly string[] =>
  [
    ...new Set(
      operations.flatMap(({ spec }) =>
        spec === undefined
          ? []
          : parametersOf([spec.item.parameters, spec.operation.parameters], spec.source, new Shapes(spec.source)),
      ),
    ),
  ].sort();

const parametersOf = (lists: readonly (JsonValue | undefined)[], source: SpecSource, shapes: Shapes): readonly string[] =>
  lists.flatMap(listed).flatMap((written) => {
    const parameter = target(written, source);
    if (parameter === undefined || typeof parameter.name !== "string") return [];
    if (parameter.in !== "query" && parameter.in !== "header") return [];
    const isMarked = parameter["x-sensitive"] === true || shapes.of(objects(parameter.schema)) !== undefined;
    return isMarked ? [parameter.name] : [];
  });

/** Of Request Body Objects and Response Objects, or references to them. */
const jsonSchemas = (bodies: readonly (JsonValue | undefined)[], source: SpecSource): JsonObject[] =>
  bodies.flatMap((written) => {
    const body = isObject(written) ? target(written, source) : undefined;
    return Object.entries(isObject(body?.content) ? body.content : {}).flatMap(([type, media]) =>
      /^[\w.*-]+\/(?:[\w.-]+\+)?(?:json|\*)\s*(?:;|$)/i.test(type) && isObject(media) && isObject(media.schema)
        ? [media.schema]
        : [],
    );
  });

/** Shapes of values by the schemas that apply to them. */
class Shapes {
  readonly #source: SpecSource;
  readonly #ids = new Map<JsonObject, number>();
  readonly #known = new Map<string, SecretIr>();
  readonly #shapes: SecretShapeIr[] = [];

  constructor(source: SpecSource) {
    this.#source = source;
  }

  get list(): readonly SecretShapeIr[] {
    return this.#shapes;
  }

  /** Undefined: nothing of a value with these schemas is secret. */
  of(schemas: readonly JsonObject[]): SecretIr | undefined {
    const secret = this.#visit(schemas);
    return secret === undefined || secret === true || this.#reaches(secret, new Set()) ? secret : undefined;
  }

  #visit(schemas: readonly JsonObject[]): SecretIr | undefined {
    const all = this.#together(schemas);
    if (all.size === 0) return undefined;
    if ([...all].some(isSecret)) return true;
    const key = [...all]
      .map((schema) => this.#id(schema))
      .sort((a, b) => a - b)
      .join(" ");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#shapes.length >= mostShapes) return true;
    const index = this.#shapes.push({}) - 1;
    this.#known.set(key, index);
    this.#shapes[index] = this.#shape([...all]);
    return index;
  }

  #shape(schemas: readonly JsonObject[]): SecretShapeIr {
    const names = new Set(schemas.flatMap(({ properties }) => (isObject(properties) ? Object.keys(properties) : [])));
    const patterns = schemas.flatMap(({ patternProperties }) => listed(patternProperties));
    const members = [...names].flatMap((name): [string, SecretIr][] => {
      const applied = schemas.flatMap(({ properties, additionalProperties }) =>
        isObject(properties) && Object.hasOwn(properties, name) ? objects(properties[name]) : objects(additionalProperties),
      );
      const secret = this.#visit([...applied, ...patterns]);
      return secret === undefined ? [] : [[name, secret]];
    });
    const others = this.#visit([
      ...patterns,
      ...schemas.flatMap(({ additionalProperties, unevaluatedProperties }) =>
        objects(additionalProperties, unevaluatedProperties),
      ),
    ]);
    const items = this.#visit(
      schemas.flatMap(({ items: each, prefixItems, contains, unevaluatedItems }) => [
        ...objects(each, contains, unevaluatedItems),
        ...listed(prefixItems),
      ]),
    );
    return {
      ...(members.length === 0 ? {} : { members }),
      ...(others === undefined ? {} : { others }),
      ...(items === undefined ? {} : { items }),
    };
  }

  /** Those schemas, and all that apply to the same value because of them. */
  #together(schemas: readonly JsonObject[]): Set<JsonObject> {
    const all = new Set<JsonObject>();
    const waiting = [...schemas];
    for (let schema = waiting.pop(); schema !== undefined; schema = waiting.pop()) {
      if (all.has(schema)) continue;
      all.add(schema);
      if (typeof schema.$ref === "string") waiting.push(...objects(this.#source.target(schema)));
      for (const keyword of ["allOf", "anyOf", "oneOf"]) waiting.push(...listed(schema[keyword]));
      waiting.push(...objects(schema.if, schema.then, schema.else), ...listed(schema.dependentSchemas));
    }
    return all;
  }

  /** Whether something secret is below. */
  #reaches(secret: SecretIr, seen: Set<number>): boolean {
    if (secret === true) return true;
    if (seen.has(secret)) return false;
    seen.add(secret);
    const { members = [], others, items } = this.#shapes[secret]!;
    return [...members.map(([, member]) => member), others, items].some(
      (part) => part !== undefined && this.#reaches(part, seen),
    );
  }

  #id(schema: JsonObject): number {
    const known = this.#ids.get(schema);
    if (known !== undefined) return known;
    this.#ids.set(schema, this.#ids.size);
    return this.#ids.size - 1;
  }
}

const isSecret = (schema: JsonObject): boolean =>
  schema.format === "password" || schema.writeOnly === true || schema["x-sensitive"] === true;

const target = (node: JsonObject, source: SpecSource): JsonObject | undefined =>
  typeof node.$ref === "string" ? source.resolve(node) : node;

const objects = (...values: readonly (JsonValue | undefined)[]): JsonObject[] => values.filter(isObject);

/** The schemas in a list, or in the members of an object. */
const listed = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : isObject(value) ? Object.values(value).filter(isObject) : [];

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
