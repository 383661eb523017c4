import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonSchema } from "../../schema/schemas.gen.ts";
import { bundleSchema } from "./bundle-schema.ts";
import { extendedOptions } from "./combined-schema.ts";
import { between, code, table } from "./markdown.ts";
import type { Outputs } from "./outputs.ts";
import type { Workspace } from "./workspace.ts";

/** The table of options in the user documentation of every policy and kind of resource. */
export function generateOptionTables(workspace: Workspace, out: Outputs): void {
  const policies = workspace.policies.map(({ folder, name, hasDefinition }) => {
    const path = `compiler/policies/${folder}/README.md`;
    return { path, entry: `policies/${folder}`, name, isDefined: hasDefinition };
  });
  const resources = workspace.resources.map(({ room, folder, name, hasDefinition }) => {
    const entry = `resources/${room}/${folder}`;
    return { path: `compiler/${entry}/README.md`, entry, name, isDefined: hasDefinition };
  });
  for (const { path, entry, name, isDefined } of [...policies, ...resources]) {
    if (!isDefined || !workspace.schemas.has(entry)) continue;
    if (!existsSync(join(workspace.root, path))) {
      out.problem(`${path} is missing`);
      continue;
    }
    const files = new Map(
      [...workspace.schemas].map(
        ([key, schema]) => [key, key.startsWith("policies/") ? extendedOptions(schema) : schema] as const,
      ),
    );
    const updated = between(
      readFileSync(join(workspace.root, path), "utf8"),
      "options",
      optionTable(
        name,
        bundleSchema(entry, files, () => {}),
      ),
    );
    if (updated === undefined) out.problem(`${path} has no place for its options: write <!-- options --> and <!-- /options -->`);
    else out.write(path, updated);
  }
}

/** @param schema options of one policy, without references to other files */
export function optionTable(name: string, schema: JsonSchema): string {
  const rows = schema.properties === undefined ? [row(name, schema, true, schema)] : rowsOf("", schema, schema);
  return rows.length === 0 ? "It has no options." : table(["Option", "Type", "Default", "Description"], rows);
}

function rowsOf(prefix: string, schema: JsonSchema, root: JsonSchema): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const isRequired = schema.required?.includes(name) === true;
    const inner = follow(property, root);
    const entries = typeof inner.additionalProperties === "object" ? follow(inner.additionalProperties, root) : undefined;
    return [
      row(`${prefix}${name}`, property, isRequired, root),
      ...rowsOf(`${prefix}${name}.`, inner, root),
      ...(entries?.properties === undefined ? [] : rowsOf(`${prefix}${name}.*.`, entries, root)),
    ];
  });
}

function row(name: string, property: JsonSchema, isRequired: boolean, root: JsonSchema): string[] {
  const inner = follow(property, root);
  const fallback = property.default ?? inner.default;
  const before = Object.entries(property["x-default-before"] ?? {}).map(
    ([date, value]) => `, ${code(written(value))} before ${date}`,
  );
  const standard = fallback !== undefined ? code(written(fallback)) + before.join("") : isRequired ? "required" : "";
  return [code(name), typeOf(inner, root), standard, property.description ?? inner.description ?? ""];
}

/** A default as one would write it in YAML. */
const written = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Types and formats in words, one and several; what is not here is a plain string. */
const words: Readonly<Record<string, readonly [one: string, several: string]>> = {
  boolean: ["boolean", "booleans"],
  integer: ["integer", "integers"],
  number: ["number", "numbers"],
  string: ["string", "strings"],
  cidr: ["address or CIDR block", "addresses or CIDR blocks"],
  date: ["date", "dates"],
  duration: ["duration", "durations"],
  "duration-setting": ["duration", "durations"],
  "header-name": ["field name", "field names"],
  "host-pattern": ["host name", "host names"],
  method: ["method", "methods"],
  "path-prefix": ["path", "paths"],
  peer: ["address, CIDR block or `unix`", "addresses, CIDR blocks or `unix`"],
  "path-template": ["path template", "path templates"],
  rate: ["rate", "rates"],
  size: ["size", "sizes"],
  "size-setting": ["size", "sizes"],
  uri: ["URI", "URIs"],
};

function typeOf(schema: JsonSchema, root: JsonSchema, isSeveral = false): string {
  const inner = follow(schema, root);
  if (inner.anyOf !== undefined) return [...new Set(inner.anyOf.map((branch) => typeOf(branch, root, isSeveral)))].join(" or ");
  if (inner.enum !== undefined) return inner.enum.map((value) => code(written(value))).join(", ");
  if (inner.type === "array") return `list of ${inner.items === undefined ? "anything" : typeOf(inner.items, root, true)}`;
  if (inner.type === "object" && inner.properties !== undefined) return `\`{ ${Object.keys(inner.properties).join(", ")} }\``;
  if (inner.type === "object")
    return typeof inner.additionalProperties === "object" ? `map to ${typeOf(inner.additionalProperties, root)}` : "map";
  if (typeof inner.type === "string") return (words[inner.format ?? ""] ?? words[inner.type]!)[isSeveral ? 1 : 0];
  return "anything";
}

function follow(schema: JsonSchema, root: JsonSchema): JsonSchema {
  if (schema.$ref === undefined) return schema;
  return follow(root.definitions?.[schema.$ref.slice("#/definitions/".length)] ?? {}, root);
}
