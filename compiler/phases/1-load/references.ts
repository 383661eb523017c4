import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Positions } from "../../ir/positions.ts";
import { isObject, kindOf, words } from "../../source/json-kind.ts";
import { definitionBelow, followPointer, type ParsedRef, parseRef } from "../../source/json-pointer.ts";
import type { JsonObject, JsonValue } from "../../source/source-set.ts";
import { type Child, type Grammar, grammar as openapi, type SpecKind } from "../../source/spec-grammar.ts";
import { isFieldOf } from "../../text/openapi/is-field.ts";
import { list } from "../../text/words.ts";
import {
  brokenRef,
  looseRef,
  misplacedRef,
  notAFragment,
  refCycle,
  refNotText,
  refTargetKind,
  remoteRef,
  remoteSchemaRef,
  specWrongType,
} from "./messages.gen.ts";
import { SchemaIds } from "./schema-ids.ts";

/** The documents among which references are followed. */
export interface Trees {
  tree(path: string): JsonValue | undefined;
  isLoaded(path: string): boolean;
  load(path: string, mention: Origin): Promise<JsonValue | undefined>;
}

export interface WalkOptions {
  readonly visit?: (node: JsonObject, kind: SpecKind) => void;
  readonly alone?: boolean;
}

/** Follows `$ref` within and across files, reads the files that are named, and reports references that lead nowhere. */
export class References {
  readonly #files: Trees;
  readonly #positions: Positions;
  readonly #sink: DiagnosticSink;
  readonly #grammar: Grammar;
  /** Files by the address that a document gives itself (`$self`, OpenAPI 3.2 §4.1.2). */
  readonly #selves = new Map<string, string>();
  readonly #ids = new SchemaIds();
  /** Schemas have an `$id` since 3.1, where they may have keywords beside `$ref`. */
  #haveIds = false;
  readonly #visited = new Set<object>();
  /** The value at the other end of each followed reference; undefined where it is broken. */
  readonly #targets = new Map<JsonObject, JsonObject | undefined>();
  /** References to one place share one look-up; by file and reference. */
  readonly #lookups = new Map<string, Map<string, JsonValue | undefined>>();
  /** References that are being looked up. */
  readonly #asking = new Set<JsonObject>();

  constructor(files: Trees, positions: Positions, sink: DiagnosticSink, grammar: Grammar = openapi) {
    this.#files = files;
    this.#positions = positions;
    this.#sink = sink;
    this.#grammar = grammar;
  }

