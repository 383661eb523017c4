import type { JsonSchema } from "../../schema/schemas.gen.ts";
import { bundleSchema } from "./bundle-schema.ts";
import { combinedSchema } from "./combined-schema.ts";
import { editorSchema } from "./editor-schema.ts";
import type { Outputs } from "./outputs.ts";
import { header } from "./print.ts";
import { roomSchemas } from "./room-schemas.ts";
import type { Workspace } from "./workspace.ts";

/** `schema/policies.json`, `schema/resources/*.json`, `schema/schemas.gen.ts` and the schemas for editors. */
export function generateSchemas(workspace: Workspace, out: Outputs): void {
  const all = withCombined(workspace);
  out.write("schema/policies.json", json(all.get("policies")!));
  for (const [path, schema] of roomSchemas(workspace.resources)) out.write(`schema/${path}.json`, json(schema));
  out.write("schema/schemas.gen.ts", schemasModule(all));
  for (const entry of ["gateway", "policy-file"]) {
    const bundled = bundleSchema(entry, all, (reference) => out.problem(`${reference} leads nowhere`));
    out.write(`schema/editor/${entry}.schema.json`, json(editorSchema(bundled, entry)));
  }
}

/** The hand-written schemas and the combined ones, sorted by path. */
export function withCombined({ schemas, policies, resources }: Workspace): ReadonlyMap<string, JsonSchema> {
  const combined = [["policies", combinedSchema(policies)] as const, ...roomSchemas(resources)];
  return new Map([...schemas, ...combined].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function schemasModule(schemas: ReadonlyMap<string, JsonSchema>): string {
  const entries = [...schemas].map(
    ([key, schema]) => `  ${JSON.stringify(key)}: ${JSON.stringify(schema, null, 2).replaceAll("\n", "\n  ")},\n`,
  );
  return [
    header("schema/**/*.json"),
    jsonSchemaType,
    "/** Every schema by its path below `schema/`, without `.json`. */",
    `export const schemas: Readonly<Record<string, JsonSchema>> = {\n${entries.join("")}};`,
  ].join("\n");
}

const jsonSchemaType = `
/** The part of JSON Schema draft-07 that the schemas of this folder use. Keywords with \`x-\` are ours. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $comment?: string;
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  /** Of before a date, by date. */
  readonly "x-default-before"?: Readonly<Record<string, unknown>>;
  /** Words of others for a key or a value of ours: its name, or a sentence that says what to write. */
  readonly "x-mistaken"?: Readonly<Record<string, string>>;
  /** Words of others for the kind of resource that the schema is of. */
  readonly "x-also-called"?: readonly string[];
  readonly examples?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  /** What yaml-language-server says where the pattern does not match. */
  readonly patternErrorMessage?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly if?: JsonSchema;
  readonly then?: JsonSchema;
  readonly else?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
  readonly [extension: \`x-\${string}\`]: unknown;
}
`;
