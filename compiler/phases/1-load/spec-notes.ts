import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Positions } from "../../ir/positions.ts";
import { isObject } from "../../source/json-kind.ts";
import type { JsonObject, JsonValue } from "../../source/source-set.ts";
import { methods, type SpecKind } from "../../source/spec-grammar.ts";
import { list } from "../../text/words.ts";
import {
  additionalMethod,
  headerName,
  impreciseNumber,
  methodName,
  newerOpenapi,
  querystringAlone,
  refSiblings,
  swaggerTypeList,
  templateName,
} from "./messages.gen.ts";

type Resolve = (node: JsonObject) => JsonObject | undefined;

/** Where something was seen first, and how often. */
interface Seen {
  readonly at: Origin;
  readonly text: string;
  count: number;
}

/** What each version leaves to be said about a spec, gathered while all of it is visited. Habits are reported once. */
export class SpecNotes {
  readonly #version: string;
  readonly #positions: Positions;
  readonly #sink: DiagnosticSink;
  readonly #textOf: (origin: Origin) => string;
  readonly #items: JsonObject[] = [];
  readonly #besideRef: JsonObject[] = [];
  /** Said of a querystring parameter, that it is not enforced would be beside the point. */
  #isContradictory = false;
  readonly #habits = new Map<string, Seen>();

  constructor(version: string, positions: Positions, textOf: (origin: Origin) => string, sink: DiagnosticSink) {
    this.#version = version;
    this.#positions = positions;
    this.#textOf = textOf;
    this.#sink = sink;
  }

  visit(node: JsonObject, kind: SpecKind): void {
    if (kind === "schema") this.#schema(node);
    else if (kind === "parameter") this.#parameter(node);
    else if (kind === "pathItem" && this.#version.startsWith("3.2")) this.#items.push(node);
    else if (kind === "mediaType" || kind === "encoding") this.#sequence(node, kind);
  }

  /** Once all has been visited, and references can be followed. */
  report(resolve: Resolve): void {
    for (const item of this.#items) this.#pathItem(item, resolve);
    for (const schema of this.#besideRef) {
      // Many generators repeat there what the target says already.
      const target = resolve(schema) ?? {};
      const lost = Object.keys(schema).filter(
        (key) => key !== "nullable" && assertions.has(key) && JSON.stringify(schema[key]) !== JSON.stringify(target[key]),
      );
      if (lost.length > 0)
        this.#note("ref-siblings", () => this.#positions.key(schema, lost[0]!), list(lost.map((key) => `\`${key}\``)));
    }
    const news = newFeatures.flatMap(([key, phrase]) => (this.#habits.has(key) ? [phrase] : []));
    if (this.#version.startsWith("3.2") && news.length > 0 && !this.#isContradictory) {
      const first = newFeatures.flatMap(([key]) => this.#habits.get(key) ?? [])[0]!;
      this.#sink.report(newerOpenapi(first.at, { version: this.#version, features: list(news) }));
    }
    this.#once("ref-siblings", (seen, more) =>
      refSiblings(seen.at, {
        keys: seen.text,
        version: this.#version === "2.0" ? "Swagger 2.0" : `OpenAPI ${this.#version}`,
        more,
      }),
    );
    this.#once("imprecise", (seen, more) => impreciseNumber(seen.at, { number: seen.text, more }));
    this.#once("type-list", (seen, more) => swaggerTypeList(seen.at, { types: seen.text, more }));
  }

  #once(habit: string, message: (seen: Seen, more: string) => Parameters<DiagnosticSink["report"]>[0]): void {
    const seen = this.#habits.get(habit);
    if (seen === undefined) return;
    this.#sink.report(message(seen, seen.count === 1 ? "" : `, and ${seen.count - 1} more like it`));
  }

  #note(habit: string, at: () => Origin, text = ""): void {
    const seen = this.#habits.get(habit);
    if (seen !== undefined) seen.count++;
    else this.#habits.set(habit, { at: at(), text, count: 1 });
  }

  #schema(schema: JsonObject): void {
    if (typeof schema.$ref === "string") {
      if (ignoresSiblings(this.#version) && Object.keys(schema).some((key) => assertions.has(key))) this.#besideRef.push(schema);
      return;
    }
    if (this.#version.startsWith("2.") && Array.isArray(schema.type)) {
      this.#note(
        "type-list",
        () => this.#positions.value(schema, "type"),
        list(schema.type.map((type: JsonValue) => `\`${String(type)}\``)),
      );
    }
    if (isObject(schema.discriminator) && schema.discriminator.defaultMapping !== undefined)
      this.#note("defaultMapping", () => this.#positions.key(schema.discriminator as JsonObject, "defaultMapping"));
    this.#numbers(schema);
  }

  #numbers(schema: JsonObject): void {
    for (const key of numeric) {
      const value = schema[key];
      if (typeof value === "number") this.#number(schema, key, value);
      else if (key === "enum" && Array.isArray(value)) {
        for (const [index, item] of value.entries()) if (typeof item === "number") this.#number(value, index, item);
      }
    }
  }

  /** A whole number beyond 2^53 may have become another one when it was read; one that JavaScript wrote comes back as it is. */
  #number(holder: object, key: string | number, value: number): void {
    if (Number.isSafeInteger(value) || !Number.isInteger(value)) return;
    const at = this.#positions.value(holder, key);
    const text = this.#textOf(at);
    if (!/^-?\d+$/.test(text) || text === String(value) || BigInt(text) === BigInt(value)) return;
    if (bounds.has(String(key))) this.#positions.keepDigits(at, text);
    else this.#note("imprecise", () => at, text);
  }