  /**
   * Visits everything reachable from a node and loads the files on the way.
   *
   * @param options.visit hears of each node once
   * @param options.alone whether what stands beside the `$ref` of a schema is ignored, and so taken out of the tree
   */
  async walk(root: JsonObject, rootKind: SpecKind, options: WalkOptions = {}): Promise<void> {
    const { visit, alone = false } = options;
    this.#haveIds = !alone;
    const settle = (holder: JsonObject, key: string, kind: SpecKind): JsonValue =>
      alone && kind === "schema" ? this.#alone(holder, key, visit) : holder[key]!;
    const grammar = this.#grammar;
    const followed: { readonly node: JsonObject; readonly kind: SpecKind }[] = [];
    const loose: { readonly node: JsonObject; readonly key: string }[] = [];
    const nodes: JsonValue[] = [root];
    const kinds: SpecKind[] = [rootKind];
    while (nodes.length > 0) {
      const node = nodes.pop()!;
      const kind = kinds.pop()!;
      if (!isObject(node) || this.#visited.has(node)) continue;
      this.#visited.add(node);
      visit?.(node, kind);
      const { reference, fields, rest } = grammar[kind];
      if (reference && node.$ref !== undefined) {
        if (typeof node.$ref === "string") {
          followed.push({ node, kind });
          const target = await this.#target(node, node.$ref, kind);
          this.#targets.set(node, target);
          if (target !== undefined) {
            nodes.push(target);
            kinds.push(kind);
          }
        } else
          this.#sink.report(
            refNotText(this.#positions.value(node, "$ref"), { noun: grammar[kind].noun, found: words[kindOf(node.$ref)] }),
          );
      }
      for (const key in node) {
        const child = Object.hasOwn(fields, key) ? fields[key]! : key.startsWith("x-") ? undefined : rest;
        if (child === undefined) continue;
        const value = node[key]!;
        if (typeof value !== "object" || value === null) continue;
        if (child.shape === "one" && !Array.isArray(value)) {
          nodes.push(
            grammar[child.kind].reference ? settle(node, key, child.kind) : await this.#settled(node, key, child, loose),
          );
          kinds.push(child.kind);
          continue;
        }
        const items = child.shape === "map" ? await this.#settled(node, key, child, loose) : value;
        for (const [name, item] of Object.entries(items as JsonObject)) {
          // `true` and `false` are schemas too (JSON Schema 2020-12 §4.3.2).
          if (child.kind === "schema" && !isObject(item) && typeof item !== "boolean") {
            const values = { name: `${key}.${name}`, expected: "a schema", found: words[kindOf(item)] };
            this.#sink.report(specWrongType(this.#positions.value(items as JsonObject, name), values));
            continue;
          }
          if (typeof item !== "object" || item === null || (mayBeExtended(child.kind) && name.startsWith("x-"))) continue;
          nodes.push(settle(items as JsonObject, name, child.kind));
          kinds.push(child.kind);
        }
      }
    }
    const places = loose
      .map(({ node, key }) => ({ key, at: this.#positions.key(node, "$ref") }))
      .sort((a, b) => byPlace(a.at, b.at));
    const [first, ...others] = places;
    if (first !== undefined) {
      const more = others.length === 0 ? "" : `, and ${others.length} more like it`;
      this.#sink.report(looseRef(first.at, { key: first.key, more }));
    }
    for (const { node, kind } of followed) this.#checkCycle(node, kind);
  }

  /** Makes references to an address lead to a file. */
  name(address: string, file: string): void {
    this.#selves.set(address, file);
  }

  #parsed(ref: string, from: string): ParsedRef {
    const parsed = parseRef(ref, from);
    return parsed.file === undefined ? { file: this.#selves.get(ref.split("#")[0]!), fragment: parsed.fragment } : parsed;
  }

  #alone(holder: JsonObject, key: string, visit: WalkOptions["visit"]): JsonValue {
    const written = holder[key]!;
    if (!isObject(written) || typeof written.$ref !== "string" || Object.keys(written).length === 1) return written;
    visit?.(written, "schema");
    const reference: JsonObject = { $ref: written.$ref };
    this.#positions.inherit(reference, written);
    const kept = written.nullable === true || written["x-nullable"] === true ? this.#orNull(reference, written) : reference;
    // The tree is ours and not handed out yet.
    (holder as { [key: string]: JsonValue })[key] = kept;
    return kept;
  }

  /** Generators write `nullable` beside `$ref`, where it is ignored by the letter, and their services send null. */
  #orNull(reference: JsonObject, written: JsonObject): JsonObject {
    const parts = [reference];
    const kept: JsonObject = { nullable: true, allOf: parts };
    this.#positions.inherit(parts, written);
    this.#positions.inherit(kept, written);
    return kept;
  }

  /** Follows `$ref` (and refs to refs); undefined where loading reported it broken. */
  resolve(node: JsonObject, base?: string): JsonObject | undefined {
    const seen = new Set<JsonObject>();
    let current: JsonObject | undefined = node;
    while (current !== undefined && typeof current.$ref === "string") {
      if (seen.has(current)) return undefined;
      seen.add(current);
      current = this.#targets.has(current)
        ? this.#targets.get(current)
        : this.#lookedUp(current, current === node ? base : undefined);
    }
    return current;
  }

  /**
   * The value under a key where OpenAPI has no Reference Object. Many specs that are assembled from files have a `$ref`
   * there all the same (for an operation, for all paths), and tools follow it; its target takes its place in the tree.
   */
  async #settled(
    holder: JsonObject,
    key: string,
    { kind, shape }: Child,
    loose: { readonly node: JsonObject; readonly key: string }[],
  ): Promise<JsonValue> {
    const written = holder[key]!;
    if (!isObject(written) || typeof written.$ref !== "string") return written;
    if (Object.keys(written).length > 1) {
      this.#sink.report(misplacedRef(this.#positions.key(written, "$ref"), { key }));
      return written;
    }
    loose.push({ node: written, key });
    const seen = new Set<JsonValue>();
    let target: JsonObject | undefined = written;
    while (target !== undefined && typeof target.$ref === "string") {
      if (seen.has(target)) {
        this.#sink.report(
          refCycle(this.#positions.value(written, "$ref"), { ref: written.$ref, noun: this.#grammar[kind].noun }),
        );
        return written;
      }
      seen.add(target);
      target = await this.#target(target, target.$ref, kind, shape === "map");
    }
    // A broken one is reported, and the tree keeps it.
    if (target === undefined) return written;
    // In its own place the target would never end.
    if (contains(target, holder)) {
      this.#sink.report(refCycle(this.#positions.value(written, "$ref"), { ref: written.$ref, noun: this.#grammar[kind].noun }));
      return written;
    }
    // The tree is ours and not handed out yet.
    (holder as { [key: string]: JsonValue })[key] = target;
    return target;
  }

  /** What the `$ref` of a node names itself; for schemas, which may be `true` or `false` and have keywords beside it. */
  target(node: JsonObject, base?: string): JsonValue | undefined {
    return this.#targets.get(node) ?? this.#valueAt(node, base);
  }

  /** For a reference that was not walked, because it stands where OpenAPI has none. */
  #lookedUp(node: JsonObject, base: string | undefined): JsonObject | undefined {
    // A pointer may lead through the reference itself.
    if (this.#asking.has(node)) return undefined;
    this.#asking.add(node);
    const value = this.#valueAt(node, base);
    this.#asking.delete(node);
    return isObject(value) ? value : undefined;
  }

  #valueAt(node: JsonObject, base: string | undefined): JsonValue | undefined {
    const from = base ?? this.#positions.fileOf(node);
    if (from === undefined) return undefined;
    const { file, fragment } = this.#parsed(node.$ref as string, from);
    const tree = file === undefined ? undefined : this.#files.tree(file);
    if (tree === undefined) return undefined;
    if (fragment !== "" && !fragment.startsWith("/")) return findAnchor(tree, fragment);
    return followPointer(tree, fragment, (through) => this.resolve(through)).value;
  }

