import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { checkGateway } from "../index.ts";
import { type FoundSpec, findSpecs } from "../init/find-specs.ts";
import { environmentName, type Proposal, propose } from "../init/propose.ts";
import { gatewayYaml, minimalSpec, policiesYaml } from "../init/write-yaml.ts";
import { table } from "../text/table.ts";
import { count } from "../text/words.ts";
import { UsageError } from "./usage-error.ts";

/** `gatewright init`: a first configuration for the specs that are there, or for one that it writes. */
export async function init(folder: string | undefined, options: { readonly force?: boolean }): Promise<number> {
  const root = resolve(folder ?? ".");
  if (existsSync(root) && !statSync(root).isDirectory()) throw new UsageError(`\`${folder}\` is no folder.`);
  const entry = join(root, "gateway.yaml");
  if (existsSync(entry) && options.force !== true) {
    throw new UsageError(
      `${relative("", entry)} exists. Nothing was changed; \`--force\` overwrites it and the policy files beside the specs.`,
    );
  }
  mkdirSync(root, { recursive: true });
  const wrote: string[] = [];
  const kept: string[] = [];
  const write = (file: string, text: string): void => {
    const isThere = existsSync(join(root, file));
    if (isThere && options.force !== true) kept.push(file);
    else {
      writeFileSync(join(root, file), text);
      wrote.push(file);
    }
  };

  const found = findSpecs(root);
  const say = (text = ""): void => void process.stdout.write(`${text}\n`);
  describeFound(found, say);
  if (found.length === 0) {
    say("No OpenAPI document found: starting with a small one of its own.");
    write("openapi.yaml", minimalSpec);
    if (kept.length > 0)
      throw new UsageError("`openapi.yaml` exists and is no OpenAPI 3 document; move it, or overwrite it with `--force`.");
  }
  const proposal = propose(
    basename(root),
    found.length > 0 ? found : findSpecs(root).filter((spec) => spec.file === "openapi.yaml"),
  );
  for (const api of proposal.apis) for (const version of api.versions) write(version.policyFile, policiesYaml(version));
  write("gateway.yaml", gatewayYaml(proposal, new Date().toISOString().slice(0, 10)));

  say(`\nWrote ${wrote.join(", ")}`);
  if (kept.length > 0) say(`Left ${kept.join(", ")} as they are (--force overwrites)`);
  describeGaps(proposal, say);
  const { diagnostics } = await checkGateway(entry);
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
  describeNext(proposal, relative("", root), errors, say);
  return 0;
}

type Say = (text?: string) => void;

function describeFound(found: readonly FoundSpec[], say: Say): void {
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

function describeGaps({ apis, schemes }: Proposal, say: Say): void {
  for (const { name, type, operations } of schemes) {
    if (type === "apiKey") continue;
    const why = type === "undeclared" ? "is not declared under components.securitySchemes" : `(${type}) has no provider yet`;
    say(`\n\`${name}\` ${why}; ${count(operations, "operation")} that require${operations === 1 ? "s" : ""} it will not build.`);
  }
  if (schemes.some(({ type }) => type !== "apiKey" && type !== "undeclared"))
    say("This version checks API keys only. `overlays` of a version can change what its spec requires.");
  for (const { policyFile, facts } of apis.flatMap((api) => api.versions)) {
    if (facts.open.length === 0) continue;
    say(
      `\n${count(facts.open.length, "operation")} without \`security\` in the spec: decide for each in ${policyFile}, where they are listed.`,
    );
  }
}

function describeNext({ apis, schemes }: Proposal, folder: string, errors: number, say: Say): void {
  const gateway = folder === "" ? "" : ` ${folder}`;
  const keys = schemes.filter((scheme) => scheme.type === "apiKey").map((scheme) => environmentName(scheme.name));
  const urls = new Set(
    apis.flatMap((api) => api.versions.flatMap((version) => /^\$\{env:(.*)\}$/.exec(version.endpoint)?.[1] ?? [])),
  );
  say(errors === 0 ? "\nIt builds. Next:" : `\nIt does not build yet (${count(errors, "error")}). Next:`);
  say();
  if (errors > 0) say(`  gatewright check${gateway}`);
  for (const name of keys) say(`  export ${name}=$(openssl rand -hex 24)`);
  for (const name of urls) say(`  export ${name}=http://127.0.0.1:3000   # where the service listens`);
  say(`  gatewright dev${gateway}`);
}
