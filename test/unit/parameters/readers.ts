import { build } from "esbuild";
import { linkParameters } from "../../../compiler/contract/parameters/link.ts";
import { SchemaTable } from "../../../compiler/contract/schemas/table.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { ParameterIr } from "../../../compiler/ir/parameter.ts";
import type { JsonSchema } from "../../../compiler/ir/schema.ts";
import { load, memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { ModuleWriter } from "../../../compiler/phases/5-emit/module-writer.ts";
import { ParameterWriter, writeParameterReader } from "../../../compiler/phases/5-emit/parameters/index.ts";
import { printSchemas } from "../../../compiler/phases/5-emit/schemas/index.ts";
import { emittedModules } from "../../../compiler/phases/6-bundle/runtime-plugin.ts";
import { parsePathTemplate } from "../../../compiler/routing/path-template.ts";
import type { JsonObject, SourceSet, SpecSource } from "../../../compiler/source/source-set.ts";
import type { ParameterProblems } from "../../../runtime/parameters/problems.ts";
import type { Violation } from "../../../runtime/validation/violations.ts";
import { type FakeRequest, fakeExchange } from "../../harness/fake-exchange.ts";

const gateway = `
gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis: { orders: { versions: { v1: { spec: openapi.json } }, service: orders } }
services: { orders: { endpoints: [http://127.0.0.1:9001] } }
`;

export interface Values {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly header: Readonly<Record<string, unknown>>;
  readonly cookie: Readonly<Record<string, unknown>>;
}

export interface ReaderCase {
  readonly parameters: readonly unknown[];
  /** Default: `/` and every path parameter as a segment. */
  readonly template?: string;
  readonly unknown?: "allow" | "warn" | "refuse";
  readonly known?: readonly string[];
  readonly withoutValues?: boolean;
}

export interface Reader {
  readonly parameters: readonly ParameterIr[];
  /** Schemas by id. */
  readonly schemas: ReadonlyMap<string, JsonSchema>;
  read(request: FakeRequest): Result;
}

export interface Result {
  readonly values?: Values;
  readonly violations: readonly Violation[];
  /** Types of what was reported without being refused. */
  readonly reported: readonly string[];
}

export interface Readers {
  readonly readers: readonly Reader[];
  readonly codes: readonly string[];
  readonly sink: DiagnosticSink;
  readonly text: string;
}

export async function loadSpec(document: object): Promise<{ sources: SourceSet; spec: SpecSource; sink: DiagnosticSink }> {
  const sink = new DiagnosticSink();
  const sources = await load(
    "gateway.yaml",
    sink,
    memoryDisk(
      new Map([
        ["gateway.yaml", gateway],
        ["openapi.json", JSON.stringify(document)],
      ]),
    ),
  );
  return { sources: sources!, spec: sources!.specs.get("openapi.json")!, sink };
}

/** Emits, bundles and imports one reader a case. */
export async function compileReaders(
  cases: readonly ReaderCase[],
  { openapi = "3.1.1", components = {} }: { openapi?: string; components?: object } = {},
): Promise<Readers> {
  const templates = cases.map(({ template, parameters }) => template ?? `/${pathNames(parameters).join("/")}`);
  const paths = Object.fromEntries(
    cases.map(({ parameters }, index) => [
      `/c${index}${templates[index]!.replaceAll(/[?#]/g, "_")}`,
      { get: { parameters, responses: {} } },
    ]),
  );
  const { sources, spec, sink } = await loadSpec({ openapi, info: { title: "Orders", version: "1" }, paths, components });
  const table = new SchemaTable(sources.positions, sink);
  const items = Object.values(spec.document.paths as JsonObject) as JsonObject[];
  const linked = items.map((pathItem, index) => {
    const schemas = {
      add: (schema: Parameters<typeof table.add>[1], name: string): string =>
        table.add(spec, schema, { scope: "orders.v1", name: `c${index}.${name}`, view: "request" }),
      get: (id: string): JsonSchema | undefined => table.get(id),
    };
    return linkParameters(
      { spec, pathItem, operation: pathItem.get as JsonObject },
      { positions: sources.positions, sink, schemas },
    );
  });
  const byId = new Map(table.schemas.map(({ id, schema }) => [id, schema]));
  const validators = printSchemas(table.schemas, byId.keys());
  const module = new ModuleWriter("main.js", ["openapi.json"]);
  const writer = new ParameterWriter({
    module,
    validator: (id) => module.fromModule(validators.names.get(id)!.path, validators.names.get(id)!.name),
    schemaOf: (id) => byId.get(id),
  });
  for (const [index, { unknown = "allow", known = [], withoutValues = false }] of cases.entries()) {
    const parameters = linked[index]!;
    const { segments } = parsePathTemplate(templates[index]!, { wildcards: false });
    writeParameterReader(
      parameters,
      {
        name: `read${index}`,
        operation: `case ${index}`,
        path: { segments: segments!, template: templates[index]! },
        query: { unknown, known },
        ...(withoutValues ? {} : { values: { target: "x.values", wanted: new Set(parameters) } }),
      },
      writer,
    );
  }
  writer.finish();
  module.line(`export { ${cases.map((_, index) => `read${index}`).join(", ")} };`);
  module.line(`export { ParameterProblems } from "gatewright/runtime/parameters/problems";`);
  const text = module.finish().text;
  const all = new Map(validators.modules.map((each) => [each.path, each]));
  all.set("main.js", { path: "main.js", text, map: '{"version":3,"sources":[],"mappings":""}' });
  const { outputFiles } = await build({
    entryPoints: ["gateway:main.js"],
    bundle: true,
    format: "esm",
    platform: "node",
    charset: "utf8",
    write: false,
    logLevel: "silent",
    plugins: [emittedModules(() => all)],
  });
  const code = outputFiles[0]!.text;
  const loaded = (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as Loaded;
  const readers = linked.map(
    (parameters, index): Reader => ({ parameters, schemas: byId, read: (request) => read(loaded, index, request) }),
  );
  return { readers, codes: sink.sorted().map((each) => each.code), sink, text };
}

type ReaderFunction = (x: unknown, problems: ParameterProblems | null) => boolean;
type Loaded = Readonly<Record<string, ReaderFunction>> & { readonly ParameterProblems: typeof ParameterProblems };

/** Both ways of calling a reader; they must agree. */
function read(loaded: Loaded, index: number, request: FakeRequest): Result {
  const x = Object.assign(fakeExchange(request), { values: undefined as Values | undefined });
  const isValid = loaded[`read${index}`]!(x, null);
  if (isValid) {
    const problems = new loaded.ParameterProblems(50);
    const again = Object.assign(fakeExchange(request), { values: undefined as Values | undefined });
    if (!loaded[`read${index}`]!(again, problems)) throw new Error(`valid at first, but then: ${JSON.stringify(problems.list)}`);
    return {
      ...(x.values === undefined ? {} : { values: x.values }),
      violations: [],
      reported: x.reports.map(({ type }) => type),
    };
  }
  const problems = new loaded.ParameterProblems(50);
  if (loaded[`read${index}`]!(x, problems)) throw new Error("invalid at first, and valid when asked for the reason");
  if (problems.list.length === 0) throw new Error("invalid without a reason");
  if (x.values !== undefined) throw new Error("invalid, and yet there are values");
  return { violations: problems.list, reported: x.reports.map(({ type }) => type) };
}

const pathNames = (parameters: readonly unknown[]): string[] =>
  parameters.flatMap((parameter) => {
    const { in: where, name } = parameter as { in: string; name: string };
    return where === "path" ? [`{${name}}`] : [];
  });

/** One reader for one case. */
export async function compileReader(
  parameters: readonly unknown[],
  options: Omit<ReaderCase, "parameters"> & { openapi?: string; components?: object } = {},
): Promise<Reader & Readers> {
  const { openapi, components, ...rest } = options;
  const compiled = await compileReaders([{ parameters, ...rest }], {
    ...(openapi === undefined ? {} : { openapi }),
    ...(components === undefined ? {} : { components }),
  });
  return { ...compiled.readers[0]!, ...compiled };
}
