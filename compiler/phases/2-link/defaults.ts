import { posix } from "node:path";
import type { GatewayFile } from "../../../schema/gateway.gen.ts";
import type { FilledGatewayFile } from "../../../schema/gateway-filled.gen.ts";
import { type JsonSchema, schemas } from "../../../schema/schemas.gen.ts";
import type { Positions } from "../../ir/positions.ts";
import { own, setOwn } from "../../text/own.ts";
import { kebabCase } from "../../text/words.ts";

/** The options of one policy as its schema describes them. */
export function policySchema(name: string): { readonly options: JsonSchema; readonly multiple: boolean } {
  const options = schemas[`policies/${kebabCase(name)}`];
  if (options === undefined) throw new Error(`policy ${name} has no schema`);
  return { options, multiple: options["x-multiple"] === true };
}

/**
 * A copy of `value` in which every absent property with a `default` in the schema has it, or the default of the date that
 * `compatibility` names. `copied` hears of each container and what it was copied from, so that the copy can inherit its
 * position, and of each that a default made, with the one that it was put into.
 */
export function fillDefaults(schema: JsonSchema, value: unknown, compatibility: string, copied: Copied = () => {}): unknown {
  return fill(schema, value, schema, { compatibility, copied });
}

interface Filling {
  readonly compatibility: string;
  readonly copied: Copied;
}

type Copied = (to: object, from: object, isMade: boolean) => void;

function fill(schema: JsonSchema, value: unknown, root: JsonSchema, filling: Filling, within?: object): unknown {
  if (typeof value !== "object" || value === null) return value;
  const [resolved, base] = follow(schema, root);
  if (Array.isArray(value)) {
    const { items } = resolved;
    const list: unknown =
      items === undefined ? [...value] : value.map((item: unknown) => fill(items, item, base, filling, within));
    filling.copied(list as object, within ?? value, within !== undefined);
    return list;
  }
  const [branch, inside] =
    resolved.anyOf === undefined ? [resolved, base] : objectBranch(resolved.anyOf, Object.keys(value), base);
  const filled: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const property =
      own(branch.properties, key) ?? (typeof branch.additionalProperties === "object" ? branch.additionalProperties : undefined);
    setOwn(filled, key, property === undefined ? inner : fill(property, inner, inside, filling, within));
  }
  for (const [key, property] of Object.entries(branch.properties ?? {})) {
    const fallback = earlierDefault(property, filling) ?? property.default ?? follow(property, inside)[0].default;
    if (!Object.hasOwn(filled, key) && fallback !== undefined)
      filled[key] = fill(property, fallback, inside, filling, within ?? value);
  }
  filling.copied(filled, within ?? value, within !== undefined);
  return filled;
}

/** Where a default changed: that of before, for a gateway that is to behave as of then. ISO dates sort as text. */
function earlierDefault(property: JsonSchema, { compatibility }: Filling): unknown {
  const changes = Object.entries(property["x-default-before"] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return changes.find(([date]) => compatibility < date)?.[1];
}

/** The form of an object that these keys make. The shape was checked, so one of several has them all. */
function objectBranch(
  branches: readonly JsonSchema[],
  keys: readonly string[],
  root: JsonSchema,
): readonly [schema: JsonSchema, root: JsonSchema] {
  const objects = branches.map((branch) => follow(branch, root)).filter(([branch]) => branch.type === "object");
  const fits = ({ properties = {}, required = [], additionalProperties }: JsonSchema): boolean =>
    required.every((key) => keys.includes(key)) &&
    (additionalProperties !== false || keys.every((key) => Object.hasOwn(properties, key)));
  return objects.find(([branch]) => fits(branch)) ?? objects[0] ?? [{}, root];
}

/** Follows `$ref` inside the schema or to another schema file; also gives the file in which the target stands. */
function follow(schema: JsonSchema, root: JsonSchema): readonly [schema: JsonSchema, root: JsonSchema] {
  const reference = schema.$ref;
  if (reference === undefined) return [schema, root];
  if (reference.startsWith("#/definitions/")) {
    const target = root.definitions?.[reference.slice("#/definitions/".length)];
    if (target === undefined) throw new Error(`schema has no ${reference}`);
    return follow(target, root);
  }
  const file = embedded(reference, root);
  return [file, file];
}

/** The file that a reference in another one means, to whose folder it is relative. */
function embedded(reference: string, from: JsonSchema): JsonSchema {
  const path = Object.keys(schemas).find((key) => schemas[key] === from) ?? "";
  const target = posix.join(posix.dirname(path), reference).replace(/\.json$/, "");
  const file = schemas[target];
  if (file === undefined) throw new Error(`schema ${target} is not embedded`);
  return file;
}

/** The gateway file with defaults filled in, except in policies: their defaults come after scopes are merged. */
export function fillGatewayDefaults(gateway: GatewayFile, positions: Positions): FilledGatewayFile {
  return fillDefaults(schemas.gateway!, gateway, gateway.compatibility, (to, from, isMade) => {
    if (!isMade) positions.inherit(to, from);
    // What a default made has the place of what it was put into, and its entries have no others.
    else positions.set(to, { ...positions.of(from), keys: [], spans: [] });
  }) as FilledGatewayFile;
}
