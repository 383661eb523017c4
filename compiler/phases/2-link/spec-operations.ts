import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { SecurityAlternativeIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Positions } from "../../ir/positions.ts";
import type { JsonObject, JsonValue, SpecSource } from "../1-load/source-set.ts";
import { frameworkParameter } from "./framework-paths.ts";
import { duplicateOperationId, frameworkPathSyntax, undeclaredPathParameter, unusedPathParameter } from "./messages.gen.ts";

/** One operation as its spec writes it. */
export interface SpecOperation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly tags: readonly string[];
  readonly security?: { readonly alternatives: readonly SecurityAlternativeIr[]; readonly origin: Origin };
  /** `x-gateway` blocks that apply, widest first. */
  readonly inline: readonly { readonly scope: "all" | "paths" | "operations"; readonly block: JsonObject }[];
  /** The operation's key in its path item: `get`. */
  readonly origin: Origin;
  readonly pathOrigin: Origin;
  readonly item: JsonObject;
  readonly operation: JsonObject;
}

/** Methods of an OpenAPI Path Item Object; `query` since 3.2. */
const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"] as const;

/** Lists every operation of a spec in the order in which it is written. */
export function specOperations(spec: SpecSource, positions: Positions, sink: DiagnosticSink): SpecOperation[] {
  const { document } = spec;
  const operations: SpecOperation[] = [];
  const byId = new Map<string, Origin>();
  const paths = objectAt(document, "paths");
  const rootInline = objectAt(document, "x-gateway");
  for (const [path, written] of Object.entries(paths ?? {})) {
    if (!path.startsWith("/") || !isObject(written)) continue;
    const item = pathItem(written, spec);
    const pathOrigin = positions.key(paths!, path);
    const pathInline = objectAt(item, "x-gateway");
    for (const { method, operation, origin } of operationsOf(item, written, spec, positions)) {
      const named = typeof operation.operationId === "string" && operation.operationId !== "" ? operation.operationId : undefined;
      const operationId = named ?? `${method} ${path}`;
      const twin = byId.get(operationId);
      if (twin !== undefined) {
        sink.report(
          duplicateOperationId(
            positions.value(operation, "operationId"),
            { operation: operationId },
            { related: [{ origin: twin, text: "first here" }] },
          ),
        );
        continue;
      }
      byId.set(operationId, named === undefined ? origin : positions.value(operation, "operationId"));
      const operationInline = objectAt(operation, "x-gateway");
      operations.push({
        operationId,
        method,
        path,
        tags: strings(operation.tags),
        security: security(operation, document, positions),
        inline: [
          ...(rootInline === undefined ? [] : [{ scope: "all" as const, block: rootInline }]),
          ...(pathInline === undefined ? [] : [{ scope: "paths" as const, block: pathInline }]),
          ...(operationInline === undefined ? [] : [{ scope: "operations" as const, block: operationInline }]),
        ],
        origin,
        pathOrigin,
        item,
        operation,
      });
      checkPathParameters(spec, path, pathOrigin, item, operation, positions, sink);
    }
  }
  return operations;
}

interface WrittenOperation {
  readonly method: string;
  readonly operation: JsonObject;
  readonly origin: Origin;
}

/** Those under their methods, then those of methods that OpenAPI has no key for (OpenAPI 3.2 §4.9.1). */
function operationsOf(item: JsonObject, written: JsonObject, spec: SpecSource, positions: Positions): WrittenOperation[] {
  const operations: WrittenOperation[] = [];
  for (const key of methods) {
    const operation = objectAt(item, key);
    if (operation !== undefined)
      operations.push({ method: key.toUpperCase(), operation, origin: positions.key(owner(item, written, spec, key), key) });
  }
  const additional = spec.openapi.startsWith("3.2") ? objectAt(item, "additionalOperations") : undefined;
  for (const method of Object.keys(additional ?? {})) {
    const operation = objectAt(additional!, method);
    if (operation !== undefined) operations.push({ method, operation, origin: positions.key(additional!, method) });
  }
  return operations;
}

/** Follows the `$ref` of a path item; fields written beside it win over those of the target. */
function pathItem(written: JsonObject, spec: SpecSource): JsonObject {
  if (typeof written.$ref !== "string") return written;
  const target = spec.resolve(written);
  return target === undefined ? written : { ...target, ...written };
}

/** The container in which `key` of a merged path item was written. */
function owner(item: JsonObject, written: JsonObject, spec: SpecSource, key: string): JsonObject {
  if (item === written || Object.hasOwn(written, key)) return written;
  return spec.resolve(written) ?? written;
}

function security(operation: JsonObject, document: JsonObject, positions: Positions): SpecOperation["security"] {
  const holder = Array.isArray(operation.security) ? operation : document;
  const requirements = holder.security;
  if (!Array.isArray(requirements)) return undefined;
  const alternatives = requirements.filter(isObject).map((requirement) => ({
    schemes: Object.entries(requirement).map(([name, scopes]) => ({ name, scopes: strings(scopes) })),
  }));
  return { alternatives, origin: positions.value(holder, "security") };
}

function checkPathParameters(
  spec: SpecSource,
  path: string,
  pathOrigin: Origin,
  item: JsonObject,
  operation: JsonObject,
  positions: Positions,
  sink: DiagnosticSink,
): void {
  const inTemplate = new Set([...path.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1]!));
  const declared = new Map<string, JsonObject>();
  for (const written of [...list(item.parameters), ...list(operation.parameters)]) {
    const parameter = isObject(written) ? resolved(written, spec) : undefined;
    if (parameter?.in === "path" && typeof parameter.name === "string") declared.set(parameter.name, parameter);
  }
  const foreign = frameworkParameter(path);
  if (foreign !== undefined && [...inTemplate].every((name) => !declared.has(name) || !foreign.text.includes(`{${name}}`))) {
    const { text, frameworks, isMany, name } = foreign;
    const many = isMany ? `; for several segments, give it the policy \`segments: many\`` : "";
    sink.report(frameworkPathSyntax(pathOrigin, { path, text, frameworks, parameter: `{${name}}`, many }));
    return;
  }
  for (const name of inTemplate) {
    if (!declared.has(name)) sink.report(undeclaredPathParameter(pathOrigin, { name, path }));
  }
  for (const [name, parameter] of declared) {
    if (!inTemplate.has(name)) {
      sink.report(
        unusedPathParameter(
          positions.value(parameter, "name"),
          { name, path },
          { related: [{ origin: pathOrigin, text: "the template" }] },
        ),
      );
    }
  }
}

function resolved(node: JsonObject, spec: SpecSource): JsonObject | undefined {
  return typeof node.$ref === "string" ? spec.resolve(node) : node;
}

function objectAt(container: JsonObject, key: string): JsonObject | undefined {
  const value = container[key];
  return isObject(value) ? value : undefined;
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function strings(value: JsonValue | undefined): string[] {
  return list(value).filter((item) => typeof item === "string");
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
