import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import type { JsonSchema } from "../../../schema/schemas.gen.ts";
import type { SourceSet } from "../../source/source-set.ts";
import { findSpecs } from "../init/find-specs.ts";
import { gatewaySchema, type ProjectFiles } from "./gateway-schema.ts";
import { genericSchema } from "./generic-schema.ts";
import { policyFileSchema } from "./policy-file-schema.ts";
import { type ProjectNames, projectNames } from "./project-names.ts";

/** A schema and the file that it is for. */
export interface ProjectSchema {
  /** `gateway.schema.json`, `policies-orders-v1.schema.json`. */
  readonly name: string;
  /** Relative to the folder of gateway.yaml. */
  readonly file: string;
  readonly schema: JsonSchema;
}

/**
 * One schema for gateway.yaml and one for each policy file, from what the first phase could load.
 *
 * @param root folder of gateway.yaml; searched for files that it could name
 */
export function projectSchemas(sources: SourceSet, root: string): ProjectSchema[] {
  const names = projectNames(sources);
  const [forGateway, forPolicies] = [genericSchema("gateway"), genericSchema("policies")];
  return [
    {
      name: "gateway.schema.json",
      file: sources.gatewayFile,
      schema: gatewaySchema(forGateway, names, projectFiles(sources, root, names)),
    },
    ...names.policyFiles.map((file) => ({
      name: file.schema,
      file: file.file,
      schema: policyFileSchema(forPolicies, file, names),
    })),
  ];
}

/** What is there and could be named; sorted. Files that are named stand in `gateway.yaml` already, but not always as the only spelling. */
function projectFiles(sources: SourceSet, root: string, names: ProjectNames): ProjectFiles {
  const specs = [
    ...new Set([...findSpecs(root).map(({ file }) => file), ...[...sources.specs.values()].map(({ file }) => file)]),
  ].sort();
  const beside = specs.flatMap((spec) =>
    ["policies.yaml", "policies.yml", "policies.json"].map((name) => posix.join(posix.dirname(spec), name)),
  );
  const policies = [...names.policyFiles.map(({ file }) => file), ...beside.filter((path) => existsSync(join(root, path)))];
  return { specs, policies: [...new Set(policies)].sort() };
}
