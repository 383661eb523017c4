import type { Origin } from "../../../ir/origin.ts";
import type { Positions } from "../../../ir/positions.ts";
import { isObject } from "../../../source/json-kind.ts";
import { followPointer, parseRef } from "../../../source/json-pointer.ts";
import type { JsonObject, JsonValue } from "../../../source/source-set.ts";
import type { SpecKind } from "../../../source/spec-grammar.ts";
import type { References, Trees } from "../references.ts";
import { extensions, NewNode, texts } from "./new-node.ts";
import { Parameters } from "./parameters.ts";
import { Responses } from "./responses.ts";
import { Schemas } from "./schemas.ts";
import { securityScheme, servers } from "./security-schemes.ts";

/** Where the shared objects of a Swagger document have their place in OpenAPI 3. */
const moved = [
  ["/definitions/", "/components/schemas/"],
  ["/parameters/", "/components/parameters/"],
  ["/responses/", "/components/responses/"],
] as const;

const methods = new Set(["get", "put", "post", "delete", "options", "head", "patch"]);

/**
 * A Swagger 2.0 document in the shape of OpenAPI 3.1, made from references that have been walked. References are
 * followed as they were written and what they lead to is converted when it is first asked for, so that documents in
 * several files, and pointers into the middle of things, need no second look-up.
 */
export class SwaggerSpec {
  readonly #positions: Positions;
  readonly #references: References;
  readonly #trees: Trees;
  readonly #file: string;
  readonly #written: JsonObject;
  readonly #schemas: Schemas;
  readonly #responses: Responses;
  readonly parameters: Parameters;
  /** What the converted references lead to, as it was written. */
  readonly #links = new Map<JsonObject, { readonly target: JsonObject; readonly kind: SpecKind }>();
  readonly #items = new Map<JsonObject, JsonObject>();
  /** Parts of bodies beside which Swagger 2.0 allows none of the others, and what is read instead ("Parameter Object"). */
  readonly unreadBodies: { readonly name: string; readonly instead: string; readonly at: Origin }[] = [];
  readonly document: JsonObject;

