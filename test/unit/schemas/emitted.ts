import { posix } from "node:path";
import { build } from "esbuild";
import type { View } from "../../../compiler/contract/schemas/read-write.ts";
import { SchemaTable } from "../../../compiler/contract/schemas/table.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { SchemaIr } from "../../../compiler/ir/schema.ts";
import { load, memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import type { EmittedModule } from "../../../compiler/phases/5-emit/modules.ts";
import { printSchemas } from "../../../compiler/phases/5-emit/schemas/index.ts";
import { emittedModules } from "../../../compiler/phases/6-bundle/runtime-plugin.ts";
import type { JsonValue, SourceSet, SpecSource } from "../../../compiler/source/source-set.ts";
import type { Validator, Violation, Violations } from "../../../runtime/validation/violations.ts";

export interface Loaded {
  readonly spec: SpecSource;
  readonly sources: SourceSet;
  readonly sink: DiagnosticSink;
}

const gateway = `
gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis: { orders: { versions: { v1: { spec: openapi.yaml } }, service: orders } }
services: { orders: { endpoints: [http://127.0.0.1:9001] } }
`;

/** A spec with these component schemas, through the load phase. */
export async function loadSchemas(
  schemas: Readonly<Record<string, JsonValue>>,
  openapi = "3.1.0",
  files: Readonly<Record<string, string>> = {},
): Promise<Loaded> {
  const document = {
    openapi,
    info: { title: "Orders", version: "1" },
    paths: {},
    components: { schemas },
  };
  const sink = new DiagnosticSink();
  const sources = await load(
    "gateway.yaml",
    sink,
    memoryDisk(
      new Map(
        Object.entries({
          "gateway.yaml": gateway,
          "openapi.yaml": JSON.stringify(document),
          ...files,
        }),
      ),
    ),
  );
  const spec = sources!.specs.get("openapi.yaml")!;
  return { spec, sources: sources!, sink };
}

export interface Compiled {
  readonly schemas: readonly SchemaIr[];
  readonly codes: readonly string[];
  readonly sink: DiagnosticSink;
  readonly modules: readonly EmittedModule[];
  /** Text of the module of a component. */
  readonly text: (name: string) => string;
  readonly valid: (name: string, value: unknown) => boolean;
  readonly violations: (name: string, value: unknown) => readonly Violation[] | undefined;
}

/** Emits the validators of component schemas, bundles them with the run-time library and imports the result. */
export async function compileSchemas(
  schemas: Readonly<Record<string, JsonValue>>,
  {
    openapi = "3.1.0",
    view = "request",
    files = {},
    rewrite,
  }: {
    openapi?: string;
    view?: View;
    files?: Readonly<Record<string, string>>;
    /** Changes the text of emitted modules before they are bundled, to count steps. */
    rewrite?: (text: string) => string;
  } = {},
): Promise<Compiled> {
  const { spec, sources, sink } = await loadSchemas(schemas, openapi, files);
  const table = new SchemaTable(sources.positions, sink);
  const components = (spec.document.components as { schemas: Record<string, JsonValue> }).schemas;
  const ids = new Map(
    Object.keys(schemas).map((name) => [name, table.add(spec, components[name]!, { scope: "orders.v1", name, view })]),
  );
  const validators = await emit(table.schemas, ids, rewrite);
  return {
    schemas: table.schemas,
    codes: sink.sorted().map(({ code }) => code),
    sink,
    modules: validators.modules,
    text: (name) => validators.modules.find(({ path }) => path === validators.paths.get(name))!.text,
    valid: (name, value) => validators.functions.get(name)!(value, null),
    violations: (name, value) => validators.violationsOf(validators.functions.get(name)!, value, { in: "body" }, 20),
  };
}

export interface Emitted {
  readonly modules: readonly EmittedModule[];
  readonly paths: ReadonlyMap<string, string>;
  readonly functions: ReadonlyMap<string, Validator>;
  readonly violationsOf: (
    validator: Validator,
    value: unknown,
    place: { in: "body" },
    limit: number,
  ) => readonly Violation[] | undefined;
}

/** `ids`: by a name of the caller's, ids of the schemas to have. */
export async function emit(
  schemas: readonly SchemaIr[],
  ids: ReadonlyMap<string, string>,
  rewrite: (text: string) => string = (text) => text,
): Promise<Emitted> {
  const { modules, names } = printSchemas(schemas, ids.values());
  const entries = [...ids];
  const main = [
    ...entries.map(([, id], index) => `export { ${names.get(id)!.name} as v${index} } from "./${names.get(id)!.path}";\n`),
    'export { violationsOf } from "gatewright/runtime/validation/violations";\n',
  ].join("");
  const all = new Map(modules.map((module) => [module.path, { ...module, text: rewrite(module.text) }]));
  all.set("main.js", {
    path: "main.js",
    text: main,
    map: '{"version":3,"sources":[],"mappings":""}',
  });
  const { outputFiles } = await build({
    entryPoints: ["gateway:main.js"],
    bundle: true,
    format: "esm",
    platform: "node",
    charset: "utf8",
    write: false,
    plugins: [emittedModules(() => all)],
  });
  const code = outputFiles[0]!.text;
  const loaded = (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as Record<
    string,
    Validator
  > & { violationsOf: Emitted["violationsOf"] };
  return {
    modules,
    paths: new Map(entries.map(([name, id]) => [name, names.get(id)!.path])),
    functions: new Map(entries.map(([name], index) => [name, loaded[`v${index}`]!])),
    violationsOf: loaded.violationsOf,
  };
}

export type { Violations };
export const folderOf = (path: string): string => posix.dirname(path);
