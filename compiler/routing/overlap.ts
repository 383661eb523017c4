import type { RouteTrie } from "./route-trie.ts";
import { commonText, literalLength, matchesShape } from "./segment.ts";

/**
 * Two sets of routes of one tree whose paths meet. `same`: they have one path. `tied`: mixed segments with equally many
 * literal characters come first. `crossed`: `first` is more specific in an earlier segment, `second` in a later one.
 */
export type Meeting =
  | { readonly kind: "same"; readonly routes: readonly number[] }
  | { readonly kind: "tied" | "crossed"; readonly first: readonly number[]; readonly second: readonly number[] };

type Decided = "tied" | "crossed" | "first";

/** Walks a tree beside itself, only where paths can meet, so that the work follows the overlaps and not the pairs. */
export function* meetings(node: RouteTrie): Generator<Meeting> {
  if (node.ends.length > 1) yield { kind: "same", routes: node.ends };
  if (node.rest.length > 1) yield { kind: "same", routes: node.rest };
  for (const [text, child] of node.literals) {
    yield* meetings(child);
    for (const mixed of node.mixed) if (matchesShape(mixed.shape, text)) yield* decided(child, mixed.child, "first");
    if (node.any !== undefined && text !== "") yield* decided(child, node.any, "first");
  }
  for (const [index, mixed] of node.mixed.entries()) {
    yield* meetings(mixed.child);
    for (const other of node.mixed.slice(index + 1)) {
      if (commonText(mixed.shape, other.shape, "x") === undefined) continue;
      yield* decided(mixed.child, other.child, literalLength(mixed.shape) === literalLength(other.shape) ? "tied" : "first");
    }
    if (node.any !== undefined) yield* decided(mixed.child, node.any, "first");
  }
  if (node.any !== undefined) yield* meetings(node.any);
}

/** `a` was more specific, or tied, in an earlier segment. */
function* decided(a: RouteTrie, b: RouteTrie, how: Decided): Generator<Meeting> {
  if (how !== "first") {
    yield* meet(how, a.ends, b.ends);
    yield* meet(how, a.ends, b.rest);
    yield* meet(how, a.rest, b.rest);
  }
  if (how === "tied") for (const child of childrenOf(b)) yield* below(how, a.rest, child, false);
  if (how === "tied") for (const child of childrenOf(a)) yield* below(how, b.rest, child, true);
  if (how !== "tied" && a.rest.length > 0) {
    yield* meet("crossed", a.rest, b.ends);
    for (const child of childrenOf(b)) yield* below("crossed", a.rest, child, false);
  } else if (how === "tied") yield* meet(how, a.rest, b.ends);
  if (how === "crossed") for (const child of childrenOf(a)) yield* below(how, b.rest, child, true);

  const later: Decided = how === "tied" ? "tied" : "crossed";
  const [fewer, more] = a.literals.size <= b.literals.size ? [a.literals, b.literals] : [b.literals, a.literals];
  for (const text of fewer.keys()) if (more.has(text)) yield* decided(a.literals.get(text)!, b.literals.get(text)!, how);
  for (const [text, child] of a.literals) {
    for (const mixed of b.mixed) if (matchesShape(mixed.shape, text)) yield* decided(child, mixed.child, how);
    if (b.any !== undefined && text !== "") yield* decided(child, b.any, how);
  }
  for (const [text, child] of b.literals) {
    for (const mixed of a.mixed) if (matchesShape(mixed.shape, text)) yield* decided(mixed.child, child, later);
    if (a.any !== undefined && text !== "") yield* decided(a.any, child, later);
  }
  for (const left of a.mixed) {
    for (const right of b.mixed) {
      if (commonText(left.shape, right.shape, "x") === undefined) continue;
      yield* decided(left.child, right.child, literalLength(left.shape) < literalLength(right.shape) ? later : how);
    }
    if (b.any !== undefined) yield* decided(left.child, b.any, how);
  }
  if (a.any === undefined) return;
  for (const right of b.mixed) yield* decided(a.any, right.child, later);
  if (b.any !== undefined) yield* decided(a.any, b.any, how);
}

/** `**` meets everything below. `isFirst`: what is below belongs to the routes decided first. */
function* below(kind: "tied" | "crossed", rest: readonly number[], node: RouteTrie, isFirst: boolean): Generator<Meeting> {
  if (rest.length === 0) return;
  for (const found of [node.ends, node.rest]) yield* isFirst ? meet(kind, found, rest) : meet(kind, rest, found);
  for (const child of childrenOf(node)) yield* below(kind, rest, child, isFirst);
}

function* meet(kind: "tied" | "crossed", first: readonly number[], second: readonly number[]): Generator<Meeting> {
  if (first.length > 0 && second.length > 0) yield { kind, first, second };
}

function* childrenOf(node: RouteTrie): Generator<RouteTrie> {
  yield* node.literals.values();
  for (const { child } of node.mixed) yield child;
  if (node.any !== undefined) yield node.any;
}
