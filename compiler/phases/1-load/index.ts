import { posix } from "node:path";
import type { GatewayFile } from "../../../schema/gateway.gen.ts";
import type { PolicyFile } from "../../../schema/policy-file.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Origin } from "../../ir/origin.ts";
import { Positions } from "../../ir/positions.ts";
import { hasSetting } from "../../text/setting.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { isObject } from "./json-kind.ts";
import { isRemote } from "./json-pointer.ts";
import { notASpec, remoteFile } from "./messages.gen.ts";
import { References } from "./references.ts";
import { checkShape } from "./shape.ts";
import { SourceFiles } from "./source-files.ts";
import type { JsonObject, SourceSet, SpecSource } from "./source-set.ts";
import { checkSpec } from "./spec-check.ts";
import { specVersion } from "./spec-version.ts";

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

  const references = new References(files, positions, sink);
  const policyFiles = new Map<string, PolicyFile>();
  const specs = new Map<string, SpecSource>();
  for (const version of versionsOf(gateway)) {
    const policies = localPath(version, "policies", positions, sink);
    if (policies !== undefined && !policyFiles.has(policies)) {
      const tree = await files.load(policies, positions.value(version, "policies"));
      // The driver goes no further with a file of the wrong shape.
      if (tree !== undefined && shaped(tree, "policy-file", policies, startOf(policies))) policyFiles.set(policies, tree as PolicyFile);
    }
    const file = localPath(version, "spec", positions, sink);
    if (file === undefined || specs.has(file)) continue;
    const document = await files.load(file, positions.value(version, "spec"));
    if (document === undefined) continue;
    if (!isObject(document)) {
      sink.report(notASpec(startOf(file), { file }));
      continue;
    }
    const openapi = specVersion(document, file, positions, sink);
    if (openapi === undefined) continue;
    await references.walk(document, "document");
    const spec: SpecSource = { file, openapi, document, resolve: (node) => references.resolve(node) };
    checkSpec(spec, positions, (block, name, at) => shaped(block, "policies", name, at), sink);
    specs.set(file, spec);
  }
  // Where the shape was wrong there are errors, with which nobody reads on.
  return Object.freeze({ gatewayFile, gateway: gateway as unknown as GatewayFile, policyFiles, specs, positions, files: files.all });
}

/** Every API version, also of a file whose shape is wrong elsewhere. */
function versionsOf(gateway: JsonObject): JsonObject[] {
  const apis = isObject(gateway.apis) ? Object.values(gateway.apis) : [];
  return apis.flatMap((api) => (isObject(api) && isObject(api.versions) ? Object.values(api.versions).filter(isObject) : []));
}

/** The path under a key, brought to the one spelling by which later phases look it up; the tree gets it too. */
function localPath(holder: JsonObject, key: "spec" | "policies", positions: Positions, sink: DiagnosticSink): string | undefined {
  const written = holder[key];
  // A setting in a path is reported as misplaced by the shape check.
  if (typeof written !== "string" || hasSetting(written)) return undefined;
  if (isRemote(written)) {
    sink.report(remoteFile(positions.value(holder, key), { file: written }));
    return undefined;
  }
  const path = posix.normalize(written);
  // The tree is ours and not handed out yet.
  (holder as { [key: string]: string })[key] = path;
  return path;
}