  /** @param isMap objects of the kind by name are wanted, and not one of them */
  async #target(node: JsonObject, ref: string, kind: SpecKind, isMap = false): Promise<JsonObject | undefined> {
    const from = this.#positions.fileOf(node)!;
    let known = this.#lookups.get(from);
    if (known === undefined) this.#lookups.set(from, (known = new Map()));
    const named = kind === "schema" && this.#haveIds ? this.#byId(node, ref, from) : undefined;
    const value = named ?? known.get(ref) ?? (await this.#find(node, ref, from, kind));
    if (value === undefined) return undefined;
    if (named === undefined) known.set(ref, value);
    if (isObject(value)) return isMap || this.#isFragment(node, ref, kind, value) ? value : undefined;
    // `true` and `false` are schemas too (JSON Schema 2020-12 §4.3.2), with nothing in them to visit.
    if (kind === "schema" && typeof value === "boolean") return undefined;
    this.#sink.report(
      refTargetKind(this.#positions.value(node, "$ref"), { ref, noun: this.#grammar[kind].noun, found: words[kindOf(value)] }),
    );
    return undefined;
  }

  #byId(node: JsonObject, ref: string, from: string): JsonValue | undefined {
    const tree = this.#files.tree(from);
    if (tree !== undefined) this.#ids.index(from, tree);
    return this.#ids.target(node, ref, (through) => this.resolve(through));
  }

  /** A file that was named by mistake, or by somebody who wants to see what is in it, has nothing that a schema has. */
  #isFragment(node: JsonObject, ref: string, kind: SpecKind, value: JsonObject): boolean {
    if (this.#positions.fileOf(value) === this.#positions.fileOf(node)) return true;
    const keys = Object.keys(value);
    if (keys.length === 0 || keys.some((key) => isFieldOf(kind, key) && !isOtherType(kind, key, value[key]!))) return true;
    const shown = keys.slice(0, 3).map((key) => `\`${key}\``);
    const values = {
      ref,
      noun: this.#grammar[kind].noun,
      keys: list(keys.length > 3 ? [...shown, `${keys.length - 3} more`] : shown),
    };
    this.#sink.report(notAFragment(this.#positions.value(node, "$ref"), values));
    return false;
  }

  async #find(node: JsonObject, ref: string, from: string, kind: SpecKind): Promise<JsonValue | undefined> {
    const at = this.#positions.value(node, "$ref");
    const { file, fragment } = this.#parsed(ref, from);
    if (file === undefined) {
      const report = this.#grammar[kind].vital ? remoteRef : remoteSchemaRef;
      this.#sink.report(report(at, { ref, noun: this.#grammar[kind].noun }));
      return undefined;
    }
    const tree = this.#files.isLoaded(file) ? this.#files.tree(file) : await this.#files.load(file, at);
    if (tree === undefined) return undefined;
    if (fragment !== "" && !fragment.startsWith("/")) {
      const anchored = kind === "schema" ? findAnchor(tree, fragment) : undefined;
      if (anchored === undefined)
        this.#sink.report(
          brokenRef(at, { ref, noun: this.#grammar[kind].noun, suggestion: "A pointer begins with a slash: `#/components/…`." }),
        );
      return anchored;
    }
    const found = followPointer(tree, fragment, (through) => this.resolve(through));
    if (found.value === undefined) {
      const place = file === from ? "this file" : `\`${file}\``;
      const meant = definitionBelow(tree, fragment) ?? ("near" in found ? found.near : undefined);
      const near =
        meant === undefined ? `Nothing of a similar name is in ${place}.` : `Did you mean \`"${ref.split("#")[0]}#${meant}"\`?`;
      this.#sink.report(brokenRef(at, { ref, noun: this.#grammar[kind].noun, suggestion: near }));
    }
    return found.value;
  }

  /** A chain of references that never comes to anything. A schema that contains itself is fine. */
  #checkCycle(node: JsonObject, kind: SpecKind): void {
    const seen = new Set<JsonObject>();
    let current: JsonObject | undefined = node;
    while (current !== undefined && typeof current.$ref === "string") {
      if (seen.has(current)) {
        if (current === node)
          this.#sink.report(refCycle(this.#positions.value(node, "$ref"), { ref: current.$ref, noun: this.#grammar[kind].noun }));
        return;
      }
      seen.add(current);
      current = this.#targets.get(current);
    }
  }
}

