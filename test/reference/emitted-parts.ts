import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigIr } from "../../compiler/ir/config.ts";
import { walkConfig } from "../../compiler/ir/config-nodes.ts";
import type { GatewayIr } from "../../compiler/ir/gateway.ts";
import type { ParameterReaderIr } from "../../compiler/ir/parameter.ts";
import { plan } from "../../compiler/phases/4-plan/index.ts";
import { ModuleWriter } from "../../compiler/phases/5-emit/module-writer.ts";
import type { EmittedModule } from "../../compiler/phases/5-emit/modules.ts";
import { Names } from "../../compiler/phases/5-emit/names.ts";
import { printSchemas } from "../../compiler/phases/5-emit/schemas/index.ts";
import { createBundler } from "../../compiler/phases/6-bundle/bundler.ts";

/** Emitted functions by the node of a config that they stand for. */
export interface EmittedParts {
  validator(schema: string): unknown;
  reader(reader: ParameterReaderIr): unknown;
}

/**
 * Validators and parameter readers as the compiler prints them. They have references of their own (ajv, and the tables
 * of `parameters.ts`), so the interpreter of gateways takes them as they are and looks at what is around them.
 */
export async function emittedParts(ir: GatewayIr): Promise<EmittedParts> {
  const readers: ParameterReaderIr[] = [];
  const schemas = new Set<string>();
  const collect = (config: ConfigIr): void =>
    walkConfig(config, {
      parameterReader: (reader) => readers.push(reader),
      validator: (schema) => schemas.add(schema),
    });
  for (const { config } of ir.schemes) collect(config);
  for (const { steps } of ir.operations) for (const { config } of steps) collect(config);
  if (readers.length === 0 && schemas.size === 0) return { validator: () => undefined, reader: () => undefined };

  const names = new Names(plan(ir), ir);
  const writer = new ModuleWriter("main.js", []);
  const readerNames = readers.map((reader) => names.parameterReader(reader, writer));
  const validatorNames = [...schemas].map((schema) => names.validator(schema, writer).text);
  const exported = [
    ...readerNames.map((name, index) => `${name} as reader${index}`),
    ...validatorNames.map((name, index) => `${name} as validator${index}`),
  ];
  writer.line(`export { ${exported.join(", ")} };`);
  const modules: EmittedModule[] = [writer.finish(), ...printSchemas(ir.schemas, names.usedSchemas).modules];
  const bundler = await createBundler({ minify: false });
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  try {
    const { code } = await bundler.bundle(new Map(modules.map((one) => [one.path, one])));
    // Without the reference to its map, which is not written.
    writeFileSync(join(folder, "parts.mjs"), code.replace(/\/\/# sourceMappingURL=.*/, ""));
    const made = (await import(/* @vite-ignore */ join(folder, "parts.mjs"))) as Readonly<Record<string, unknown>>;
    return {
      validator: (schema) => made[`validator${[...schemas].indexOf(schema)}`],
      reader: (reader) => made[`reader${readers.indexOf(reader)}`],
    };
  } finally {
    await bundler.dispose();
    rmSync(folder, { recursive: true });
  }
}
