import type { JsonSchema } from "../../../schema/schemas.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { ConfigIr } from "../../ir/config.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Positions } from "../../ir/positions.ts";
import type { OptionIr, Scope } from "../../ir/step.ts";
import { contains, type PathGlob } from "../../routing/path-glob.ts";
import { own } from "../../text/own.ts";
import { fillDefaults, policySchema } from "./defaults.ts";
import type { EffectiveInstance, EffectivePolicy } from "./linked-gateway.ts";
import { idleOff, scopesDisagree } from "./messages.gen.ts";

/** One block of policies that applies to an operation. */
export interface Layer {
  readonly scope: Scope;
  /** Blocks of equal rank must not disagree; a higher rank is narrower and wins. */
  readonly rank: number;
  /** How messages name the block: `tags.write`. */
  readonly label: string;
  /** The paths that a block under `paths` is for: of equal ranks, one that is for fewer of them is narrower. */
  readonly glob?: PathGlob;
  readonly block: { readonly [policy: string]: unknown };
}

/** Where a value came from. */
interface Source {
  readonly scope: Scope;
  readonly label: string;
  readonly rank: number;
  readonly glob: PathGlob | undefined;
  readonly origin: Origin;
}

/** An option tree in which every node knows its source. Lists are replaced as a whole, objects member by member. */
type Tree =
  | { readonly kind: "scalar"; readonly source: Source; readonly value: unknown }
  | { readonly kind: "list"; readonly source: Source; readonly items: readonly Tree[] }
  | { readonly kind: "object"; readonly source: Source; readonly members: ReadonlyMap<string, Tree> };

/** Merges blocks of policies, and remembers which `off` had nothing to switch off. */
export class Merger {
  readonly #positions: Positions;
  readonly #sink: DiagnosticSink;
  /** Date whose defaults hold. */
  readonly #compatibility: string;
  /** By the place where it is written: whether some operation has more without it. */
  readonly #offs = new Map<string, { readonly source: Source; readonly policy: string; isUsed: boolean }>();

  constructor(positions: Positions, sink: DiagnosticSink, compatibility: string) {
    this.#positions = positions;
    this.#sink = sink;
    this.#compatibility = compatibility;
  }

