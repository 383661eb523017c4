import type { GatewayIr } from "../../ir/gateway.ts";
import { rooms } from "../../ir/resource.ts";
import { packageVersion } from "../../package-root.ts";
import type { ModulePlan, Plan } from "../4-plan/plan.ts";
import { operationBindings, writeEnvironment, writeGateway, writePolicies, writeResources } from "./declarations.ts";
import { printMatcher } from "./matcher.ts";
import { ModuleWriter } from "./module-writer.ts";
import type { EmittedModule, Modules } from "./modules.ts";
import { Names } from "./names.ts";
import { writeOperations } from "./operations.ts";
import { PrintedSchemasCache } from "./schemas/printed-schemas-cache.ts";

/** Fifth phase: prints the modules of the bundle. Nothing else makes code text. */
export function emit(plan: Plan, ir: GatewayIr, cache = new PrintedSchemasCache()): Modules {
  const names = new Names(plan, ir);
  const sources = ir.sources.map(({ file }) => file);
  const modules: EmittedModule[] = [];
  const module = (path: string, from: readonly string[], write: (writer: ModuleWriter) => void): void => {
    const writer = new ModuleWriter(path, from);
    write(writer);
    modules.push(writer.finish());
  };
  module("environment.js", sources, (writer) => writeEnvironment(plan, { name: ir.name, builtBy: packageVersion() }, writer));
  for (const room of rooms)
    if (plan.resources[room].length > 0) module(`${room}.js`, sources, (writer) => writeResources(room, plan, names, writer));
  if (plan.shared.length > 0)
    module("policies.js", sources, (writer) => {
      writer.declare(plan.shared.map(({ name }) => name));
      writePolicies(plan.shared, true, names, writer);
    });
  for (const operations of [...plan.modules, plan.unmatched]) {
    module(operations.path, filesOf(operations), (writer) => writeOperations(operations, names, writer));
  }
  modules.push(...cache.print(ir.schemas, names.usedSchemas).modules);
  module("router.js", [], (writer) => writeRouter(plan, writer));
  module("gateway.js", sources, (writer) => writeGateway(plan, ir, names, writer));
  module("main.js", [], (writer) => {
    const run = writer.fromRuntime("process/run", "run");
    writer.runModule("environment.js");
    writer.line(`${run}(${writer.fromModule("gateway.js", "gateway")});`);
  });
  return new Map(modules.sort((a, b) => (a.path < b.path ? -1 : 1)).map((one) => [one.path, one]));
}

/** The files that the operations and constants of a module are written in. */
function filesOf({ operations, constants }: ModulePlan): string[] {
  const origins = operations.flatMap(({ operation }) => (operation === undefined ? [] : [operation.origin]));
  return [...new Set([...origins, ...constants.flatMap((constant) => constant.origins)].map(({ file }) => file))].sort();
}

function writeRouter(plan: Plan, writer: ModuleWriter): void {
  const bindings = operationBindings(plan, writer);
  const { text, imports } = printMatcher(plan.routes, (operation) => bindings.get(operation)!);
  for (const { module, names } of imports) for (const name of names) writer.fromRuntime(module, name);
  for (const line of text.trimEnd().split("\n")) writer.line(line);
}

export type { EmittedModule, Modules } from "./modules.ts";
export { PrintedSchemasCache } from "./schemas/printed-schemas-cache.ts";
