import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedComment } from "./gateway-schema.ts";
import type { ProjectSchema } from "./project-schemas.ts";

/** Writes the schemas that changed, and removes those of policy files that are gone. Other files are left alone. */
export function writeSchemas(folder: string, schemas: readonly ProjectSchema[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, schema } of schemas) {
    const path = join(folder, name);
    const text = `${JSON.stringify(schema, null, 2)}\n`;
    // Editors load a schema again whenever its file is written.
    if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
  }
  const current = new Set(schemas.map(({ name }) => name));
  for (const name of readdirSync(folder)) {
    if (!/^policies-.*\.schema\.json$/.test(name) || current.has(name)) continue;
    if (readFileSync(join(folder, name), "utf8").includes(generatedComment)) rmSync(join(folder, name));
  }
}
