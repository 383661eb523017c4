import { dirname, join } from "node:path";
import { DiagnosticSink } from "../diagnostics/sink.ts";
import { load } from "../phases/1-load/index.ts";
import { count } from "../text/words.ts";
import { gatewayEntry } from "./entry.ts";
import { pathOption } from "./path-option.ts";
import { hasErrors, report } from "./report.ts";
import { associationComments, vscodeSettings } from "./schema/associations.ts";
import { genericSchemaText, type SchemaKind } from "./schema/generic-schema.ts";
import { projectSchemas } from "./schema/project-schemas.ts";
import { writeSchemas } from "./schema/write-schemas.ts";
import { UsageError } from "./usage-error.ts";
import { workFolder } from "./work-folder.ts";

interface SchemaOptions {
  readonly project?: boolean;
  readonly file?: unknown;
  readonly out?: unknown;
  readonly vscode?: boolean;
}

/** `gatewright schema`: what editors need to complete and check our files, for any gateway or for this one. */
export async function schema(gateway: string | undefined, options: SchemaOptions): Promise<number> {
  if (options.project === true) {
    if (options.file !== undefined)
      throw new UsageError("`--file` chooses the schema that is printed; `--project` writes those of all files.");
    return projectSchema(
      gatewayEntry(gateway),
      options.out === undefined ? undefined : pathOption("out", options.out),
      options.vscode === true,
    );
  }
  if (options.out !== undefined) throw new UsageError("`--out` is where `--project` writes; without it the schema is printed.");
  if (options.vscode === true) throw new UsageError("`--vscode` prints where `--project` wrote; add `--project`.");
  if (gateway !== undefined) {
    throw new UsageError(
      `Without \`--project\` the schema is the same for every gateway; for the names in \`${gateway}\`, add \`--project\`.`,
    );
  }
  process.stdout.write(genericSchemaText(schemaKind(options.file ?? "gateway")));
  return 0;
}

function schemaKind(value: unknown): SchemaKind {
  if (value === "gateway" || value === "policies") return value;
  throw new UsageError(`\`--file ${String(value)}\` is unknown; write one of gateway, policies.`);
}

async function projectSchema(entry: string, out: string | undefined, asSettings: boolean): Promise<number> {
  const root = dirname(entry);
  const sink = new DiagnosticSink();
  const sources = await load(entry, sink);
  const diagnostics = sink.sorted();
  // Nothing could be read, not even names.
  if (Object.keys(sources.gateway).length === 0) return report({ ir: undefined, sources, diagnostics }, "text", entry);
  const folder = out ?? join(workFolder(root), "schema");
  const schemas = projectSchemas(sources, root);
  writeSchemas(folder, schemas);
  process.stdout.write(asSettings ? vscodeSettings(schemas, root, folder) : associationComments(schemas, root, folder));
  if (hasErrors(diagnostics)) {
    const errors = count(diagnostics.filter(({ severity }) => severity === "error").length, "error");
    process.stderr.write(
      `gatewright: the configuration has ${errors} (\`gatewright check\`); the schemas know what could be read.\n`,
    );
  }
  return 0;
}
