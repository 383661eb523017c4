import type { GatewayIr, OperationIr } from "../../ir/gateway.ts";
import type { SourceSet, SpecSource } from "../../source/source-set.ts";
import type { LogFinding, LoggedViolation } from "./log-findings.ts";
import { isObject, type Place, SpecPlaces } from "./spec-places.ts";

/** Where the spec of an operation says what a violation is about. */
export interface ViolationPlaces {
  readonly spec: SpecSource;
  readonly places: SpecPlaces;
  /** The operation itself. */
  readonly operation: Place;
  /** Parameter, request body, response or header that it is about; undefined where the spec has none. */
  readonly owner: Place | undefined;
  /** Schemas of the part of the value. */
  readonly schemas: readonly Place[];
  /** With `*` for names that the schema leaves open. */
  readonly pointer: string;
}

/** Undefined for operations without a spec, and for what is written in another file than the spec. */
export function placesOf(
  operation: OperationIr,
  { violation, answered }: Pick<LogFinding, "violation" | "answered">,
  ir: GatewayIr,
  sources: SourceSet,
): ViolationPlaces | undefined {
  const api = ir.apis.find((one) => one.api === operation.api && one.version === operation.version);
  const spec = api === undefined ? undefined : sources.specs.get(api.spec);
  // A document of Swagger 2.0 was converted: an overlay would be for the one that was written.
  if (api === undefined || spec === undefined || spec.openapi.startsWith("2")) return undefined;
  const places = new SpecPlaces(spec.document);
  const path = operation.match.path.template.slice(api.versioning.prefix.length);
  const item = places.at(["paths", path]);
  const own = item === undefined ? undefined : places.in(item, operation.match.method.toLowerCase());
  if (item === undefined || own === undefined) return undefined;
  const owner = violation === undefined ? undefined : ownerOf(violation, answered, { item, own }, places);
  const roots = owner === undefined ? [] : schemasOf(owner, places);
  const parts = roots.map((root) => places.part(root, violation!.pointer));
  const pointer = parts.find(({ schemas }) => schemas.length > 0)?.pointer ?? violation?.pointer ?? "";
  return { spec, places, operation: own, owner, schemas: unique(parts.flatMap(({ schemas }) => schemas)), pointer };
}

function ownerOf(
  { in: where, name }: LoggedViolation,
  answered: number | undefined,
  { item, own }: { readonly item: Place; readonly own: Place },
  places: SpecPlaces,
): Place | undefined {
  if (answered !== undefined) {
    const response = responseOf(own, answered, places);
    if (response === undefined || where === "body") return response;
    const headers = isObject(response.node.headers) ? Object.keys(response.node.headers) : [];
    const written = headers.find((one) => one.toLowerCase() === name);
    return written === undefined ? undefined : places.in(response, "headers", written);
  }
  if (where === "body") return places.in(own, "requestBody");
  for (const holder of [own, item]) {
    const list = holder.node.parameters;
    for (const index of Array.isArray(list) ? list.keys() : []) {
      const parameter = places.in(holder, "parameters", index);
      const isOwn = parameter?.node.in === where && sameName(parameter.node.name, name, where);
      if (isOwn) return parameter;
    }
  }
  return undefined;
}

const sameName = (written: unknown, name: string | undefined, where: string): boolean =>
  where === "header" ? String(written).toLowerCase() === name?.toLowerCase() : written === name;

/** Exact statuses before ranges, and these before `default`; 0: the one response with a success status that there is. */
function responseOf(operation: Place, status: number, places: SpecPlaces): Place | undefined {
  const written = isObject(operation.node.responses) ? Object.keys(operation.node.responses) : [];
  const successes = written.filter((one) => /^2/.test(one));
  const wanted = status === 0 ? (successes.length === 1 ? successes : []) : [String(status), `${String(status)[0]}XX`, "default"];
  const key = wanted.flatMap((one) => written.filter((name) => name.toUpperCase() === one.toUpperCase()))[0];
  return key === undefined ? undefined : places.in(operation, "responses", key);
}

/** Of a parameter or header its own, of a body those of its media types. */
function schemasOf(owner: Place, places: SpecPlaces): Place[] {
  const own = places.in(owner, "schema");
  if (own !== undefined) return [own];
  const types = isObject(owner.node.content) ? Object.keys(owner.node.content) : [];
  return types.flatMap((type) => places.in(owner, "content", type, "schema") ?? []);
}

const unique = (found: readonly Place[]): Place[] => [
  ...new Map(found.map((place) => [JSON.stringify(place.tokens), place])).values(),
];
