import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Positions } from "../../ir/positions.ts";
import { isObject } from "../../source/json-kind.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import { list } from "../../text/words.ts";
import { writeOutAnyMethod } from "./any-method.ts";
import { isOtherDocument } from "./document-kind.ts";
import { type Fence, fenced } from "./fence.ts";
import { localPath } from "./local-path.ts";
import { collectionFormat, notASpec, unreadBody } from "./messages.gen.ts";
import { OverlaidDocument } from "./overlay/apply-overlay.ts";
import { type CheckShape, overlayActions } from "./overlay/overlay-file.ts";
import { References, type Trees } from "./references.ts";
import type { SourceFiles } from "./source-files.ts";
import { checkSpec } from "./spec-check.ts";
import { SpecFields } from "./spec-fields.ts";
import { ignoresSiblings, SpecNotes } from "./spec-notes.ts";
import { specVersion } from "./spec-version.ts";
import { swaggerGrammar } from "./swagger-2/swagger-grammar.ts";
import { SwaggerSpec } from "./swagger-2/swagger-spec.ts";

/** Reads the specs of a gateway, each with its overlays, and brings every version to the shape of OpenAPI 3.1. */
export class Specs {
  readonly #files: SourceFiles;
  /** What references may reach of them. */
  readonly #reachable: Trees;
  readonly #positions: Positions;
  /** Where the specs are named. */
  readonly #mentions: Positions;
  readonly #textOf: (origin: Origin) => string;
  readonly #shaped: CheckShape;
  readonly #sink: DiagnosticSink;
  /** Specs without overlays share what is known of files that they share. */
  readonly #references: References;
  readonly all = new Map<string, SpecSource>();

  constructor(
    files: SourceFiles,
    fence: Fence,
    positions: Positions,
    mentions: Positions,
    textOf: (origin: Origin) => string,
    shaped: CheckShape,
    sink: DiagnosticSink,
  ) {
    this.#files = files;
    this.#reachable = fenced(files, fence, sink);
    this.#positions = positions;
    this.#mentions = mentions;
    this.#textOf = textOf;
    this.#shaped = shaped;
    this.#sink = sink;
    this.#references = new References(this.#reachable, positions, sink);
  }

