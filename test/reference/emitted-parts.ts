import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { walkConfig } from "../../compiler/ir/config-nodes.ts";
import type { EmittedIr } from "../../compiler/ir/emitted.ts";
import type { GatewayIr } from "../../compiler/ir/gateway.ts";
import { allResources } from "../../compiler/ir/resource.ts";
import { plan } from "../../compiler/phases/4-plan/index.ts";
import { ModuleWriter } from "../../compiler/phases/5-emit/module-writer.ts";
import type { EmittedModule } from "../../compiler/phases/5-emit/modules.ts";
import { Names } from "../../compiler/phases/5-emit/names.ts";
import { printSchemas } from "../../compiler/phases/5-emit/schemas/index.ts";
import { createBundler } from "../../compiler/phases/6-bundle/bundler.ts";

/** What the compiler prints in the place of a node, of those that `isWanted`. */
export async function emittedParts(ir: GatewayIr, isWanted: (node: EmittedIr) => boolean): Promise<(node: EmittedIr) => unknown> {
  const nodes: EmittedIr[] = [];
  const steps = [...ir.operations.flatMap((operation) => operation.steps), ...ir.unmatched];
  for (const { config } of [...allResources(ir), ...steps])
    walkConfig(config, { emitted: (node) => isWanted(node) && nodes.push(node) });
  if (nodes.length === 0) return () => undefined;

  const names = new Names(plan(ir), ir);
  const writer = new ModuleWriter("main.js", []);
  writer.declare(nodes.map((_, index) => `part${index}`));
  const values = nodes.map((node) => names.emitted(node, writer).text);
  for (const [index, value] of values.entries()) writer.line(`export const part${index} = ${value};`);
  const modules: EmittedModule[] = [writer.finish(), ...printSchemas(ir.schemas, names.usedSchemas).modules];
  const bundler = await createBundler({ minify: false });
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  try {
    const { code } = await bundler.bundle(new Map(modules.map((one) => [one.path, one])));
    // Without the reference to its map, which is not written.
    writeFileSync(join(folder, "parts.mjs"), code.replace(/\/\/# sourceMappingURL=.*/, ""));
    const made = (await import(/* @vite-ignore */ join(folder, "parts.mjs"))) as Readonly<Record<string, unknown>>;
    const places = new Map(nodes.map((node, index) => [node, index]));
    return (node) => made[`part${places.get(node)}`];
  } finally {
    await bundler.dispose();
    rmSync(folder, { recursive: true });
  }
}