/** `type` is a field of much that is no schema: accounts, secrets, events. */
const isOtherType = (kind: SpecKind, key: string, value: JsonValue): boolean =>
  kind === "schema" && key === "type" && typeof value === "string" && !schemaTypes.has(value);

const schemaTypes = new Set(["string", "number", "integer", "boolean", "object", "array", "null", "file"]);

const byPlace = (a: Origin, b: Origin): number => (a.file === b.file ? a.start - b.start : a.file < b.file ? -1 : 1);

/** Maps of these may hold `x-` extensions; in other maps such a key is a name like any other. */
const mayBeExtended = (kind: SpecKind): boolean => kind === "pathItem" || kind === "response";

/** Whether `part` stands anywhere in a tree. */
function contains(tree: JsonValue, part: JsonObject): boolean {
  const stack: JsonValue[] = [tree];
  const seen = new Set<JsonValue>();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node === part) return true;
    if (typeof node !== "object" || node === null || seen.has(node)) continue;
    seen.add(node);
    for (const inner of Object.values(node)) stack.push(inner);
  }
  return false;
}

/** `$anchor` (JSON Schema 2020-12 §8.2.2) anywhere in a document. */
function findAnchor(tree: JsonValue, name: string): JsonObject | undefined {
  const stack: JsonValue[] = [tree];
  const seen = new Set<JsonValue>();
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (typeof node !== "object" || node === null || seen.has(node)) continue;
    seen.add(node);
    if (isObject(node) && (node.$anchor === name || node.$dynamicAnchor === name)) return node;
    for (const inner of Object.values(node)) stack.push(inner);
  }
  return undefined;
}
