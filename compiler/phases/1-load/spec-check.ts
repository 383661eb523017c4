import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearest } from "../../diagnostics/suggest.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Positions } from "../../ir/positions.ts";
import { isObject, type JsonKind, kindOf, words } from "../../source/json-kind.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import { methods } from "../../source/spec-grammar.ts";
import { own } from "../../text/own.ts";
import { serverAddress, type WrittenServer } from "../../text/server-url.ts";
import { list } from "../../text/words.ts";
import {
  missingResponses,
  parameterLocation,
  parameterName,
  pathWithoutSlash,
  schemeIncomplete,
  serverUrl,
  serverVariable,
  specMissingKey,
  specWrongType,
  unknownPathItemKey,
} from "./messages.gen.ts";

/** Holds an inline `x-gateway` block against the shape of policies. */
export type CheckPolicies = (block: JsonValue, name: string, at: Origin) => void;

/** Checks what a gateway needs of a spec: paths, operations, parameters, security and servers. The rest is not its business. */
export function checkSpec(spec: SpecSource, positions: Positions, policies: CheckPolicies, sink: DiagnosticSink): void {
  new SpecChecker(spec, positions, policies, sink).check();
}

class SpecChecker {
  readonly #spec: SpecSource;
  readonly #positions: Positions;
  readonly #policies: CheckPolicies;
  readonly #sink: DiagnosticSink;
  /** Objects that several places refer to are checked once. */
  readonly #seen = new Set<JsonObject>();
  /** Habits of one spec repeat on every path, so each is reported once. */
  readonly #unknownKeys = new Map<string, { readonly path: string; readonly at: Origin; others: number }>();
  readonly #serverUrls = new Set<string>();
  readonly #withoutResponses: { readonly name: string; readonly at: Origin }[] = [];

  constructor(spec: SpecSource, positions: Positions, policies: CheckPolicies, sink: DiagnosticSink) {
    this.#spec = spec;
    this.#positions = positions;
    this.#policies = policies;
    this.#sink = sink;
  }

