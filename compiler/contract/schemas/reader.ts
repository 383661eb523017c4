import { suggestion } from "../../diagnostics/suggest.ts";
import type { DiscriminatorIr, JsonSchema, PatternGuard, SchemaObject } from "../../ir/schema.ts";
import type { JsonObject, JsonValue } from "../../source/source-set.ts";
import { own as ownValue, setOwn } from "../../text/own.ts";
import { checkContradictions } from "./contradictions.ts";
import { isKnownDialect } from "./dialect.ts";
import { calledName, listedValues, ownListedValues, strayMappings, writtenDiscriminator } from "./discriminators.ts";
import { isKnownFormat, knownFormats, lenientFormats, misplacedFormat } from "./formats.ts";
import { type Content, replacements, silent, validating } from "./keywords.ts";
import {
  brokenDynamicRef,
  formatWithoutEffect,
  malformedKeyword,
  otherDialect,
  unknownFormat,
  unknownKeyword,
} from "./messages.gen.ts";
import { checkPattern } from "./pattern-check.ts";
import { plainView, refusal, waivedProperties } from "./read-write.ts";
import { isObject } from "./resources.ts";
import type { SchemaTable, SpecSchemas, Variant } from "./table.ts";
import { isJson, isTexts, isTypeName, typeNames } from "./written-values.ts";

type Draft = { -readonly [Key in keyof SchemaObject]: SchemaObject[Key] };

/** Reads one schema in one variant: keeps what validates, enters what it refers to, and warns of what is not enforced. */
export class Reader {
  readonly #table: SchemaTable;
  readonly #spec: SpecSchemas;
  readonly #variant: Variant;
  readonly #id: string;
  readonly #place: string;
  /** As written, before it was lowered: by what the tables know it. */
  readonly #root: JsonObject;

  constructor(table: SchemaTable, spec: SpecSchemas, variant: Variant, id: string, place: string, root: JsonObject) {
    this.#table = table;
    this.#spec = spec;
    this.#variant = variant;
    this.#id = id;
    this.#place = place;
    this.#root = root;
  }

  read(schema: JsonObject): JsonSchema {
    return this.#schema(schema, "", true, new Set());
  }

