import type { Positions } from "../../ir/positions.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import { subschemas } from "./keywords.ts";

/** A schema resource (JSON Schema 2020-12 §4.3.5): what `$ref` and anchors inside of it are relative to. */
export interface Resource {
  /** Absolute, without fragment. */
  readonly uri: string;
  /** The schema with the `$id`; undefined for a file, whose other parts the load phase knows. */
  readonly root: JsonObject | undefined;
  readonly anchors: Map<string, JsonObject>;
  readonly dynamicAnchors: Map<string, JsonObject>;
}

/** Where schemas with an address outside of the project are; nothing is ever fetched. */
export type Remote = (uri: string) => JsonValue | undefined;

/** Finds what references name: by `$id`, by `$anchor`, and else by file and JSON pointer, which the load phase does. */
export class Resources {
  readonly #spec: SpecSource;
  readonly #positions: Positions;
  readonly #remote: Remote;
  readonly #byUri = new Map<string, Resource>();
  readonly #of = new Map<JsonObject, Resource>();

  constructor(spec: SpecSource, positions: Positions, remote: Remote) {
    this.#spec = spec;
    this.#positions = positions;
    this.#remote = remote;
  }

  /** The resource that a schema belongs to. */
  of(node: JsonObject): Resource {
    const known = this.#of.get(node);
    if (known !== undefined) return known;
    this.#index(node, this.#file(this.#positions.fileOf(node) ?? this.#spec.file));
    return this.#of.get(node)!;
  }

  /** The schema that a reference in `node` names; undefined where there is none. */
  target(node: JsonObject, ref: string): JsonValue | undefined {
    const base = this.of(node);
    const uri = absolute(ref, base.uri);
    if (uri === undefined) return this.#written(node, ref);
    const [address, fragment] = split(uri);
    const resource = this.#byUri.get(address) ?? this.#adopt(address);
    if (resource?.root !== undefined) {
      const inside =
        fragment === "" || fragment.startsWith("/") ? this.#at(resource, fragment) : this.#anchor(resource, fragment);
      // Many give their schemas an `$id` and mean the whole document by `#/components/schemas/…` all the same.
      return inside ?? this.#written(node, ref);
    }
    if (fragment !== "" && !fragment.startsWith("/")) {
      const anchored = resource === undefined ? undefined : this.#anchor(resource, fragment);
      if (anchored !== undefined) return anchored;
    }
    return this.#written(node, ref);
  }

  /** As the load phase reads it: by file and pointer. */
  #written(node: JsonObject, ref: string): JsonValue | undefined {
    if (node.$ref === ref) return this.#spec.target(node);
    return this.#spec.target({ $ref: ref }, this.#positions.fileOf(node));
  }

  /** Schemas of the whole document may have an `$id`, so all have to be seen before one is looked for. */
  indexComponents(): void {
    const { components } = this.#spec.document;
    const schemas = isObject(components) && isObject(components.schemas) ? Object.values(components.schemas) : [];
    for (const schema of schemas) if (isObject(schema)) this.of(schema);
  }

  #anchor = (resource: Resource, name: string): JsonObject | undefined =>
    resource.anchors.get(name) ?? resource.dynamicAnchors.get(name);

  #at(resource: Resource, pointer: string): JsonValue | undefined {
    let value: JsonValue = resource.root!;
    let within: Resource = resource;
    for (const token of pointer.split("/").slice(1)) {
      const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
      value = (value as JsonObject)[key]!;
      if (isObject(value)) within = this.#of.get(value) ?? within;
    }
    // A place that no keyword makes a schema is one as soon as it is referred to.
    if (isObject(value) && !this.#of.has(value)) this.#index(value, within);
    return value;
  }

  #adopt(address: string): Resource | undefined {
    const schema = this.#remote(address);
    if (!isObject(schema)) return undefined;
    const resource: Resource = {
      uri: address,
      root: schema,
      anchors: new Map(),
      dynamicAnchors: new Map(),
    };
    this.#byUri.set(address, resource);
    this.#index(schema, resource);
    return this.#byUri.get(address);
  }

  #file(file: string): Resource {
    const uri = `file:///${encodeURI(file)}`;
    let resource = this.#byUri.get(uri);
    if (resource === undefined)
      this.#byUri.set(
        uri,
        (resource = {
          uri,
          root: undefined,
          anchors: new Map(),
          dynamicAnchors: new Map(),
        }),
      );
    return resource;
  }

  #index(root: JsonObject, resource: Resource): void {
    const waiting: [JsonObject, Resource][] = [[root, resource]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [node, outer] = next;
      if (this.#of.has(node)) continue;
      const own = this.#opened(node, outer);
      this.#of.set(node, own);
      if (typeof node.$anchor === "string") own.anchors.set(node.$anchor, node);
      if (typeof node.$dynamicAnchor === "string") own.dynamicAnchors.set(node.$dynamicAnchor, node);
      for (const child of subschemas(node)) waiting.push([child, own]);
    }
  }

  /** A schema with an `$id` begins a resource of its own. */
  #opened(node: JsonObject, outer: Resource): Resource {
    if (typeof node.$id !== "string" || node.$id.startsWith("#")) return outer;
    const uri = absolute(node.$id, outer.uri);
    if (uri === undefined) return outer;
    const [address] = split(uri);
    const resource: Resource = {
      uri: address,
      root: node,
      anchors: new Map(),
      dynamicAnchors: new Map(),
    };
    this.#byUri.set(address, resource);
    return resource;
  }
}

function absolute(reference: string, base: string): string | undefined {
  return URL.canParse(reference, base) ? new URL(reference, base).href : undefined;
}

/** Address and percent-decoded fragment. */
function split(uri: string): readonly [address: string, fragment: string] {
  const hash = uri.indexOf("#");
  if (hash < 0) return [uri, ""];
  const fragment = uri.slice(hash + 1);
  try {
    return [uri.slice(0, hash), decodeURIComponent(fragment)];
  } catch {
    return [uri.slice(0, hash), fragment];
  }
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