  check(): void {
    const { document, openapi } = this.#spec;
    this.#inline(document);
    this.#servers(document);
    this.#security(document);
    this.#schemes(document);
    const paths = this.#typed(document, "paths", "object");
    if (paths !== undefined) {
      for (const [path, item] of Object.entries(paths as JsonObject)) this.#path(paths as JsonObject, path, item);
    } else if (
      document.paths === undefined &&
      (!/^3\.[1-9]/.test(openapi) || (document.components === undefined && document.webhooks === undefined))
    ) {
      // Since 3.1 a document may be there for its components or webhooks alone.
      const { start } = this.#positions.of(document);
      this.#sink.report(
        specMissingKey(this.#positions.range(this.#spec.file, start, start + 1), { key: "paths", where: "the document" }),
      );
    }
    for (const [key, { path, at, others }] of this.#unknownKeys) {
      const near = nearest(key, methods);
      const help =
        near === undefined ? `Path items hold ${list(methods.slice(0, 8))}, and \`x-\` extensions.` : `Did you mean \`${near}\`?`;
      this.#sink.report(
        unknownPathItemKey(at, { key, path, more: others === 0 ? "" : `, nor of ${others} others`, suggestion: help }),
      );
    }
    const [first, ...others] = this.#withoutResponses;
    if (first !== undefined) {
      const more = others.length === 0 ? "" : `, nor do ${others.length} others`;
      this.#sink.report(missingResponses(first.at, { operation: first.name, more }));
    }
  }

  #path(paths: JsonObject, path: string, written: JsonValue): void {
    if (path.startsWith("x-") || path === "$ref") return;
    const at = this.#positions.key(paths, path);
    if (!path.startsWith("/")) {
      this.#sink.report(pathWithoutSlash(at, { path }));
      return;
    }
    if (!isObject(written)) {
      this.#wrongType(paths, path, "object");
      return;
    }
    const item = typeof written.$ref === "string" ? this.#spec.resolve(written) : written;
    this.#item(written, path);
    if (item !== undefined && item !== written) this.#item(item, path);
  }

  #item(item: JsonObject, path: string): void {
    if (this.#seen.has(item)) return;
    this.#seen.add(item);
    this.#inline(item);
    this.#servers(item);
    this.#parameters(item);
    for (const key of Object.keys(item)) {
      if ((methods as readonly string[]).includes(key)) {
        const operation = this.#typed(item, key, "object");
        if (operation !== undefined)
          this.#operation(operation as JsonObject, `${key.toUpperCase()} ${path}`, this.#positions.key(item, key));
      } else if (key === "additionalOperations" && this.#spec.openapi.startsWith("3.2")) {
        this.#additional(item, path);
      } else if (!key.startsWith("x-") && !pathItemKeys.has(key)) {
        const known = this.#unknownKeys.get(key);
        if (known === undefined) this.#unknownKeys.set(key, { path, at: this.#positions.key(item, key), others: 0 });
        else known.others++;
      }
    }
  }

  #additional(item: JsonObject, path: string): void {
    const operations = this.#typed(item, "additionalOperations", "object") as JsonObject | undefined;
    for (const method of Object.keys(operations ?? {})) {
      const operation = this.#typed(operations!, method, "object");
      if (operation !== undefined)
        this.#operation(operation as JsonObject, `${method} ${path}`, this.#positions.key(operations!, method));
    }
  }

  #operation(operation: JsonObject, name: string, at: Origin): void {
    if (this.#seen.has(operation)) return;
    this.#seen.add(operation);
    this.#inline(operation);
    this.#servers(operation);
    this.#parameters(operation);
    this.#security(operation);
    this.#typed(operation, "operationId", "string");
    const tags = this.#typed(operation, "tags", "array");
    if (Array.isArray(tags)) this.#items(tags, "tags", "string");
    if (operation.responses === undefined) this.#withoutResponses.push({ name, at });
    else this.#typed(operation, "responses", "object");
  }

  #parameters(holder: JsonObject): void {
    const parameters = this.#typed(holder, "parameters", "array");
    if (!Array.isArray(parameters)) return;
    for (const written of this.#items(parameters, "parameters", "object")) {
      const parameter = this.#spec.resolve(written as JsonObject);
      if (parameter === undefined || this.#seen.has(parameter)) continue;
      this.#seen.add(parameter);
      const { name, in: location } = parameter;
      if (typeof name !== "string" || name === "") {
        const found = name === undefined ? "none" : name === "" ? "an empty one" : words[kindOf(name)];
        this.#sink.report(parameterName(this.#positions.value(parameter, "name"), { found }));
      }
      if (typeof location !== "string" || !locations.includes(location)) {
        const moved = typeof location === "string" ? own(movedToBody, location) : undefined;
        const near = typeof location === "string" ? nearest(location, locations) : undefined;
        const help =
          moved !== undefined
            ? moved
            : near === undefined
              ? `Write one of ${list(
                  locations.map((each) => `\`${each}\``),
                  "or",
                )}.`
              : `Did you mean \`${near}\`?`;
        const found = location === undefined ? "nothing" : `\`${String(location)}\``;
        const what = typeof name === "string" ? `\`${name}\`` : "without a name";
        this.#sink.report(parameterLocation(this.#positions.value(parameter, "in"), { name: what, found, suggestion: help }));
      }
    }
  }

  /** Security Requirement Objects: a list of maps from scheme to scopes. */
  #security(holder: JsonObject): void {
    const security = this.#typed(holder, "security", "array");
    if (!Array.isArray(security)) return;
    for (const requirement of this.#items(security, "security", "object") as JsonObject[]) {
      for (const [scheme, scopes] of Object.entries(requirement)) {
        if (Array.isArray(scopes)) this.#items(scopes, scheme, "string");
        else this.#wrongType(requirement, scheme, "array");
      }
    }
  }

  #schemes(document: JsonObject): void {
    const components = this.#typed(document, "components", "object") as JsonObject | undefined;
    const schemes =
      components === undefined ? undefined : (this.#typed(components, "securitySchemes", "object") as JsonObject | undefined);
    for (const [name, written] of Object.entries(schemes ?? {})) {
      if (!isObject(written)) {
        if (!name.startsWith("x-")) this.#wrongType(schemes!, name, "object");
        continue;
      }
      const scheme = this.#spec.resolve(written);
      if (scheme === undefined) continue;
      const at = this.#positions.key(schemes!, name);
      const type = typeof scheme.type === "string" ? scheme.type : "";
      const needs = own(schemeKeys, type);
      if (needs === undefined) {
        const near = nearest(type, Object.keys(schemeKeys));
        const help =
          near === undefined
            ? `Write \`type\` as one of ${list(
                Object.keys(schemeKeys).map((each) => `\`${each}\``),
                "or",
              )}.`
            : `Did you mean \`type: ${near}\`?`;
        this.#sink.report(
          schemeIncomplete(scheme.type === undefined ? at : this.#positions.value(scheme, "type"), {
            name,
            problem: `has no \`type\` that OpenAPI knows`,
            help,
          }),
        );
        continue;
      }
      for (const key of needs) {
        if (typeof scheme[key] === "string") continue;
        this.#sink.report(
          schemeIncomplete(at, {
            name,
            problem: `is of type \`${type}\` but has no \`${key}\``,
            help: `Add \`${key}\` to the scheme.`,
          }),
        );
      }
      if (type === "apiKey" && typeof scheme.in === "string" && !["header", "query", "cookie"].includes(scheme.in)) {
        const help = "Write `in: header`, `in: query` or `in: cookie`.";
        this.#sink.report(
          schemeIncomplete(this.#positions.value(scheme, "in"), {
            name,
            problem: `says that the key is in \`${scheme.in}\``,
            help,
          }),
        );
      }
    }
  }

  #servers(holder: JsonObject): void {
    const servers = this.#typed(holder, "servers", "array");
    if (!Array.isArray(servers)) return;
    for (const server of this.#items(servers, "servers", "object") as JsonObject[]) {
      if (server.url === undefined) {
        this.#sink.report(specMissingKey(this.#positions.of(server), { key: "url", where: "the server" }));
        continue;
      }
      const url = this.#typed(server, "url", "string");
      const variables = this.#typed(server, "variables", "object") as JsonObject | undefined;
      const isWhole = Object.keys(variables ?? {}).every((name) => this.#serverVariable(variables!, name));
      if (typeof url === "string" && isWhole) this.#serverUrl(server, url, variables ?? {});
    }
  }

  /** Whether it has what is needed to read the URL. */
  #serverVariable(variables: JsonObject, name: string): boolean {
    const variable = this.#typed(variables, name, "object") as JsonObject | undefined;
    if (variable === undefined) return false;
    if (variable.default !== undefined) return true;
    this.#sink.report(
      specMissingKey(this.#positions.key(variables, name), { key: "default", where: `the server variable \`${name}\`` }),
    );
    return false;
  }

  /** Habits of one server list repeat on every path, so each is reported once. */
  #serverUrl(server: JsonObject, url: string, variables: JsonObject): void {
    if (this.#serverUrls.has(url)) return;
    this.#serverUrls.add(url);
    const { problem, path } = serverAddress({ url, variables: variables as WrittenServer["variables"] });
    if (problem === undefined) return;
    const at = this.#positions.value(server, "url");
    if (problem.kind === "undeclared" || problem.kind === "default-not-listed") {
      const isUndeclared = problem.kind === "undeclared";
      const text = isUndeclared ? "that `variables` does not declare" : "whose `default` its `enum` does not list";
      const help = isUndeclared
        ? `Declare it, as in \`variables: { ${problem.variable}: { default: … } }\`, or set \`servicePath\` in gateway.yaml.`
        : "List the default, or choose one that is listed.";
      this.#sink.report(serverVariable(at, { name: problem.variable, problem: text, value: problem.value, help }));
      return;
    }
    this.#sink.report(serverUrl(at, { url, ...serverMistakes(url, path)[problem.kind] }));
  }

  #inline(holder: JsonObject): void {
    if (holder["x-gateway"] !== undefined)
      this.#policies(holder["x-gateway"], "x-gateway", this.#positions.value(holder, "x-gateway"));
  }

  /** The value under a key if it is of that kind; a value of another kind is reported, an absent one is not. */
  #typed(holder: JsonObject, key: string, kind: JsonKind): JsonValue | undefined {
    const value = holder[key];
    if (value === undefined) return undefined;
    if (kindOf(value) === kind) return value;
    this.#wrongType(holder, key, kind);
    return undefined;
  }

  #items(array: readonly JsonValue[], name: string, kind: JsonKind): JsonValue[] {
    return array.filter((item, index) => {
      if (kindOf(item) === kind) return true;
      const values = { name: `${name}[${index}]`, found: words[kindOf(item)], expected: words[kind] };
      this.#sink.report(specWrongType(this.#positions.value(array, index), values));
      return false;
    });
  }

  #wrongType(holder: JsonObject, key: string, kind: JsonKind): void {
    this.#sink.report(
      specWrongType(this.#positions.value(holder, key), { name: key, found: words[kindOf(holder[key]!)], expected: words[kind] }),
    );
  }
}