  /** `waived`: properties that a schema around this one, of which it is a part, does not ask for in this view. */
  #schema(node: JsonObject, path: string, isRoot: boolean, waived: ReadonlySet<string>): JsonSchema {
    const inner = isRoot ? this : this.#entering(node);
    if (inner !== this) return inner.#schema(node, path, false, waived);
    const draft: Draft = {};
    // OpenAPI 3.0.3 §4.7.23.1: what stands beside `$ref` is ignored.
    if (this.#spec.isOld && typeof node.$ref === "string") {
      this.#references(draft, node);
      return draft.$ref === undefined ? true : draft;
    }
    const guards: Record<string, PatternGuard> = {};
    const own = new Set([...waived, ...waivedProperties(node, this.#variant.view, (from) => this.#spec.target(from))]);
    for (const [keyword, value] of Object.entries(node)) {
      if (this.#isSilent(keyword, value) || keyword.startsWith("x-")) continue;
      const content = Object.hasOwn(validating, keyword) ? validating[keyword]! : undefined;
      if (content === undefined) {
        this.#once(`keyword ${keyword}`, () =>
          unknownKeyword(this.#table.positions.key(node, keyword), {
            keyword,
            suggestion: ownValue(replacements, keyword) ?? suggestion(keyword, knownKeywords),
          }),
        );
        continue;
      }
      this.#keyword(draft, node, keyword, content, value, `${path}.${keyword}`, isRoot, own, guards);
    }
    if (own.size > 0 && draft.required !== undefined) draft.required = draft.required.filter((name) => !own.has(name));
    if (draft.required?.length === 0) delete draft.required;
    this.#references(draft, node);
    this.#discriminator(draft, node, path, isRoot);
    this.#dialect(node);
    if (Object.keys(guards).length > 0) draft["x-gatewright-pattern-guards"] = guards;
    checkContradictions(draft, node, this.#table.positions, this.#table.sink);
    return Object.keys(draft).length === 0 ? true : draft;
  }

  /** `nullable: false` says what is so anyway. */
  #isSilent(keyword: string, value: JsonValue): boolean {
    return silent.has(keyword) || (keyword === "nullable" && (this.#spec.isOld || value !== true));
  }

  /** A schema with an `$id` opens its resource, whose anchors `$dynamicRef` sees from now on. */
  #entering(node: JsonObject): Reader {
    if (this.#spec.isOld || typeof node.$id !== "string") return this;
    const anchors = this.#spec.resourceOf(node)?.dynamicAnchors ?? new Map<string, JsonObject>();
    const { scope } = this.#variant;
    if ([...anchors.keys()].every((name) => scope.has(name))) return this;
    return this.#as({ ...this.#variant, scope: new Map([...anchors, ...scope]) });
  }

  #as(variant: Variant): Reader {
    return new Reader(this.#table, this.#spec, variant, this.#id, this.#place, this.#root);
  }

  /** What stands for a property that must not be sent. */
  #refused(part: JsonValue): JsonSchema | undefined {
    const flag = isObject(part) ? refusal(part, this.#variant.view, (from) => this.#spec.target(from)) : undefined;
    return flag === undefined ? undefined : { "x-gatewright-refused": flag };
  }

  #keyword(
    draft: Draft,
    node: JsonObject,
    keyword: string,
    content: Content,
    value: JsonValue,
    path: string,
    isRoot: boolean,
    waived: ReadonlySet<string>,
    guards: Record<string, PatternGuard>,
  ): void {
    const set = (read: unknown): void => {
      (draft as Record<string, unknown>)[keyword] = read;
    };
    const child = (part: JsonValue, name: string): JsonSchema => {
      const isPart = isRoot && keyword === "allOf";
      if (isPart && isObject(part)) {
        const parent = this.#parentRole(part);
        if (parent !== undefined) return { $ref: `#/${parent}` };
      }
      if (!isObject(part)) return part !== false;
      const refused = keyword === "properties" ? this.#refused(part) : undefined;
      if (refused !== undefined) return refused;
      // What only asks what a value is like forbids nothing (JSON Schema 2020-12 §7.7.1.1: `not` drops annotations).
      const reader =
        keyword === "not" || keyword === "if" ? this.#as({ ...this.#variant, view: plainView(this.#variant.view) }) : this;
      return reader.#schema(part, `${path}.${name}`, false, keyword === "allOf" ? waived : none);
    };
    const { positions, sink } = this.#table;
    const malformed = (expected: string, at = positions.value(node, keyword)): void =>
      sink.report(malformedKeyword(at, { keyword, expected }));
    const isSchema = (part: JsonValue | undefined): boolean => isObject(part) || typeof part === "boolean";
    switch (content) {
      case "schema":
        if (isSchema(value)) set(child(value, ""));
        else malformed("a schema");
        return;
      case "schemas":
        if (!Array.isArray(value) || value.length === 0 || !value.every(isSchema)) return malformed("a list of schemas");
        set(value.map((part, index) => child(part, String(index + 1))));
        return;
      case "schemaMap": {
        if (!isObject(value) || !Object.values(value).every(isSchema)) return malformed("a map of schemas");
        const members = Object.entries(value).flatMap(([name, part]): [string, JsonSchema][] => {
          const read = keyword === "patternProperties" ? this.#pattern(name, value, name, undefined, guards, true) : name;
          return read === undefined ? [] : [[read, child(part, name)]];
        });
        set(Object.fromEntries(members));
        return;
      }
      case "number":
        if (typeof value !== "number" || !Number.isFinite(value) || (keyword === "multipleOf" && value <= 0))
          malformed(keyword === "multipleOf" ? "a number above 0" : "a number");
        else {
          set(value);
          const digits = this.#digits(node, keyword, value);
          if (digits !== undefined) draft["x-gatewright-digits"] = { ...draft["x-gatewright-digits"], [keyword]: digits };
        }
        return;
      case "count":
        if (typeof value !== "number" || !Number.isInteger(value) || value < 0) malformed("a whole number from 0 on");
        else set(value);
        return;
      case "boolean":
        if (typeof value !== "boolean") malformed("`true` or `false`");
        else if (value) set(true);
        return;
      case "types": {
        const types = Array.isArray(value) ? value : [value];
        if (types.length === 0 || !types.every(isTypeName)) malformed(`one of ${typeNames.join(", ")}, or a list of them`);
        else set(typeof value === "string" ? value : types.length === 1 ? types[0] : types);
        return;
      }
      case "values":
        if (!Array.isArray(value)) return malformed("a list of values");
        for (const [index, one] of value.entries())
          if (!isJson(one)) malformed("a list of values that JSON has", positions.value(value, index));
        set(value.filter(isJson));
        return;
      case "value":
        if (isJson(value)) set(value);
        else malformed("a value that JSON has");
        return;
      case "texts":
        if (!isTexts(value)) malformed("a list of names");
        else set([...new Set(value)]);
        return;
      case "textLists":
        if (!isObject(value) || !Object.values(value).every(isTexts)) malformed("a map of lists of names");
        else set(value);
        return;
      case "text":
        if (typeof value !== "string") malformed("text");
        else if (keyword === "pattern") {
          const pattern = this.#pattern(value, node, "pattern", node.maxLength, guards, false);
          if (pattern !== undefined) set(pattern);
        } else if (isKnownFormat(value)) {
          const lenient = this.#variant.lenient.find((name) => name === value);
          set(lenient === undefined ? value : lenientFormats[lenient]);
          const misplaced = misplacedFormat(value, node.type);
          if (misplaced !== undefined)
            this.#once(`format ${value} of ${misplaced.type}`, () =>
              formatWithoutEffect(positions.value(node, "format"), { format: value, ...misplaced }),
            );
        } else {
          const near = suggestion(value, knownFormats());
          this.#once(`format ${value}`, () =>
            unknownFormat(this.#table.positions.value(node, keyword), {
              format: value,
              suggestion: near,
            }),
          );
        }
        return;
    }
  }

  /** Of a bound; before 3.1 that of an exclusive one stands under `minimum` or `maximum`. */
  #digits(node: JsonObject, keyword: string, value: number): string | undefined {
    if (Number.isSafeInteger(value) || !Number.isInteger(value)) return undefined;
    const { positions } = this.#table;
    const inclusive = keyword.replace(/^exclusiveM/, "m");
    return positions.digits(positions.value(node, keyword)) ?? positions.digits(positions.value(node, inclusive));
  }

  /** In the terms of ECMAScript; undefined where it cannot be enforced, which is reported. */
  #pattern(
    written: string,
    holder: JsonObject,
    key: string,
    maxLength: JsonValue | undefined,
    guards: Record<string, PatternGuard>,
    isKey: boolean,
  ): string | undefined {
    const { positions, sink } = this.#table;
    const at = isKey ? positions.key(holder, key) : positions.value(holder, key);
    const checked = checkPattern(written, typeof maxLength === "number" ? maxLength : undefined, at, sink);
    if (checked === undefined) return undefined;
    const { pattern, matching } = checked;
    if (matching.by === "bounded") setOwn<PatternGuard>(guards, pattern, matching.limit);
    else if (matching.by === "linear") setOwn<PatternGuard>(guards, pattern, "linear");
    return pattern;
  }

  #references(draft: Draft, node: JsonObject): void {
    const targets: string[] = [];
    if (typeof node.$ref === "string") {
      const target = this.#spec.target(node);
      // A broken reference was reported when the spec was read.
      if (target !== undefined)
        targets.push(
          `#/${this.#table.enter(this.#spec, node.$dynamicRef === undefined && Object.keys(node).length === 1 ? node : target, this.#whole(), this.#named(node.$ref), this.#place)}`,
        );
    }
    if (typeof node.$dynamicRef === "string") {
      const target = this.#dynamicTarget(node, node.$dynamicRef);
      const at = this.#table.positions.value(node, "$dynamicRef");
      if (target === undefined)
        this.#once(`${at.file} ${at.start}`, () => brokenDynamicRef(at, { ref: node.$dynamicRef as string }));
      else targets.push(`#/${this.#table.enter(this.#spec, target, this.#whole(), this.#named(node.$dynamicRef), this.#place)}`);
    }
    if (targets[0] !== undefined) draft.$ref = targets[0];
    if (targets[1] !== undefined) draft.allOf = [...(draft.allOf ?? []), { $ref: targets[1] }];
  }

  /** JSON Schema 2020-12 §8.2.3.2: where the target has a dynamic anchor of that name, the outermost one counts. */
  #dynamicTarget(node: JsonObject, ref: string): JsonValue | undefined {
    const target = this.#spec.resources.target(node, ref);
    const name = ref.slice(ref.indexOf("#") + 1);
    if (!isObject(target) || target.$dynamicAnchor !== name) return target;
    return this.#variant.scope.get(name) ?? target;
  }

  #whole = (): Variant => ({ ...this.#variant, role: "whole" });

  #named = (ref: string): string => `${this.#spec.scope}.${calledName(ref) || "schema"}`;

  /** In an heir, the schema it inherits from must not ask which of its heirs the value is. */
  #parentRole(part: JsonObject): string | undefined {
    const parent = typeof part.$ref === "string" ? this.#spec.target(part) : undefined;
    if (
      !isObject(parent) ||
      writtenDiscriminator(parent.discriminator) === undefined ||
      parent.oneOf !== undefined ||
      parent.anyOf !== undefined
    )
      return undefined;
    if (!this.#spec.inheritance.isHeir(this.#root, parent)) return undefined;
    return this.#table.enter(this.#spec, part, { ...this.#variant, role: "own" }, this.#named(part.$ref as string), this.#place);
  }

  #discriminator(draft: Draft, node: JsonObject, path: string, isRoot: boolean): void {
    const written = writtenDiscriminator(node.discriminator);
    if (written === undefined || this.#variant.role === "own") return;
    const listed = Array.isArray(node.oneOf) ? node.oneOf : Array.isArray(node.anyOf) ? node.anyOf : undefined;
    const family = [{ name: this.#spec.componentName(this.#root) ?? "" }, ...this.#spec.inheritance.heirsOf(this.#root)];
    for (const [place, diagnostic] of isRoot || listed !== undefined
      ? strayMappings(node, listed, family, this.#table.positions)
      : [])
      this.#once(place, () => diagnostic);
    if (listed !== undefined) {
      const discriminator = this.#amongAlternatives(written.property, written.mapping, listed, path);
      if (discriminator === undefined) return;
      draft["x-gatewright-discriminator"] = discriminator;
      if (discriminator.otherwise === "refused") delete draft[Array.isArray(node.oneOf) ? "oneOf" : "anyOf"];
    } else if (isRoot) this.#amongHeirs(draft, written.property, written.mapping);
  }

  /** A value leads to the alternative that lists it, that `mapping` gives it to, or that is called by it. */
  #amongAlternatives(
    property: string,
    mapping: Readonly<Record<string, string>>,
    alternatives: readonly JsonValue[],
    path: string,
  ): DiscriminatorIr | undefined {
    const follow = (from: JsonObject): JsonValue | undefined => this.#spec.target(from);
    const cases: Record<string, string> = {};
    let isComplete = true;
    for (const [index, part] of alternatives.entries()) {
      if (!isObject(part)) return undefined;
      const called = typeof part.$ref === "string" ? calledName(part.$ref) : undefined;
      const values = new Set(listedValues(part, property, follow));
      const mapped = Object.entries(mapping).filter(
        ([, target]) => target === part.$ref || (called !== undefined && calledName(target) === called),
      );
      if (values.size === 0) for (const [value] of mapped) values.add(value);
      if (values.size === 0) {
        isComplete = false;
        if (called !== undefined) values.add(called);
      }
      if (values.size === 0) continue;
      const name = `${this.#id}${path}.option${index + 1}`;
      const target = `#/${this.#table.enter(this.#spec, part, this.#whole(), name, `${this.#place}${path}.${index}`)}`;
      for (const value of values) {
        // Two alternatives for one value: the property does not tell them apart.
        if (Object.hasOwn(cases, value) && cases[value] !== target) return undefined;
        setOwn(cases, value, target);
      }
    }
    return Object.keys(cases).length === 0 ? undefined : { property, cases, otherwise: isComplete ? "refused" : "alternatives" };
  }

  /** OpenAPI 3.0.3 §4.7.25: a schema that others are made of by `allOf` stands for all of them. */
  #amongHeirs(draft: Draft, property: string, mapping: Readonly<Record<string, string>>): void {
    const follow = (from: JsonObject): JsonValue | undefined => this.#spec.target(from);
    const heirs = this.#spec.inheritance.heirsOf(this.#root);
    if (heirs.length === 0) return;
    const cases = new Map<string, string>();
    const own = this.#table.enter(this.#spec, this.#root, { ...this.#variant, role: "own" }, this.#id, this.#place);
    const ownName = this.#spec.componentName(this.#root);
    const ownValues = Object.entries(mapping)
      .filter(([, target]) => calledName(target) === ownName)
      .map(([value]) => value);
    for (const value of ownValues.length > 0 ? ownValues : ownName === undefined ? [] : [ownName]) cases.set(value, `#/${own}`);
    for (const { name, node } of heirs) {
      const mapped = Object.entries(mapping)
        .filter(([, target]) => calledName(target) === name)
        .map(([value]) => value);
      const listed = ownListedValues(node, property, follow);
      const target = `#/${this.#table.enter(this.#spec, node, this.#whole(), this.#named(name), name)}`;
      for (const value of mapped.length > 0 ? mapped : (listed ?? [name])) cases.set(value, target);
    }
    for (const key of Object.keys(draft)) delete draft[key as keyof SchemaObject];
    draft["x-gatewright-discriminator"] = {
      property,
      cases: Object.fromEntries(cases),
      otherwise: "refused",
    };
  }

  #dialect(node: JsonObject): void {
    const { $schema } = node;
    if (typeof $schema !== "string" || this.#spec.isOld || isKnownDialect($schema)) return;
    const at = this.#table.positions.value(node, "$schema");
    this.#once(`dialect ${$schema}`, () => otherDialect(at, { keyword: "$schema", dialect: $schema }));
  }

  #once(what: string, make: () => Parameters<SchemaTable["sink"]["report"]>[0]): void {
    if (this.#spec.warned.has(what)) return;
    this.#spec.warned.add(what);
    this.#table.sink.report(make());
  }
}

const knownKeywords = Object.keys(validating);
const none: ReadonlySet<string> = new Set();
