import type { ApiVersionIr, GatewayIr, OperationIr } from "../ir/gateway.ts";
import type { JsonObject, JsonValue, SourceSet, SpecSource } from "../source/source-set.ts";
import { setOwn } from "../text/own.ts";
import { Components, isObject, objectAt } from "./components.ts";
import { securityOf } from "./security.ts";

/** The OpenAPI document of each API version as clients see it: `openapi/<api>-<version>.json` and its text. */
export function publicDocuments(ir: GatewayIr, sources: SourceSet): Map<string, string> {
  const documents = new Map<string, string>();
  for (const api of ir.apis) {
    const spec = sources.specs.get(api.spec);
    if (spec === undefined) continue;
    const operations = ir.operations.filter((operation) => operation.api === api.api && operation.version === api.version);
    documents.set(
      `openapi/${api.api}-${api.version}.json`,
      `${JSON.stringify(publicDocument(spec, api, operations, sources), undefined, 2)}\n`,
    );
  }
  return documents;
}

/**
 * One document with the operations that the gateway routes, the public server, the security that it enforces, and
 * everything they refer to. What is for the gateway alone (`x-gateway`, servers of the service) is left out.
 */
export function publicDocument(
  spec: SpecSource,
  api: ApiVersionIr,
  operations: readonly OperationIr[],
  sources: SourceSet,
): JsonObject {
  const components = new Components(spec, sources.positions);
  const routed = new Map(
    operations.map((operation) => [`${operation.match.method} ${operation.match.path.template}`, operation]),
  );
  const { document } = spec;
  const paths: Record<string, JsonValue> = {};
  const tags = new Set<string>();
  const schemes = new Set<string>();
  const secured = (written: JsonObject, operation: OperationIr): JsonObject => {
    const security = securityOf(operation.access);
    for (const name of security.flatMap(Object.keys)) schemes.add(name);
    for (const tag of operation.tags) tags.add(tag);
    return { ...written, security };
  };
  for (const [path, written] of Object.entries(objectAt(document, "paths") ?? {})) {
    const item = isObject(written) ? mergedPathItem(written, spec) : {};
    const kept: [string, JsonValue][] = [];
    for (const [key, value] of Object.entries(item)) {
      const operation = routed.get(`${key.toUpperCase()} ${api.versioning.prefix}${path}`);
      if (key === "additionalOperations" && isObject(value)) {
        const additional = Object.entries(value).flatMap(([method, each]): [string, JsonValue][] => {
          const known = routed.get(`${method} ${api.versioning.prefix}${path}`);
          return known === undefined || !isObject(each) ? [] : [[method, secured(each, known)]];
        });
        if (additional.length > 0) kept.push([key, Object.fromEntries(additional)]);
      } else if (!methods.has(key)) kept.push([key, value]);
      else if (operation !== undefined && isObject(value)) kept.push([key, secured(value, operation)]);
    }
    if (kept.some(([key]) => methods.has(key) || key === "additionalOperations"))
      setOwn(paths, path, components.copy(Object.fromEntries(kept), "pathItem"));
  }
  for (const name of [...schemes].sort()) {
    const declared = declaredScheme(name, spec, sources);
    if (declared !== undefined) components.addNamed("securityScheme", name, declared);
  }
  const {
    paths: _paths,
    components: _components,
    servers: _servers,
    security: _security,
    "x-gateway": _gateway,
    webhooks,
    tags: written,
    ...rest
  } = document;
  const shown = Array.isArray(written)
    ? written.filter((tag: JsonValue) => isObject(tag) && typeof tag.name === "string" && tags.has(tag.name))
    : [];
  const hooks = isObject(webhooks)
    ? Object.fromEntries(Object.entries(webhooks).map(([name, item]) => [name, components.copy(item, "pathItem")]))
    : undefined;
  const collected = components.collect();
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([key]) => key.startsWith("x-") || ofDocument.has(key))),
    openapi: typeof rest.openapi === "string" && /^3\.[1-9]/.test(rest.openapi) ? rest.openapi : "3.1.0",
    servers: servers(api, operations),
    ...(shown.length === 0 ? {} : { tags: shown }),
    paths,
    ...(hooks === undefined ? {} : { webhooks: hooks }),
    ...(collected === undefined ? {} : { components: collected }),
  };
}

/** Fields beside the `$ref` of a path item win over those of its target. */
function mergedPathItem(written: JsonObject, spec: SpecSource): JsonObject {
  if (typeof written.$ref !== "string") return written;
  const { $ref: _ref, ...beside } = written;
  return { ...spec.resolve(written), ...beside };
}

/** Fields of the document itself that clients may see as they are. */
const ofDocument = new Set(["openapi", "info", "jsonSchemaDialect", "externalDocs", "$self"]);

const methods = new Set(["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"]);

/** Relative to where the document is read from, unless the API answers on hosts of its own. */
function servers({ versioning }: ApiVersionIr, operations: readonly OperationIr[]): JsonObject[] {
  const hosts = new Set(operations.flatMap(({ match }) => match.hosts).filter((host) => !host.startsWith("*.")));
  if (hosts.size === 0) return [{ url: versioning.prefix === "" ? "/" : versioning.prefix }];
  return [...hosts].sort().map((host) => ({ url: `//${host}${versioning.prefix}` }));
}

/** A scheme that a policy adds may be declared in the spec of another version. */
function declaredScheme(name: string, spec: SpecSource, sources: SourceSet): JsonObject | undefined {
  for (const one of [spec, ...[...sources.specs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, other]) => other)]) {
    const found = objectAt(objectAt(objectAt(one.document, "components") ?? {}, "securitySchemes") ?? {}, name);
    if (found !== undefined) return typeof found.$ref === "string" ? one.resolve(found) : found;
  }
  return undefined;
}
