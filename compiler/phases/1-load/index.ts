import { posix } from "node:path";
import type { GatewayFile } from "../../../schema/gateway.gen.ts";
import type { PolicyFile } from "../../../schema/policy-file.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Origin } from "../../ir/origin.ts";
import { Positions } from "../../ir/positions.ts";
import { isObject } from "../../source/json-kind.ts";
import type { JsonObject, JsonValue, SourceSet } from "../../source/source-set.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { type DocumentKind, isOtherDocument } from "./document-kind.ts";
import { checkNumbers } from "./inexact-numbers.ts";
import { localPath } from "./local-path.ts";
import { noFolder } from "./messages.gen.ts";
import { checkShape } from "./shape.ts";
import { SourceFiles } from "./source-files.ts";
import { SpecCache } from "./spec-cache.ts";
import { type SpecMention, specMention } from "./specs.ts";
import { reportUnreadPolicies } from "./unread-policies.ts";

export { schema31 } from "../../source/schema-31.ts";
export { type Disk, memoryDisk, nodeDisk } from "./disk.ts";
export { SpecCache } from "./spec-cache.ts";

/**
 * First phase: reads `gateway.yaml` and everything that it names, directly or by `$ref`, and holds it against the
 * shapes of our own files and of OpenAPI.
 *
 * @param entry path of `gateway.yaml`; its folder is the root of all paths
 * @param cache what an earlier call made of the specs, and where this one leaves it
 * @returns with an empty gateway where not even that file could be read as a mapping; the reason is reported
 */
export async function load(
  entry: string,
  sink: DiagnosticSink,
  disk: Disk = nodeDisk,
  cache = new SpecCache(),
): Promise<SourceSet> {
  const gatewayFile = posix.basename(entry);
  const root = posix.dirname(entry);
  const own = new Positions();
  const files = new SourceFiles(root, disk, own, sink);
  const startOf = (file: string): Origin => own.range(file, 0, 0);
  const textOf = ({ file, start, end }: Origin): string => files.text(file).slice(start, end);
  const shaped = (tree: JsonValue, schema: string, name: string, kind: DocumentKind): boolean =>
    !isOtherDocument(tree, kind, name, startOf(name), sink) &&
    checkShape(tree, schema, name, startOf(name), own, textOf, sink) &&
    checkNumbers(tree, own, textOf, sink);
  const read = await files.load(gatewayFile, startOf(gatewayFile));
  if (read !== undefined) shaped(read, "gateway", gatewayFile, "gateway");
  const gateway = read !== undefined && isObject(read) ? read : {};

  const policyFiles = new Map<string, PolicyFile>();
  const namedPolicies = new Set<string>();
  const mentions: SpecMention[] = [];
  const versions = versionsOf(gateway);
  for (const version of versions) {
    const policies = localPath(version, "policies", own, sink);
    if (policies !== undefined) namedPolicies.add(policies);
    if (policies !== undefined && !policyFiles.has(policies)) {
      const tree = await files.load(policies, own.value(version, "policies"));
      // The driver goes no further with a file of the wrong shape.
      if (tree !== undefined && shaped(tree, "policy-file", policies, "policies")) policyFiles.set(policies, tree as PolicyFile);
    }
    const mention = specMention(version, own, sink);
    if (mention !== undefined) mentions.push(mention);
  }
  await reportUnreadPolicies(versions, namedPolicies, root, gatewayFile, disk, own, sink);
  // Whoever writes gateway.yaml chooses its specs: what lies below them may be part of them.
  const named = mentions.flatMap(({ file, overlays }) => [file, ...overlays].map((path) => posix.dirname(path)));
  const folders = [...new Set([...(await listedFolders(gateway, own, root, disk, sink)), ...named])];
  const loaded = await cache.load(mentions, own, root, folders, disk, sink);
  own.lookBelow(loaded.positions);
  // Where the shape was wrong there are errors, with which nobody reads on.
  return Object.freeze({
    gatewayFile,
    gateway: gateway as unknown as GatewayFile,
    policyFiles,
    specs: loaded.specs,
    positions: own,
    files: new Map([...loaded.files, ...files.all].sort(([a], [b]) => (a < b ? -1 : 1))),
  });
}

/** Those of `specFolders`. */
async function listedFolders(
  gateway: JsonObject,
  positions: Positions,
  root: string,
  disk: Disk,
  sink: DiagnosticSink,
): Promise<readonly string[]> {
  const written: readonly JsonValue[] = Array.isArray(gateway.specFolders) ? gateway.specFolders : [];
  const folders: string[] = [];
  for (const index of written.keys()) {
    const folder = localPath(written, index, positions, sink);
    if (folder === undefined) continue;
    if (posix.isAbsolute(folder) || (await disk.kind(posix.join(root, folder))) !== "folder")
      sink.report(noFolder(positions.value(written, index), { folder }));
    else folders.push(folder);
  }
  return folders;
}

/** Every API version, also of a file whose shape is wrong elsewhere. */
function versionsOf(gateway: JsonObject): JsonObject[] {
  const apis = isObject(gateway.apis) ? Object.values(gateway.apis) : [];
  return apis.flatMap((api) => (isObject(api) && isObject(api.versions) ? Object.values(api.versions).filter(isObject) : []));
}
