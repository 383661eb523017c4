import { compile } from "json-schema-to-typescript";
import type { JsonSchema } from "../../schema/schemas.gen.ts";
import { camelCase } from "../text/words.ts";
import { bundleSchema, lookUp, type SchemaFiles } from "./bundle-schema.ts";
import { extendedOptions } from "./combined-schema.ts";
import { mapSchema } from "./map-schema.ts";
import type { Outputs } from "./outputs.ts";
import { header } from "./print.ts";
import { withCombined } from "./schemas.ts";
import type { Workspace } from "./workspace.ts";

/** The TypeScript types of what users write, and of the options that definitions get. */
export async function generateTypes(workspace: Workspace, out: Outputs): Promise<void> {
  const all = withCombined(workspace);
  for (const entry of ["gateway", "policy-file"]) {
    const bundled = bundleSchema(entry, all, () => {});
    out.write(`schema/${entry}.gen.ts`, await typesModule(`schema/${entry}.json and what it refers to`, bundled));
  }

  // Options of policies are merged first, and have their defaults after that.
  const filled = [...all].map(([path, schema]) => [path, isOfPolicies(path) ? schema : withDefaults(schema, all, path)] as const);
  const linked = { ...bundleSchema("gateway", new Map(filled), () => {}), title: "FilledGatewayFile" };
  out.write("schema/gateway-filled.gen.ts", await typesModule("schema/gateway.json, with defaults filled in", linked));

  const policies = catalogue(
    /^policies\//,
    "PoliciesByName",
    "The options of every policy by its name, with defaults filled in.",
    workspace,
    out,
  );
  const policyTypes = await typesModule("schema/policies/*.json", policies);
  out.write(
    "schema/policies.gen.ts",
    `${policyTypes}\n/** As users write it: \`rateLimit\`. */\nexport type PolicyName = keyof PoliciesByName;\n`,
  );

  const resources = catalogue(
    /^resources\/[^/]+\//,
    "ResourcesByKind",
    "The options of every kind of resource by its room and name, with defaults filled in.",
    workspace,
    out,
  );
  out.write("schema/resources.gen.ts", await typesModule("schema/resources/*/*.json", resources));
}

/** An object with one required property for each schema below a folder of `schema/`, after defaults were filled in. */
function catalogue(folder: RegExp, title: string, description: string, { schemas }: Workspace, out: Outputs): JsonSchema {
  const files = [...schemas].filter(([path]) => folder.test(path));
  const names = files.map(([path]) => camelCase(path.slice(path.indexOf("/") + 1)));
  const titles = new Set<string>();
  for (const [path, schema] of files) {
    if (schema.title === undefined || titles.has(schema.title))
      out.problem(`schema/${path}.json: needs a \`title\` of its own, which names its type`);
    titles.add(schema.title ?? "");
  }
  const root: JsonSchema = {
    title,
    description,
    type: "object",
    additionalProperties: false,
    required: names,
    properties: Object.fromEntries(files.map(([path], index) => [names[index]!, { $ref: `${path}.json` }])),
  };
  // `when` and `mode` are for policies.
  const extended = [...schemas].map(
    ([path, schema]) => [path, path.startsWith("policies/") ? extendedOptions(schema) : schema] as const,
  );
  const bundled = bundleSchema("catalogue", new Map([...extended, ["catalogue", root]]), () => {});
  return withDefaults(bundled, new Map([["catalogue", bundled]]), "catalogue");
}

const isOfPolicies = (path: string): boolean => path === "policies" || path.startsWith("policies/");

/** The shape after defaults were filled in: what has one is always there. */
function withDefaults(schema: JsonSchema, files: SchemaFiles, file: string): JsonSchema {
  return mapSchema(schema, (inner) => {
    const filled = Object.entries(inner.properties ?? {}).filter(
      ([, property]) => defaultOf(property, files, file) !== undefined,
    );
    if (filled.length === 0) return inner;
    return { ...inner, required: [...new Set([...(inner.required ?? []), ...filled.map(([name]) => name)])] };
  });
}

function defaultOf(schema: JsonSchema, files: SchemaFiles, file: string): unknown {
  if (schema.default !== undefined || schema.$ref === undefined) return schema.default;
  return lookUp(schema.$ref, file, files)?.default;
}

async function typesModule(source: string, schema: JsonSchema): Promise<string> {
  // Its parameter type names the keywords one by one and has no place for `tsType` beside ours.
  const input = mapSchema(schema, (inner) => forTypes(inner, schema)) as Parameters<typeof compile>[0];
  const text = await compile(input, schema.title!, {
    additionalProperties: false,
    bannerComment: header(source),
    ignoreMinAndMaxItems: true,
    style: { printWidth: 130 },
    unreachableDefinitions: true,
  });
  return tidy(text);
}

/** Where the type of a schema says more than a keyword, or the keyword would only be repeated in a comment. */
function forTypes(schema: JsonSchema, root: JsonSchema): JsonSchema & { readonly tsType?: string } {
  const { description } = schema;
  const about = description === undefined ? {} : { description };
  // By name, so that a comment beside the reference does not make a second type of the same shape.
  if (schema.$ref !== undefined) return { ...about, tsType: nameOf(schema.$ref, root) };
  const shaped = ["type", "enum", "const", "anyOf", "allOf", "oneOf", "properties"].some((keyword) => keyword in schema);
  if (!shaped) return { ...about, tsType: "unknown" };
  const { default: _default, pattern: _pattern, minItems: _minItems, maxItems: _maxItems, ...rest } = schema;
  return rest;
}

function nameOf(reference: string, root: JsonSchema): string {
  const key = reference.slice("#/definitions/".length);
  return target(reference, root)?.title ?? `${key[0]!.toUpperCase()}${key.slice(1)}`;
}

const target = (reference: string, root: JsonSchema): JsonSchema | undefined =>
  root.definitions?.[reference.slice("#/definitions/".length)];

/** Comments of one sentence on one line, no remark about where a type came from, and a speaking name for keys. */
function tidy(text: string): string {
  return text
    .replaceAll(/ \*\n \* This interface was referenced by [^\n]*\n \* via the `definition` "[^"]*"\.\n/g, "")
    .replaceAll(/\/\*\*\n \* This interface was referenced by [^\n]*\n \* via the `definition` "[^"]*"\.\n \*\/\n/g, "")
    .replaceAll(/^( *)\/\*\*\n *\* ([^\n]*)\n *\*\/$/gm, "$1/** $2 */")
    .replaceAll("[k: string]", "[name: string]")
    .replaceAll(/^(export (?:type|interface) )/gm, "$1")
    .replaceAll(/^(\}|export type [^{]*;)\n(?=\/\*\*|export )/gm, "$1\n\n");
}