  constructor(file: string, written: JsonObject, references: References, trees: Trees, positions: Positions) {
    this.#positions = positions;
    this.#references = references;
    this.#trees = trees;
    this.#file = file;
    this.#written = written;
    this.#schemas = new Schemas(positions, (node) => this.#reference(node, "schema"));
    this.parameters = new Parameters(positions, this.#schemas);
    this.#responses = new Responses(positions, this.#schemas, this.parameters);
    this.document = this.#document();
  }

  /** As `SpecSource.resolve`, for nodes of the converted document. */
  resolve(node: JsonObject): JsonObject | undefined {
    const seen = new Set<JsonObject>();
    let current: JsonObject | undefined = node;
    while (current !== undefined && typeof current.$ref === "string") {
      if (seen.has(current)) return undefined;
      seen.add(current);
      const link = this.#links.get(current);
      const target: JsonValue | undefined = link === undefined ? this.#valueAt(current) : this.#convert(link.target, link.kind);
      current = isObject(target) ? target : undefined;
    }
    return current;
  }

  /** As `SpecSource.target`. */
  target(node: JsonObject): JsonValue | undefined {
    const link = this.#links.get(node);
    return link === undefined ? this.#valueAt(node) : this.#convert(link.target, link.kind);
  }

  #document(): JsonObject {
    const written = this.#written;
    const made = new NewNode(this.#positions, written).put("openapi", "3.1.0", "swagger");
    made.take(written, ["info", "security", "tags", "externalDocs", ...extensions(written)]);
    if (written.host !== undefined || written.basePath !== undefined) {
      made.put(
        "servers",
        servers(written, texts(written.schemes) ?? [], this.#positions),
        written.host === undefined ? "basePath" : "host",
      );
    }
    if (isObject(written.paths))
      made.put(
        "paths",
        this.#mapped(written.paths, (item) => this.#pathItem(item)),
      );
    else made.take(written, ["paths"]);
    const components = new NewNode(this.#positions, written);
    const shared = [
      ["schemas", "definitions", (node: JsonObject) => this.#schemas.schema(node)],
      ["parameters", "parameters", (node: JsonObject) => this.#parameter(node)],
      ["responses", "responses", (node: JsonObject) => this.#response(node, this.#produces(undefined))],
      ["securitySchemes", "securityDefinitions", (node: JsonObject) => this.#scheme(node)],
    ] as const;
    for (const [section, key, convert] of shared) {
      const holder = written[key];
      if (isObject(holder)) components.put(section, this.#mapped(holder, convert), key);
      else if (holder !== undefined) components.put(section, holder, key);
    }
    if (!components.isEmpty) made.putFrom("components", components.object, written);
    return made.object;
  }

  #convert(node: JsonObject, kind: SpecKind): JsonObject {
    if (kind === "schema") return this.#schemas.schema(node);
    if (kind === "pathItem") return this.#pathItem(node);
    if (kind === "response") return this.#response(node, this.#produces(undefined)) as JsonObject;
    if (kind === "securityScheme") return this.#scheme(node);
    // Only those of path, query and header are referred to in the converted document.
    return kind === "parameter" ? (this.#parameter(node) ?? node) : node;
  }

  #pathItem(written: JsonObject): JsonObject {
    const known = this.#items.get(written);
    if (known !== undefined) return known;
    const made = new NewNode(this.#positions, written);
    this.#items.set(written, made.object);
    for (const [key, value] of Object.entries(written)) {
      if (methods.has(key) && isObject(value)) made.put(key, this.#operation(value, written));
      else if (key === "parameters" && Array.isArray(value)) made.put(key, this.#parameters(value));
      else made.take(written, [key]);
    }
    if (typeof written.$ref === "string") this.#link(made.object, written, "pathItem");
    return made.object;
  }

  #operation(written: JsonObject, item: JsonObject): JsonObject {
    const made = new NewNode(this.#positions, written);
    made.take(written, [
      "operationId",
      "summary",
      "description",
      "tags",
      "externalDocs",
      "deprecated",
      "security",
      ...extensions(written),
    ]);
    const schemes = texts(written.schemes);
    if (schemes !== undefined) made.put("servers", servers(this.#written, schemes, this.#positions), "schemes");
    if (Array.isArray(written.parameters)) made.put("parameters", this.#parameters(written.parameters));
    else made.take(written, ["parameters"]);
    const body = this.#requestBody(written, item);
    if (body !== undefined) made.put("requestBody", body, "parameters");
    if (isObject(written.responses)) {
      const produces = this.#produces(written);
      made.put(
        "responses",
        this.#mapped(written.responses, (response, name) =>
          name.startsWith("x-") ? response : this.#response(response, produces),
        ),
      );
    } else made.take(written, ["responses"]);
    return made.object;
  }

  #parameters(list: readonly JsonValue[]): JsonValue {
    const kept: JsonValue[] = [];
    this.#positions.inherit(kept, list);
    for (const [index, written] of list.entries()) {
      const converted = isObject(written) ? this.#parameter(written) : written;
      if (converted === undefined) continue;
      this.#positions.borrow(kept, kept.length, list, index);
      kept.push(converted);
    }
    return kept;
  }

  /** Undefined for a part of the request body. */
  #parameter(written: JsonObject): JsonObject | undefined {
    const parameter = this.#references.resolve(written) ?? written;
    if (parameter.in === "body" || parameter.in === "formData") return undefined;
    return typeof written.$ref === "string" ? this.#reference(written, "parameter") : this.parameters.parameter(written);
  }

  /** From the operation's own parameters, or else those of its path item (Swagger 2.0 "Path Item Object"). */
  #requestBody(operation: JsonObject, item: JsonObject): JsonObject | undefined {
    const consumes = texts(operation.consumes) ?? texts(this.#written.consumes) ?? [];
    const fields = new Map<string, JsonObject>();
    for (const holder of [operation, item]) {
      const body: JsonObject[] = [];
      for (const written of Array.isArray(holder.parameters) ? holder.parameters : []) {
        const parameter = isObject(written) ? this.#references.resolve(written) : undefined;
        if (parameter?.in === "body") body.push(parameter);
        else if (parameter?.in === "formData" && !fields.has(String(parameter.name)))
          fields.set(String(parameter.name), parameter);
      }
      const [first, ...others] = body;
      const isRead = first !== undefined && fields.size === 0;
      for (const { name } of isRead ? others : body) {
        const instead = isRead ? `\`${String(first.name)}\` alone` : "the form fields beside it";
        this.unreadBodies.push({ name: String(name), instead, at: this.#positions.value(holder, "parameters") });
      }
      if (isRead) return this.parameters.body(first, consumes);
    }
    return fields.size === 0 ? undefined : this.parameters.form([...fields.values()], consumes);
  }

  #produces(operation: JsonObject | undefined): readonly string[] {
    return texts(operation?.produces) ?? texts(this.#written.produces) ?? [];
  }

  /** A shared response says nothing of media types, so where an operation has its own they are written out. */
  #response(written: JsonObject, produces: readonly string[]): JsonObject {
    if (typeof written.$ref !== "string") return this.#responses.response(written, produces);
    const target = this.#references.resolve(written);
    const isUsual = produces.join("\n") === this.#produces(undefined).join("\n");
    return target === undefined || isUsual ? this.#reference(written, "response") : this.#responses.response(target, produces);
  }

  #scheme(written: JsonObject): JsonObject {
    return typeof written.$ref === "string"
      ? this.#reference(written, "securityScheme")
      : securityScheme(written, this.#positions);
  }

  #mapped(holder: JsonObject, convert: (node: JsonObject, name: string) => JsonObject | undefined): JsonObject {
    const made = new NewNode(this.#positions, holder);
    for (const [name, value] of Object.entries(holder)) {
      const converted = isObject(value) ? convert(value, name) : value;
      if (converted !== undefined) made.put(name, converted);
    }
    return made.object;
  }

  /** What stands beside `$ref` is ignored (JSON Reference). */
  #reference(written: JsonObject, kind: SpecKind): JsonObject {
    const ref = typeof written.$ref === "string" ? this.#rewritten(written.$ref, written) : "";
    const made = new NewNode(this.#positions, written).put("$ref", ref).object;
    this.#link(made, written, kind);
    return made;
  }

  #link(made: JsonObject, written: JsonObject, kind: SpecKind): void {
    const target = this.#references.target(written);
    if (isObject(target)) this.#links.set(made, { target, kind });
  }

  #rewritten(ref: string, holder: JsonObject): string {
    const from = this.#positions.fileOf(holder);
    const { file } = parseRef(ref, from ?? this.#file);
    const hash = ref.indexOf("#");
    if (file !== this.#file || hash < 0) return ref;
    const pointer = ref.slice(hash + 1);
    const move = moved.find(([before]) => pointer.startsWith(before));
    return move === undefined ? ref : `${ref.slice(0, hash)}#${move[1]}${pointer.slice(move[0].length)}`;
  }

  /** For a reference that a later phase made. */
  #valueAt(node: JsonObject): JsonValue | undefined {
    const { file, fragment } = parseRef(String(node.$ref), this.#positions.fileOf(node) ?? this.#file);
    const tree = file === undefined ? undefined : file === this.#file ? this.document : this.#trees.tree(file);
    if (tree === undefined) return undefined;
    const { value } = followPointer(tree, fragment, (through) => this.resolve(through));
    return isObject(value) && file !== this.#file ? this.#schemas.schema(value) : value;
  }
}
