import type { ApiVersion } from "../../../schema/gateway.gen.ts";
import type { PolicyFile } from "../../../schema/policy-file.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import type { Positions } from "../../ir/positions.ts";
import { contains, isGlob, type PathGlob, parseGlob } from "../../routing/path-glob.ts";
import { own } from "../../text/own.ts";
import { list } from "../../text/words.ts";
import type { Layer } from "./merge.ts";
import { ambiguousOperation, unknownOperation, unknownPath, unknownTag } from "./messages.gen.ts";
import type { SpecOperation } from "./spec-operations.ts";

/** Ranks of the scopes, widest first; blocks of equal rank must not disagree. */
const rank = { default: -1, gateway: 0, api: 0.25, version: 0.5, all: 1, tags: 2, paths: 3, operations: 4 } as const;

/** A layer for the policies of `gateway.yaml` itself. */
export const gatewayLayer = (block: object): Layer => ({
  scope: "gateway",
  rank: rank.gateway,
  label: "policies",
  block: block as Layer["block"],
});

/** What an API, or one of its versions, says of the errors that the gateway makes for it. */
export function errorsLayer(scope: "api" | "version", label: string, settings: ErrorsOwner, positions: Positions): Layer[] {
  if (settings?.errors === undefined) return [];
  const block = { errors: settings.errors };
  positions.inherit(block, settings);
  return [{ scope, rank: rank[scope], label, block }];
}

type ErrorsOwner = Pick<ApiVersion, "errors"> | undefined;

/** What every operation of a spec has although nobody wrote it: it is held to its spec. */
function defaultLayer(operation: SpecOperation, positions: Positions): Layer {
  const block = { validate: {} };
  positions.inherit(block, operation.operation);
  positions.inherit(block.validate, operation.operation);
  return { scope: "default", rank: rank.default, label: "default", block };
}

/** The layers of one operation: from the gateway, from its policy file and from `x-gateway` in its spec. */
export function layersOf(
  operation: SpecOperation,
  gatewayPolicies: object | undefined,
  apiLayers: readonly Layer[],
  file: PolicyFile | undefined,
  positions: Positions,
): Layer[] {
  const layers: Layer[] = [defaultLayer(operation, positions)];
  if (gatewayPolicies !== undefined) layers.push(gatewayLayer(gatewayPolicies));
  layers.push(...apiLayers);
  const ownPath = operation.path.slice(1).split("/");
  const add = (
    scope: "all" | "tags" | "paths" | "operations",
    label: string,
    block: object | undefined,
    glob = ownPath,
  ): void => {
    if (block === undefined) return;
    layers.push({ scope, rank: rank[scope], label, block: block as Layer["block"], ...(scope === "paths" ? { glob } : {}) });
  };
  for (const { scope, block } of operation.inline) add(scope, `x-gateway (${scope})`, block);
  add("all", "all", file?.all);
  for (const tag of operation.tags) add("tags", `tags.${tag}`, own(file?.tags, tag));
  for (const { path, glob } of globsOf(file, ownPath)) add("paths", `paths.${path}`, file!.paths![path], [...glob]);
  add("paths", `paths.${operation.path}`, own(file?.paths, operation.path));
  add("operations", `operations.${operation.operationId}`, own(file?.operations, operation.operationId));
  const byRoute = `${operation.method} ${operation.path}`;
  if (byRoute !== operation.operationId) add("operations", `operations.${byRoute}`, own(file?.operations, byRoute));
  return layers;
}

/** The selectors of several paths that stand for a path of a spec, wider ones first. */
function globsOf(file: PolicyFile | undefined, path: PathGlob): readonly { readonly path: string; readonly glob: PathGlob }[] {
  const found = Object.keys(file?.paths ?? {}).flatMap((written) => {
    const glob = isGlob(written) ? parseGlob(written) : undefined;
    return glob !== undefined && written !== `/${path.join("/")}` && contains(glob, path) ? [{ path: written, glob }] : [];
  });
  const depth = ({ glob }: { readonly glob: PathGlob }): number => found.filter((other) => contains(other.glob, glob)).length;
  return found.toSorted((one, other) => depth(one) - depth(other));
}

/** A selector that matches no operation protects nothing: report it. */
export function checkSelectors(
  file: PolicyFile,
  spec: string,
  operations: readonly SpecOperation[],
  positions: Positions,
  sink: DiagnosticSink,
): void {
  const tags = new Set(operations.flatMap((operation) => operation.tags));
  const paths = new Set(operations.map((operation) => operation.path));
  const ids = new Set(operations.flatMap((operation) => [operation.operationId, `${operation.method} ${operation.path}`]));
  const named = operations.map((operation) => operation.operationId);
  for (const tag of Object.keys(file.tags ?? {})) {
    if (!tags.has(tag))
      sink.report(unknownTag(positions.key(file.tags!, tag), { tag, spec, suggestion: suggestion(tag, [...tags]) }));
  }
  for (const path of Object.keys(file.paths ?? {})) {
    if (paths.has(path)) continue;
    const glob = isGlob(path) ? parseGlob(path) : undefined;
    if (glob !== undefined && [...paths].some((known) => contains(glob, known.slice(1).split("/")))) continue;
    const help =
      isGlob(path) && glob === undefined
        ? "Write whole segments: `*` for any one, `{id}` for a parameter, and `**` at the end for whatever follows."
        : suggestion(path, [...paths]);
    sink.report(unknownPath(positions.key(file.paths!, path), { path, spec, suggestion: help }));
  }
  for (const id of Object.keys(file.operations ?? {})) {
    const repeated = operations.filter(({ repeatedId }) => repeatedId === id);
    if (repeated.length > 0 && !ids.has(id)) {
      const routes = list(repeated.map(({ method, path }) => `\`${method} ${path}\``));
      sink.report(ambiguousOperation(positions.key(file.operations!, id), { operation: id, routes }));
    } else if (!ids.has(id))
      sink.report(
        unknownOperation(positions.key(file.operations!, id), { operation: id, spec, suggestion: suggestion(id, named) }),
      );
  }
}