const serverMistakes = (url: string, path: string) => ({
  "no-scheme": {
    problem: "names a host without a scheme, which makes it a relative path",
    reading: `a host, with the path \`${path}\``,
    help: `Write \`https://${url}\`.`,
  },
  query: {
    problem: "has a query or a fragment, which no address of a server has",
    reading: `the path \`${path}\``,
    help: "Remove what follows the path. A query for each request is added by the policy `rewrite`.",
  },
  unreadable: { problem: "is not a URL", reading: "nothing", help: "Write an absolute URL, or a path that starts with a slash." },
});

const pathItemKeys = new Set(["$ref", "summary", "description", "servers", "parameters"]);

/** Places of Swagger 2.0 that are a `requestBody` since OpenAPI 3.0. */
const movedToBody: Readonly<Record<string, string>> = {
  formData:
    "`formData` is of Swagger 2.0. Since OpenAPI 3.0 a form is a `requestBody` with `multipart/form-data` (with files) or `application/x-www-form-urlencoded`, and each field a property of its schema.",
  body: "`body` is of Swagger 2.0. Since OpenAPI 3.0 the body is a `requestBody` with `content: { application/json: { schema: … } }`.",
};

const locations: readonly string[] = ["path", "query", "header", "cookie", "querystring"];

/** What each type of Security Scheme Object must have (OpenAPI 3.1 §4.8.27) for a gateway to use it. */
const schemeKeys: Readonly<Record<string, readonly string[]>> = {
  apiKey: ["name", "in"],
  http: ["scheme"],
  mutualTLS: [],
  oauth2: [],
  openIdConnect: [],
};
