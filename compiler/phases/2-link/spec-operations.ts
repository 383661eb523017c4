import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { SecurityAlternativeIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Positions } from "../../ir/positions.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import { token } from "../../text/edits.ts";
import { list } from "../../text/words.ts";
import { frameworkParameter } from "./framework-paths.ts";
import { duplicateOperationId, frameworkPathSyntax, undeclaredPathParameter, unusedPathParameter } from "./messages.gen.ts";

/** One operation as its spec writes it. */
export interface SpecOperation {
  /** As declared where that names one operation, otherwise `GET /orders`. */
  readonly operationId: string;
  /** The declared one where several operations have it. */
  readonly repeatedId?: string;
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
  const paths = objectAt(document, "paths");
  const items = Object.entries(paths ?? {}).flatMap(([path, written]): WrittenItem[] => {
    if (!path.startsWith("/") || !isObject(written)) return [];
    const item = pathItem(written, spec);
    return [{ path, origin: positions.key(paths!, path), item, operations: operationsOf(item, written, spec, positions) }];
  });
  const ambiguous = repeatedIds(items, positions, sink);
  const rootInline = objectAt(document, "x-gateway");
  return items.flatMap(({ path, origin: pathOrigin, item, operations }) => {
    const pathInline = objectAt(item, "x-gateway");
    return operations.map(({ method, operation, origin }): SpecOperation => {
      const id = declaredId(operation);
      const operationInline = objectAt(operation, "x-gateway");
      checkPathParameters(spec, path, pathOrigin, item, operation, positions, sink);
      return {
        operationId: id === undefined || ambiguous.has(id) ? `${method} ${path}` : id,
        ...(id !== undefined && ambiguous.has(id) ? { repeatedId: id } : {}),
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
      };
    });
  });
}

interface WrittenItem {
  readonly path: string;
  readonly origin: Origin;
  readonly item: JsonObject;
  readonly operations: readonly WrittenOperation[];
}

/** Ids that do not say which operation is meant. OpenAPI wants unique ones; specs that are put together by tools repeat them. */
function repeatedIds(items: readonly WrittenItem[], positions: Positions, sink: DiagnosticSink): ReadonlySet<string> {
  const all = items.flatMap(({ path, operations }) =>
    operations.map(({ method, operation }) => ({ route: `${method} ${path}`, operation })),
  );
  const byId = new Map<string, typeof all>();
  for (const each of all) {
    const id = declaredId(each.operation);
    if (id !== undefined) byId.set(id, [...(byId.get(id) ?? []), each]);
  }
  const routes = new Set(all.map(({ route }) => route));
  const repeated = new Set<string>();
  for (const [id, uses] of byId) {
    // An id that reads like the route of another operation would select that one too.
    if (uses.length === 1 && (!routes.has(id) || uses[0]!.route === id)) continue;
    repeated.add(id);
    const [first, second] = uses;
    if (second === undefined) continue;
    sink.report(
      duplicateOperationId(
        positions.value(second.operation, "operationId"),
        {
          operation: id,
          times: uses.length === 2 ? "twice" : `${uses.length} times`,
          routes: list(uses.slice(0, 3).map(({ route }) => `\`${route}\``)),
        },
        { related: [{ origin: positions.value(first!.operation, "operationId"), text: "first here" }] },
      ),
    );
  }
  return repeated;
}

const declaredId = ({ operationId }: JsonObject): string | undefined =>
  typeof operationId === "string" && operationId !== "" ? operationId : undefined;

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
    schemes: Object.entries(requirement).map(([name, scopes]) => ({ name: schemeName(name, document), scopes: strings(scopes) })),
  }));
  return { alternatives, origin: positions.value(holder, "security") };
}

/** OpenAPI 3.2 §4.30: the name of a scheme or, where no component is called so, a URI reference to one. */
function schemeName(written: string, document: JsonObject): string {
  const schemes = objectAt(objectAt(document, "components") ?? {}, "securitySchemes");
  if (schemes === undefined || Object.hasOwn(schemes, written)) return written;
  const { $self } = document;
  return Object.keys(schemes).find((name) => isAddressOf(name, written, typeof $self === "string" ? $self : "")) ?? written;
}

function isAddressOf(name: string, written: string, self: string): boolean {
  const pointer = `#/components/securitySchemes/${token(name)}`;
  return [pointer, encodeURI(pointer)].some((fragment) => written === fragment || written === `${self}${fragment}`);
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
  for (const written of [...items(item.parameters), ...items(operation.parameters)]) {
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

function items(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function strings(value: JsonValue | undefined): string[] {
  return items(value).filter((item) => typeof item === "string");
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