  async load({ name, file, overlays, written, version, nullableEnums }: SpecMention): Promise<void> {
    if (this.all.has(name)) return;
    const tree = await this.#files.load(file, this.#mentions.value(version, "spec"));
    const document = tree === undefined ? undefined : await this.#overlaid(tree, file, overlays, written);
    if (document === undefined) return;
    if (!isObject(document)) {
      this.#sink.report(notASpec(this.#positions.range(file, 0, 0), { file }));
      return;
    }
    if (isOtherDocument(document, "spec", file, this.#positions.range(file, 0, 0), this.#sink)) return;
    const openapi = specVersion(document, file, this.#positions, this.#sink);
    if (openapi === undefined) return;
    const trees = overlays.length === 0 ? this.#reachable : withTree(this.#reachable, file, document);
    const read = openapi.startsWith("2.")
      ? await this.#swagger(file, openapi, document, trees)
      : await this.#openapi(file, openapi, document, trees);
    if (read === undefined) return;
    const spec: SpecSource = nullableEnums === undefined ? read : { ...read, nullableEnums };
    checkSpec(spec, this.#positions, (block, blockName, at) => this.#shaped(block, "policies", blockName, at), this.#sink);
    this.all.set(name, spec);
  }

  /** Before anything else looks at the document. */
  async #overlaid(
    document: JsonValue,
    file: string,
    overlays: readonly string[],
    mentions: readonly JsonValue[],
  ): Promise<JsonValue | undefined> {
    const overlaid = new OverlaidDocument(document, file, this.#positions, this.#textOf, this.#sink);
    let isComplete = true;
    for (const [index, path] of overlays.entries()) {
      const tree = await this.#files.load(path, this.#mentions.value(mentions, index));
      const actions =
        tree === undefined ? undefined : overlayActions(tree, path, file, this.#positions, this.#shaped, this.#sink);
      if (actions === undefined) isComplete = false;
      for (const action of actions ?? []) overlaid.apply(action);
    }
    return isComplete ? overlaid.root : undefined;
  }

  async #openapi(file: string, openapi: string, document: JsonObject, trees: Trees): Promise<SpecSource> {
    const references = trees === this.#reachable ? this.#references : new References(trees, this.#positions, this.#sink);
    if (typeof document.$self === "string") references.name(document.$self, file);
    await this.#walk(references, document, openapi);
    return {
      file,
      openapi,
      document,
      resolve: (node, base) => references.resolve(node, base),
      target: (node, base) => references.target(node, base),
    };
  }

  async #swagger(file: string, openapi: string, document: JsonObject, trees: Trees): Promise<SpecSource | undefined> {
    const references = new References(trees, this.#positions, this.#sink, swaggerGrammar);
    await this.#walk(references, document, openapi);
    const swagger = new SwaggerSpec(file, document, references, trees, this.#positions);
    const [first, ...others] = swagger.parameters.unenforced;
    if (first !== undefined) {
      const more = others.length === 0 ? "" : `, nor are ${others.length} more like it`;
      this.#sink.report(collectionFormat(first.at, { name: first.name, format: first.format, more }));
    }
    for (const { at, name, instead } of swagger.unreadBodies) this.#sink.report(unreadBody(at, { name, instead }));
    return {
      file,
      openapi,
      document: swagger.document,
      resolve: (node) => swagger.resolve(node),
      target: (node) => swagger.target(node),
    };
  }

  async #walk(references: References, document: JsonObject, openapi: string): Promise<void> {
    const notes = new SpecNotes(openapi, this.#positions, this.#textOf, this.#sink);
    const fields = new SpecFields(openapi, this.#positions, this.#sink);
    await references.walk(document, "document", {
      visit: (node, kind) => {
        if (kind === "pathItem") writeOutAnyMethod(node, this.#positions);
        notes.visit(node, kind);
        fields.visit(node, kind);
      },
      alone: ignoresSiblings(openapi),
    });
    notes.report((node) => references.resolve(node));
    fields.report();
  }
}

/** What an API version says of its spec. */
export interface SpecMention {
  /** In this map of specs. With overlays it is another spec than without them, so its name says which they are. */
  readonly name: string;
  readonly file: string;
  readonly overlays: readonly string[];
  /** The list of overlays, for its places. */
  readonly written: readonly JsonValue[];
  readonly nullableEnums?: "allow" | "refuse";
  readonly version: JsonObject;
}

/** The spec that an API version names, whose `spec` becomes the name of it; undefined where that is reported as wrong. */
export function specMention(version: JsonObject, positions: Positions, sink: DiagnosticSink): SpecMention | undefined {
  const file = localPath(version, "spec", positions, sink);
  if (file === undefined) return undefined;
  const written: readonly JsonValue[] = Array.isArray(version.overlays) ? version.overlays : [];
  const overlays = written.flatMap((_, index) => localPath(written, index, positions, sink) ?? []);
  if (overlays.length < written.length) return undefined;
  const changed = overlays.length === 0 ? file : `${file} with ${list(overlays)}`;
  const { nullableEnums: nulls } = version;
  const nullableEnums = nulls === "allow" || nulls === "refuse" ? nulls : undefined;
  // Read in another way, it is another spec too.
  const name = nullableEnums === undefined ? changed : `${changed} (nullableEnums: ${nullableEnums})`;
  (version as { [key: string]: JsonValue }).spec = name;
  return { name, file, overlays, written, version, ...(nullableEnums === undefined ? {} : { nullableEnums }) };
}

/** The files with another tree for one of them. */
const withTree = (files: Trees, path: string, tree: JsonValue): Trees => ({
  tree: (file) => (file === path ? tree : files.tree(file)),
  isLoaded: (file) => file === path || files.isLoaded(file),
  load: (file, mention) => (file === path ? Promise.resolve(tree) : files.load(file, mention)),
});
