import { inPlaceReferences, parts, references } from "../../../contract/schemas/references.ts";
import { formatOrigin } from "../../../ir/origin.ts";
import type { JsonSchema, SchemaIr } from "../../../ir/schema.ts";
import { ModuleWriter } from "../module-writer.ts";
import type { EmittedModule } from "../modules.ts";
import { writeChecks } from "./checks.ts";
import { type Costs, costsOf } from "./costs.ts";
import { writeEvaluatedCalls } from "./evaluated.ts";
import { nameValidators, type ValidatorName } from "./schema-names.ts";
import { evaluatedName, innerName, ValidatorWriter } from "./validator-writer.ts";

export type { ValidatorName } from "./schema-names.ts";

export interface PrintedSchemas {
  readonly modules: readonly EmittedModule[];
  /** By id of the schema. */
  readonly names: ReadonlyMap<string, ValidatorName>;
}

/**
 * Prints the validators of the schemas in `used`, and of those they refer to: one module a schema. A validator is a
 * function `(value, found)`, as `runtime/validation/violations.ts` describes it.
 */
export function printSchemas(schemas: readonly SchemaIr[], used: Iterable<string>): PrintedSchemas {
  const byId = new Map(schemas.map((schema) => [schema.id, schema]));
  const reached = reachable(byId, used);
  const printed = [...reached].sort().map((id) => byId.get(id)!);
  const names = nameValidators(schemas);
  const schemaOf = (ref: string): JsonSchema | undefined => byId.get(ref.slice(2))?.schema;
  const evaluated = askedForEvaluated(printed, byId);
  const costs = costsOf(printed);
  const modules = printed.map((schema) => printModule(schema, evaluated.has(schema.id), costs, names, schemaOf));
  return { modules, names };
}

function printModule(
  ir: SchemaIr,
  needsEvaluated: boolean,
  costs: Costs,
  names: ReadonlyMap<string, ValidatorName>,
  schemaOf: (ref: string) => JsonSchema | undefined,
): EmittedModule {
  const { id, schema, origin, place } = ir;
  const { path, name } = names.get(id)!;
  const module = new ModuleWriter(path, [origin.file]);
  const takesRun = costs.takesRun({ $ref: `#/${id}` });
  const own = [name, ...(takesRun ? [innerName(name)] : []), ...(needsEvaluated ? [evaluatedName(name)] : [])];
  const writer = new ValidatorWriter(module, ir, costs, own, names, schemaOf);
  // Constants are known when the functions are printed, and read better above them.
  const functions = (): void => {
    module.comment(`${formatOrigin(origin)} ${place}`);
    if (takesRun) writeEntrance(name, writer);
    writeFunction(takesRun ? innerName(name) : name, schema, true, writer);
    if (needsEvaluated) writeEvaluatedFunction(evaluatedName(name), schema, true, writer);
    for (let next = writer.pending.shift(); next !== undefined; next = writer.pending.shift()) {
      if (next.kind === "validator") writeFunction(next.name, next.schema, false, writer);
      else writeEvaluatedFunction(next.name, next.schema, false, writer);
    }
  };
  functions();
  if (writer.constants.length > 0) {
    const lines = module.lines.splice(0);
    for (const constant of writer.constants) writer.line(constant);
    module.line();
    module.lines.push(...lines);
  }
  return module.finish();
}

/** What those call who have no run yet. */
function writeEntrance(name: string, writer: ValidatorWriter): void {
  const bounded = writer.runtime("run", "bounded");
  writer.block(`export function ${name}(value, found)`, () =>
    writer.line(`return ${bounded}(${innerName(name)}, value, found, ${writer.costs.steps});`),
  );
  writer.module.line();
}

function writeFunction(name: string, schema: JsonSchema, isExported: boolean, writer: ValidatorWriter): void {
  writer.startFunction();
  writer.block(`${isExported ? "export " : ""}function ${name}(value, found${runOf(schema, writer)})`, () => {
    writeChecks(schema, { text: "value", keys: [] }, name, true, writer);
    writer.line("return true;");
  });
  writer.module.line();
}

const runOf = (schema: JsonSchema, writer: ValidatorWriter): string => (writer.costs.takesRun(schema) ? ", run" : "");

function writeEvaluatedFunction(name: string, schema: JsonSchema, isExported: boolean, writer: ValidatorWriter): void {
  writer.startFunction();
  writer.block(`${isExported ? "export " : ""}function ${name}(value, seen${runOf(schema, writer)})`, () => {
    if (typeof schema === "object") writeEvaluatedCalls(schema, "value", "seen", name, "any", writer);
  });
  writer.module.line();
}

function reachable(byId: ReadonlyMap<string, SchemaIr>, used: Iterable<string>): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [...used];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    const found = byId.get(id);
    if (found === undefined) throw new Error(`no schema has the id ${id}`);
    for (const ref of references(found.schema)) waiting.push(ref.slice(2));
  }
  return reached;
}

/** Ids of the schemas whose evaluated parts another schema asks for, through references. */
function askedForEvaluated(schemas: readonly SchemaIr[], byId: ReadonlyMap<string, SchemaIr>): ReadonlySet<string> {
  const asked = new Set<string>();
  const ask = (schema: JsonSchema): void => {
    if (typeof schema === "boolean") return;
    for (const ref of inPlaceReferences(schema)) {
      const id = ref.slice(2);
      if (asked.has(id)) continue;
      asked.add(id);
      ask(byId.get(id)!.schema);
    }
  };
  const visit = (schema: JsonSchema): void => {
    if (typeof schema === "boolean") return;
    if (isUnevaluated(schema.unevaluatedProperties) || isUnevaluated(schema.unevaluatedItems)) ask(schema);
    for (const part of parts(schema)) visit(part);
  };
  for (const { schema } of schemas) visit(schema);
  return asked;
}

const isUnevaluated = (schema: JsonSchema | undefined): boolean => schema !== undefined && schema !== true;
