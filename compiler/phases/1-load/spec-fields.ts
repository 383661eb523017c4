import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearest } from "../../diagnostics/suggest.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Positions } from "../../ir/positions.ts";
import { isObject } from "../../source/json-kind.ts";
import type { JsonObject, JsonValue } from "../../source/source-set.ts";
import type { SpecKind } from "../../source/spec-grammar.ts";
import { type OpenapiObject, type OpenapiVersion, openapiVersionOf } from "../../text/openapi/field.ts";
import { fieldsIn, openapiObject } from "../../text/openapi/is-field.ts";
import { list } from "../../text/words.ts";
import { unknownField, vendorConfiguration } from "./messages.gen.ts";
import { type Vendor, vendorOf } from "./vendor-extensions.ts";

interface Unknown {
  readonly object: OpenapiObject;
  readonly key: string;
  readonly at: Origin;
  count: number;
}

/** Fields of a spec that its version of OpenAPI does not have, and extensions that configure another gateway. Each is reported once. */
export class SpecFields {
  readonly #version: OpenapiVersion;
  readonly #positions: Positions;
  readonly #sink: DiagnosticSink;
  readonly #known = new Map<string, ReadonlySet<string>>();
  readonly #unknown = new Map<string, Unknown>();
  readonly #vendors = new Map<Vendor, Map<string, Origin>>();

  constructor(openapi: string, positions: Positions, sink: DiagnosticSink) {
    this.#version = openapiVersionOf(openapi);
    this.#positions = positions;
    this.#sink = sink;
  }

  visit(node: JsonObject, kind: SpecKind): void {
    const isReference = node.$ref !== undefined && kind !== "schema" && kind !== "pathItem";
    // Unknown keywords of schemas and keys of path items have messages of their own.
    if (kind !== "schema") this.#fields(isReference ? "reference" : kind, node, kind === "pathItem");
    if (!isReference && Object.hasOwn(held, kind))
      for (const [key, object] of Object.entries(held[kind]!)) this.#held(object, node[key]);
  }

  report(): void {
    for (const { object, key, at, count } of this.#unknown.values()) {
      const more = count === 1 ? "" : `, here and in ${count - 1} other places`;
      const version = this.#version === "2.0" ? "Swagger 2.0" : `OpenAPI ${this.#version}`;
      this.#sink.report(unknownField(at, { key, noun: object.noun, version, more, help: this.#help(object, key) }));
    }
    for (const [{ name, instead }, keys] of this.#vendors) {
      const [at] = keys.values();
      const written = [...keys.keys()];
      const remedies = [...new Set(written.flatMap((key) => instead(key) ?? []))];
      const shown = written.slice(0, 4).map((key) => `\`${key}\``);
      const others = written.length > shown.length ? [`${written.length - shown.length} more`] : [];
      const help = remedies.length === 0 ? "policies" : list(remedies);
      this.#sink.report(vendorConfiguration(at!, { vendor: name, keys: list([...shown, ...others]), instead: help }));
    }
  }

  #fields(kind: string, node: JsonObject, isExtendedOnly = false): void {
    const object = openapiObject(kind);
    let known = this.#known.get(kind);
    if (known === undefined && object !== undefined) this.#known.set(kind, (known = new Set(fieldsIn(object, this.#version))));
    for (const key of Object.keys(node)) {
      if (key.startsWith("x-")) this.#extension(node, key);
      else if (known !== undefined && !known.has(key) && !isExtendedOnly && !isNote(key)) this.#note(kind, object!, node, key);
    }
  }

  /** An object, a list of them or a map of them, and what they hold. */
  #held(name: string, value: JsonValue | undefined): void {
    const [kind = "", many] = name.split(" ");
    const holders = many === undefined ? [value] : isObject(value) ? Object.values(value) : (value ?? []);
    for (const holder of Array.isArray(holders) ? (holders as readonly JsonValue[]) : []) {
      if (!isObject(holder)) continue;
      this.#fields(kind, holder);
      if (Object.hasOwn(held, kind)) for (const [key, inner] of Object.entries(held[kind]!)) this.#held(inner, holder[key]);
    }
  }

  #note(kind: string, object: OpenapiObject, node: JsonObject, key: string): void {
    const id = `${kind} ${key}`;
    const seen = this.#unknown.get(id);
    if (seen === undefined) this.#unknown.set(id, { object, key, at: this.#positions.key(node, key), count: 1 });
    else seen.count++;
  }

  #extension(node: JsonObject, key: string): void {
    const vendor = vendorOf(key);
    if (vendor === undefined) return;
    let keys = this.#vendors.get(vendor);
    if (keys === undefined) this.#vendors.set(vendor, (keys = new Map()));
    if (!keys.has(key)) keys.set(key, this.#positions.key(node, key));
  }

  #help(object: OpenapiObject, key: string): string {
    const elsewhere = Object.hasOwn(object.fields, key) ? object.fields[key] : undefined;
    if (elsewhere !== undefined) {
      const [first] = elsewhere.versions;
      return first! > this.#version
        ? `OpenAPI has it since ${first}: write \`openapi: ${first}.0\`, or remove it.`
        : `OpenAPI has it until ${elsewhere.versions.at(-1)}: ${object.noun === "Reference Object" ? "move it to what is referred to" : "write what replaces it, or remove it"}.`;
    }
    if (object.noun === "Reference Object") return "Move it to what `$ref` names: nothing beside `$ref` counts.";
    const near = nearest(key, fieldsIn(object, this.#version));
    return near === undefined ? `Remove it, or call it \`x-${key}\` if a tool of yours reads it.` : `Did you mean \`${near}\`?`;
  }
}

/** What stands under fields of an object, and is not visited by itself: an object, or `s` several of it in a list or a map. */
const held: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  document: { info: "info", servers: "server s", tags: "tag s", externalDocs: "externalDocs" },
  info: { contact: "contact", license: "license" },
  server: { variables: "serverVariable s" },
  pathItem: { servers: "server s" },
  operation: { servers: "server s", externalDocs: "externalDocs" },
  tag: { externalDocs: "externalDocs" },
  link: { server: "server" },
  schema: { discriminator: "discriminator", xml: "xml", externalDocs: "externalDocs" },
  securityScheme: { flows: "oauthFlows" },
  oauthFlows: Object.fromEntries(
    ["implicit", "password", "clientCredentials", "authorizationCode", "deviceAuthorization"].map((flow) => [flow, "oauthFlow"]),
  ),
};

/** What only tells readers something asks for nothing, wherever it stands. */
const isNote = (key: string): boolean => notes.has(key);
const notes: ReadonlySet<string> = new Set([
  "summary",
  "description",
  "title",
  "example",
  "examples",
  "externalDocs",
  "$schema",
  "$comment",
]);
