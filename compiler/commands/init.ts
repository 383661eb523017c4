import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, posix, relative, resolve } from "node:path";
import { checkGateway } from "../index.ts";
import { table } from "../text/table.ts";
import { count } from "../text/words.ts";
import { gatewayNames } from "./entry.ts";
import { type FoundSpec, findSpecs, type SkippedFile, searchSpecs } from "./init/find-specs.ts";
import { propose } from "./init/propose.ts";
import { describeNext, describeProposal } from "./init/report.ts";
import { gatewayYaml, minimalSpec, policiesYaml } from "./init/write-yaml.ts";
import { projectSchemas } from "./schema/project-schemas.ts";
import { writeSchemas } from "./schema/write-schemas.ts";
import { UsageError } from "./usage-error.ts";
import { workFolder } from "./work-folder.ts";

/** `gatewright init`: a first configuration for the specs that are there, or for one that it writes. */
export async function init(folder: string | undefined, options: { readonly force?: boolean }): Promise<number> {
  const root = resolve(folder ?? ".");
  if (existsSync(root) && !statSync(root).isDirectory()) throw new UsageError(`\`${folder}\` is not a folder.`);
  const there = gatewayNames.find((name) => existsSync(join(root, name)));
  if (there !== undefined && (options.force !== true || there !== "gateway.yaml")) {
    const remedy = there === "gateway.yaml" ? "`--force` overwrites it and the policy files beside the specs" : "Move it first";
    throw new UsageError(`${relative("", join(root, there))} exists. Nothing was changed. ${remedy}.`);
  }
  mkdirSync(root, { recursive: true });
  const files = new FirstFiles(root, options.force === true);

  const { specs, skipped } = searchSpecs(root);
  describeFound(specs, skipped);
  if (specs.length === 0) startWithSpec(files, skipped, options.force === true);
  const proposal = propose(
    basename(root),
    specs.length > 0 ? specs : findSpecs(root).filter(({ file }) => file === "openapi.yaml"),
  );
  for (const { versions } of proposal.apis)
    for (const version of versions) files.write(version.policyFile, policiesYaml(version, proposal.gatewayScheme));
  files.write("gateway.yaml", gatewayYaml(proposal));

  say(`\nWrote ${files.wrote.join(", ")}`);
  if (files.kept.length > 0) say(`Left ${files.kept.join(", ")} as they are (--force overwrites)`);
  const entry = join(root, "gateway.yaml");
  const { diagnostics, sources } = await checkGateway(entry);
  const schemas = projectSchemas(sources, root);
  writeSchemas(join(workFolder(root), "schema"), schemas);
  for (const { file, name } of schemas) files.associate(file, `.gatewright/schema/${name}`);
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
  describeProposal(proposal, say);
  describeNext(proposal, relative("", root), errors, say);
  return 0;
}

const say = (text = ""): void => void process.stdout.write(`${text}\n`);

/** Writes files that are not there yet, or all of them with `--force`. */
class FirstFiles {
  readonly wrote: string[] = [];
  readonly kept: string[] = [];
  readonly #root: string;
  readonly #isForced: boolean;

  constructor(root: string, isForced: boolean) {
    this.#root = root;
    this.#isForced = isForced;
  }

  write(file: string, text: string): void {
    if (existsSync(join(this.#root, file)) && !this.#isForced) this.kept.push(file);
    else {
      writeFileSync(join(this.#root, file), text);
      this.wrote.push(file);
    }
  }

  /** Tells editors which schema a file has, where the file is ours. */
  associate(file: string, schema: string): void {
    if (!this.wrote.includes(file)) return;
    const path = join(this.#root, file);
    const comment = `# yaml-language-server: $schema=${posix.relative(dirname(file), schema)}`;
    writeFileSync(path, `${comment}\n${readFileSync(path, "utf8")}`);
  }
}

/** A folder without a spec gets a small one; what has its name and is none must not be mistaken for it. */
function startWithSpec(files: FirstFiles, skipped: readonly SkippedFile[], isForced: boolean): void {
  const own = skipped.find(({ file }) => /^(openapi|swagger)\.(ya?ml|json)$/i.test(file));
  if (own !== undefined && !isForced)
    throw new UsageError(
      `\`${own.file}\` ${own.reason}. Nothing was written; mend or move it, or start beside it with \`--force\`.`,
    );
  say("No OpenAPI document found: starting with a small one of its own.");
  files.write("openapi.yaml", minimalSpec);
}

function describeFound(found: readonly FoundSpec[], skipped: readonly SkippedFile[]): void {
  for (const { file, reason } of skipped) say(`Skipped ${file}: it ${reason}.`);
  if (found.length === 0) return;
  say(`Found ${count(found.length, "OpenAPI document")}:`);
  const rows = found.map((spec) => [
    spec.file,
    `${spec.openapi.startsWith("2.") ? "Swagger" : "OpenAPI"} ${spec.openapi}`,
    spec.title,
    spec.version,
  ]);
  say(table(["file", "format", "title", "version"], rows));
}