  #parameter(parameter: JsonObject): void {
    // In Swagger 2.0 it has the keywords of its schema.
    if (this.#version === "2.0") this.#numbers(parameter);
    const { name, in: location } = parameter;
    if (location === "querystring") this.#note("querystring", () => this.#positions.value(parameter, "in"));
    if (typeof name !== "string" || name === "") return;
    if (location === "header" && !token.test(name))
      this.#sink.report(headerName(this.#positions.value(parameter, "name"), { name }));
    if (location === "path" && /[{}]/.test(name))
      this.#sink.report(templateName(this.#positions.value(parameter, "name"), { name }));
  }

  #pathItem(item: JsonObject, resolve: Resolve): void {
    const shared = this.#querystrings(item, [], resolve);
    const additional = isObject(item.additionalOperations) ? item.additionalOperations : {};
    for (const [method, operation] of Object.entries(additional)) {
      if (!token.test(method)) this.#sink.report(methodName(this.#positions.key(additional, method), { method }));
      else if ((methods as readonly string[]).includes(method.toLowerCase()) && method === method.toUpperCase()) {
        this.#sink.report(additionalMethod(this.#positions.key(additional, method), { method, key: method.toLowerCase() }));
      } else if (isObject(operation)) this.#querystrings(operation, shared, resolve);
    }
    for (const method of methods) {
      const operation = item[method];
      if (isObject(operation)) this.#querystrings(operation, shared, resolve);
    }
  }

  /** OpenAPI 3.2 §4.12.1: a querystring parameter is the whole query. */
  #querystrings(holder: JsonObject, inherited: readonly JsonObject[], resolve: Resolve): readonly JsonObject[] {
    const written: readonly JsonValue[] = Array.isArray(holder.parameters) ? holder.parameters : [];
    const own = written.map((each) => (isObject(each) ? resolve(each) : undefined)).filter((each) => each !== undefined);
    const all = [...own, ...inherited];
    const querystrings = all.filter((parameter) => parameter.in === "querystring");
    const query = all.filter((parameter) => parameter.in === "query");
    const other = querystrings[1] ?? query[0];
    if (own.length > 0 && querystrings[0] !== undefined && other !== undefined) {
      this.#isContradictory = true;
      const related = [{ origin: this.#positions.of(other), text: "beside this one" }];
      this.#sink.report(
        querystringAlone(this.#positions.of(querystrings[0]), { name: String(querystrings[0].name) }, { related }),
      );
    }
    return all;
  }

  #sequence(node: JsonObject, kind: SpecKind): void {
    for (const key of ["itemSchema", "itemEncoding", "prefixEncoding"])
      if (node[key] !== undefined) this.#note(key, () => this.#positions.key(node, key));
    if (kind === "encoding" && node.encoding !== undefined) this.#note("encoding", () => this.#positions.key(node, "encoding"));
  }
}

/** Before 3.1, nothing beside `$ref` has a meaning (OpenAPI 3.0.3 §4.7.23.1, JSON Reference). */
export const ignoresSiblings = (version: string): boolean => /^(2|3\.0)\./.test(version);

/** What is new in OpenAPI 3.2 and has no effect yet. */
const newFeatures = [
  ["querystring", "parameters `in: querystring`"],
  ["itemSchema", "`itemSchema`"],
  ["itemEncoding", "`itemEncoding`"],
  ["prefixEncoding", "`prefixEncoding`"],
  ["encoding", "`encoding` inside of an encoding"],
  ["defaultMapping", "`defaultMapping`"],
] as const;

/** RFC 9110 §5.6.2: names of fields and methods. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Keywords by which a schema refuses values; others are only notes for readers. */
const assertions = new Set([
  ...["type", "enum", "const", "nullable", "format", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"],
  ...["maxLength", "minLength", "pattern", "items", "maxItems", "minItems", "uniqueItems", "properties", "additionalProperties"],
  ...["required", "maxProperties", "minProperties", "allOf", "anyOf", "oneOf", "not"],
]);

/** Compared digit by digit. */
const bounds: ReadonlySet<string> = new Set(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]);

const numeric = ["default", "const", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
