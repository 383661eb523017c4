import { posix } from "node:path";
import type { GatewayFile } from "../../../schema/gateway.gen.ts";
import type { PolicyFile } from "../../../schema/policy-file.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Origin } from "../../ir/origin.ts";
import { Positions } from "../../ir/positions.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { isObject } from "./json-kind.ts";
import { localPath } from "./local-path.ts";
import { checkShape } from "./shape.ts";
import { SourceFiles } from "./source-files.ts";
import type { JsonObject, SourceSet } from "./source-set.ts";
import { Specs } from "./specs.ts";

export { type Disk, memoryDisk, nodeDisk } from "./disk.ts";
export { schema31 } from "./schema-31.ts";

/**
 * First phase: reads `gateway.yaml` and everything that it names, directly or by `$ref`, and holds it against the
 * shapes of our own files and of OpenAPI.
 *
 * @param entry path of `gateway.yaml`; its folder is the root of all paths
 * @returns undefined where not even that file could be read as a mapping; the reason is reported
 */
export async function load(entry: string, sink: DiagnosticSink, disk: Disk = nodeDisk): Promise<SourceSet | undefined> {
  const gatewayFile = posix.basename(entry);
  const positions = new Positions();
  const files = new SourceFiles(posix.dirname(entry), disk, positions, sink);
  const textOf = ({ file, start, end }: Origin): string => files.text(file).slice(start, end);
  const shaped = (tree: Parameters<typeof checkShape>[0], schema: string, name: string, at: Origin): boolean =>
    checkShape(tree, schema, name, at, positions, textOf, sink);
  const startOf = (file: string): Origin => positions.range(file, 0, 0);

  const gateway = await files.load(gatewayFile, startOf(gatewayFile));
  if (gateway === undefined) return undefined;
  shaped(gateway, "gateway", gatewayFile, startOf(gatewayFile));
  if (!isObject(gateway)) return undefined;

  const policyFiles = new Map<string, PolicyFile>();
  const specs = new Specs(files, positions, textOf, shaped, sink);
  for (const version of versionsOf(gateway)) {
    const policies = localPath(version, "policies", positions, sink);
    if (policies !== undefined && !policyFiles.has(policies)) {
      const tree = await files.load(policies, positions.value(version, "policies"));
      // The driver goes no further with a file of the wrong shape.
      if (tree !== undefined && shaped(tree, "policy-file", policies, startOf(policies)))
        policyFiles.set(policies, tree as PolicyFile);
    }
    await specs.load(version);
  }
  // Where the shape was wrong there are errors, with which nobody reads on.
  return Object.freeze({
    gatewayFile,
    gateway: gateway as unknown as GatewayFile,
    policyFiles,
    specs: specs.all,
    positions,
    files: files.all,
  });
}

/** Every API version, also of a file whose shape is wrong elsewhere. */
function versionsOf(gateway: JsonObject): JsonObject[] {
  const apis = isObject(gateway.apis) ? Object.values(gateway.apis) : [];
  return apis.flatMap((api) => (isObject(api) && isObject(api.versions) ? Object.values(api.versions).filter(isObject) : []));
}
