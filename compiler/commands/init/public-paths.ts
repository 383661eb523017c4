import type { ReadSpec } from "./propose.ts";

/** Where clients find an API, and how that follows from what its documents say. */
export interface PublicPlace {
  /** Public path in front of everything of the API; "" for none. */
  readonly basePath: string;
  /** Prefix with `{version}` where several versions are told apart by path. */
  readonly prefix: string | undefined;
  /** Where public paths are not those of the documents: why, for people. */
  readonly change: string | undefined;
}

interface PlacedApi {
  readonly name: string;
  readonly place: PublicPlace;
  readonly documents: readonly ReadSpec[];
}

/**
 * Gives each document the public paths that it claims: path of its server and path of the operation (OpenAPI 3.1 §4.8.5).
 * Only where two documents claim one path, something comes in front.
 */
export function placeDocuments(titles: ReadonlyMap<string, readonly ReadSpec[]>): PlacedApi[] {
  const apis = [...titles].flatMap(([name, documents]) => placeTitle(name, documents));
  return apis.map((api) => {
    const rival = apis.find((other) => other !== api && meet(other.documents, api.documents));
    if (rival === undefined) return api;
    const basePath = `/${api.name}${api.place.basePath}`;
    return { ...api, place: { ...api.place, basePath, change: `${rival.name} has some of the same paths` } };
  });
}

function placeTitle(name: string, documents: readonly ReadSpec[]): PlacedApi[] {
  const [first, ...others] = documents.map(({ facts }) => facts.server.path);
  if (others.length === 0) return [{ name, documents, place: { basePath: first ?? "", prefix: undefined, change: undefined } }];
  const told = toldApartByServer(documents);
  if (told !== undefined) return [{ name, ...told }];
  const areRivals = documents.some((document, index) => meet([document], documents.slice(index + 1)));
  if (!areRivals)
    return documents.flatMap((document) => placeTitle(`${name}-${document.version.replaceAll(".", "-")}`, [document]));
  const basePath = others.every((path) => path === first) ? first! : "";
  return [{ name, documents, place: { basePath, prefix: "/{version}", change: "its documents have the same paths" } }];
}

/** `/api/v1` and `/api/v2`: the servers name the versions. */
function toldApartByServer(documents: readonly ReadSpec[]): Omit<PlacedApi, "name"> | undefined {
  const paths = documents.map(({ facts }) => facts.server.path.split("/"));
  const [first] = paths;
  const at = first!.findIndex((segment, index) => paths.some((path) => path[index] !== segment));
  const names = paths.map((path) => path[at] ?? "");
  const prefixes = new Set(paths.map((path) => path.with(Math.max(at, 0), "{version}").join("/")));
  const areNames = names.every((name) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) && new Set(names).size === names.length;
  if (at < 1 || prefixes.size > 1 || !areNames) return undefined;
  const [prefix] = prefixes;
  return {
    documents: documents.map((document, index) => ({ ...document, version: names[index]! })),
    place: { basePath: "", prefix, change: undefined },
  };
}

/** Whether a path of some of these is one of the others, too. */
function meet(some: readonly ReadSpec[], others: readonly ReadSpec[]): boolean {
  const routes = new Set(others.flatMap(({ facts }) => facts.routes));
  return some.some(({ facts }) => facts.routes.some((route) => routes.has(route)));
}
