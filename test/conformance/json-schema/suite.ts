import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { SchemaTable } from "../../../compiler/contract/schemas/table.ts";
import type { JsonObject, JsonValue } from "../../../compiler/source/source-set.ts";
import { parseStrictly } from "../../../runtime/body/json-strict.ts";
import { emit, loadSchemas } from "../../unit/schemas/emitted.ts";

export const suite = fileURLToPath(new URL("../../../../shared/corpus/json-schema-test-suite/", import.meta.url));
export const hasSuite = existsSync(suite);

export interface Case {
  /** `minLength.json | minLength validation | one grapheme is not long enough`. */
  readonly name: string;
  readonly data: unknown;
  readonly valid: boolean;
}

export interface Group {
  readonly name: string;
  readonly schema: JsonValue;
  readonly cases: readonly Case[];
}

interface FileGroup {
  readonly description: string;
  readonly schema: JsonValue;
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[];
}

/** The groups of some files below `tests/`. */
export function readGroups(folder: string, files: readonly string[]): Group[] {
  return files.flatMap((file) => {
    const text = readFileSync(join(suite, "tests", folder, file), "utf8");
    const groups = JSON.parse(text) as FileGroup[];
    // As a body is read, where it can be one: keys such as `__proto__` are in some of the files.
    const exact = parseStrictly(text, 100, true).value as FileGroup[] | undefined;
    return groups.map(({ description, schema, tests }, group) => ({
      name: `${file} | ${description}`,
      schema,
      cases: tests.map((test, index) => ({
        name: `${file} | ${description} | ${test.description}`,
        data: (exact?.[group]!.tests[index] ?? test).data,
        valid: test.valid,
      })),
    }));
  });
}

export const jsonFiles = (folder: string): string[] =>
  readdirSync(join(suite, "tests", folder))
    .filter((file) => file.endsWith(".json"))
    .sort();

/** Runs every case through an emitted validator; the names of those with another outcome, each with what came out. */
export async function disagreements(groups: readonly Group[], openapi: string): Promise<Map<string, string>> {
  const files: Record<string, string> = {};
  const schemas: Record<string, JsonValue> = {};
  for (const [index, { schema }] of groups.entries()) {
    if (typeof schema === "object") files[`suite/${index}.json`] = JSON.stringify(schema);
    schemas[`t${index}`] = typeof schema === "object" ? { $ref: `suite/${index}.json` } : schema;
  }
  const remotes = remoteSchemas();
  for (const [index, [, text]] of remotes.entries()) {
    files[`remotes/${index}.json`] = text;
    schemas[`r${index}`] = { $ref: `remotes/${index}.json` };
  }
  const { spec, sources, sink } = await loadSchemas(schemas, openapi, files);
  const components = (spec.document.components as { schemas: Record<string, JsonValue> }).schemas;
  const served = new Map(remotes.map(([uri], index) => [uri, spec.target(components[`r${index}`] as JsonObject)]));
  const table = new SchemaTable(sources.positions, sink, (uri) => served.get(uri));
  const ids = new Map(
    groups.map((_, index) => [
      `t${index}`,
      table.add(spec, components[`t${index}`]!, {
        scope: "suite.v1",
        name: `t${index}`,
        view: "request",
      }),
    ]),
  );
  const { functions, violationsOf } = await emit(table.schemas, ids);
  const found = new Map<string, string>();
  for (const [index, group] of groups.entries()) {
    const validator = functions.get(`t${index}`)!;
    for (const { name, data, valid } of group.cases) {
      try {
        const is = validator(data, null);
        if (is !== valid) found.set(name, is ? "accepted" : "refused");
        else if (!is && !((violationsOf(validator, data, { in: "body" }, 5)?.length ?? 0) > 0))
          found.set(name, "refused without a violation");
      } catch (error) {
        found.set(name, String(error));
      }
    }
  }
  return found;
}

/** What the suite wants served under `http://localhost:1234/`, and the meta-schemas that it refers to. */
function remoteSchemas(): [uri: string, text: string][] {
  const walk = (folder: string): string[] =>
    readdirSync(join(suite, "remotes", folder), {
      withFileTypes: true,
    }).flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? walk(path) : [path];
    });
  const own = walk("draft2020-12").map((path): [string, string] => [
    `http://localhost:1234/${path}`,
    readFileSync(join(suite, "remotes", path), "utf8"),
  ]);
  const require = createRequire(import.meta.url);
  const meta = [
    "schema",
    "meta/core",
    "meta/applicator",
    "meta/unevaluated",
    "meta/validation",
    "meta/meta-data",
    "meta/format-annotation",
    "meta/content",
  ];
  return [
    ...own,
    ...meta.map((name): [string, string] => [
      `https://json-schema.org/draft/2020-12/${name}`,
      JSON.stringify(require(`ajv/dist/refs/json-schema-2020-12/${name}.json`)),
    ]),
  ];
}