  /** The blocks of one operation, widest first: objects key by key, everything else as a whole. */
  merge(layers: readonly Layer[], operation: string): EffectivePolicy[] {
    const merged = new Map<string, Tree>();
    const ordered = layers.toSorted((a, b) => a.rank - b.rank);
    for (const layer of ordered) {
      for (const [name, written] of Object.entries(layer.block)) {
        const tree = toTree(written, layer, this.#positions, layer.block, name);
        const before = merged.get(name);
        if (isOff(tree)) this.#noteOff(tree.source, name, before !== undefined);
        merged.set(name, before === undefined ? tree : combine(before, tree, name, operation, this.#sink));
      }
    }
    return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, tree]) => effective(name, tree, this.#compatibility));
  }

  /** Reports every `off` that changed nothing for any operation: what it was meant for has another name, or is gone. */
  reportIdleOffs(): void {
    for (const { source, policy, isUsed } of this.#offs.values())
      if (!isUsed) this.#sink.report(idleOff(source.origin, { policy, scope: source.label }));
  }

  #noteOff(source: Source, policy: string, isUsed: boolean): void {
    const { file, start } = source.origin;
    const key = `${file} ${start}`;
    const known = this.#offs.get(key) ?? { source, policy, isUsed: false };
    known.isUsed ||= isUsed;
    this.#offs.set(key, known);
  }
}

const isOff = (tree: Tree): boolean => tree.kind === "scalar" && tree.value === "off";

function toTree(value: unknown, layer: Layer, positions: Positions, container: object, key: string | number): Tree {
  const { scope, label, rank, glob } = layer;
  const source = { scope, label, rank, glob, origin: positions.value(container, key) };
  if (Array.isArray(value)) {
    return { kind: "list", source, items: value.map((item: unknown, index) => toTree(item, layer, positions, value, index)) };
  }
  if (!isObject(value)) return { kind: "scalar", source, value };
  const members = new Map(
    Object.entries(value).map(([member, inner]) => [member, toTree(inner, layer, positions, value, member)]),
  );
  const origin = typeof key === "string" ? positions.key(container, key) : source.origin;
  return { kind: "object", source: { ...source, origin }, members };
}

function combine(wide: Tree, narrow: Tree, path: string, operation: string, sink: DiagnosticSink): Tree {
  if (wide.kind === "object" && narrow.kind === "object" && !isWhole(path)) {
    const members = new Map(wide.members);
    for (const [name, tree] of narrow.members) {
      const before = members.get(name);
      members.set(name, before === undefined ? tree : combine(before, tree, `${path}.${name}`, operation, sink));
    }
    return { kind: "object", source: narrow.source, members };
  }
  if (!isNarrower(narrow.source, wide.source) && JSON.stringify(plain(wide)) !== JSON.stringify(plain(narrow))) {
    sink.report(
      scopesDisagree(
        narrow.source.origin,
        { option: path, operation, one: wide.source.label, other: narrow.source.label },
        { related: [{ origin: wide.source.origin, text: `${wide.source.label} says otherwise` }] },
      ),
    );
  }
  return narrow;
}

/** Blocks of paths are as wide as what they are for; two of which neither is for fewer paths have no order. */
function isNarrower(narrow: Source, wide: Source): boolean {
  if (narrow.rank !== wide.rank) return true;
  return (
    narrow.glob !== undefined && wide.glob !== undefined && contains(wide.glob, narrow.glob) && !contains(narrow.glob, wide.glob)
  );
}

/** Whether the schema says that an option is one of several alternatives (`x-whole`), whose members do not mix. */
function isWhole(path: string): boolean {
  const [policy = "", ...names] = path.split(".");
  let schema: JsonSchema | undefined = policySchema(policy).options;
  for (const name of names) schema = own(schema?.properties, name);
  return schema?.["x-whole"] === true;
}

function effective(name: string, tree: Tree, compatibility: string): EffectivePolicy {
  const base = { name, scope: tree.source.scope, origin: tree.source.origin };
  if (isOff(tree)) return { ...base, instances: [], off: true };
  if (tree.kind === "list" && policySchema(name).multiple) {
    return { ...base, instances: tree.items.map((item) => instanceOf(item, name, compatibility)), off: false };
  }
  return { ...base, instances: [instanceOf(tree, name, compatibility)], off: false };
}

function instanceOf(tree: Tree, name: string, compatibility: string): EffectiveInstance {
  const mode = tree.kind === "object" ? tree.members.get("mode") : undefined;
  const when = tree.kind === "object" ? tree.members.get("when") : undefined;
  const written = plain(tree);
  const value = fillDefaults(policySchema(name).options, isObject(written) ? withoutCommon(written) : written, compatibility);
  const options: OptionIr[] = [];
  const blocks = new Map<string, string>();
  collect(value, "", tree, options, blocks);
  const insideLists = new Map<string, Origin>();
  placesInLists(tree, "", false, insideLists);
  return {
    value,
    mode: mode?.kind === "scalar" && mode.value === "report" ? "report" : "enforce",
    when: when?.kind === "scalar" ? { text: String(when.value), origin: when.source.origin } : undefined,
    options,
    insideLists,
    blocks,
    origin: tree.source.origin,
  };
}

function placesInLists(tree: Tree, pointer: string, isInside: boolean, places: Map<string, Origin>): void {
  if (isInside) places.set(pointer, tree.source.origin);
  if (tree.kind === "list")
    for (const [index, item] of tree.items.entries()) placesInLists(item, `${pointer}/${index}`, true, places);
  if (tree.kind !== "object") return;
  for (const [key, member] of tree.members)
    placesInLists(member, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, isInside, places);
}

function collect(
  value: unknown,
  pointer: string,
  tree: Tree | undefined,
  options: OptionIr[],
  blocks: Map<string, string>,
): void {
  if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      const token = key.replaceAll("~", "~0").replaceAll("/", "~1");
      collect(inner, `${pointer}/${token}`, tree?.kind === "object" ? tree.members.get(key) : undefined, options, blocks);
    }
    return;
  }
  const from = tree === undefined ? { scope: "default" as const } : { scope: tree.source.scope, origin: tree.source.origin };
  if (tree !== undefined) blocks.set(pointer, tree.source.label);
  options.push({ pointer, value: value as ConfigIr, ...from });
}

function plain(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(plain);
  return Object.fromEntries([...tree.members].map(([key, inner]) => [key, plain(inner)]));
}

/** The options of the policy itself: without what every policy takes. */
function withoutCommon({ mode: _mode, when: _when, ...own }: { readonly [key: string]: unknown }): {
  readonly [key: string]: unknown;
} {
  return own;
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
