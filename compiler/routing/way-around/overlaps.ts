import type { RouteTrie } from "../route-trie.ts";
import { commonText, matchesShape } from "../segment.ts";

/** Every two sets of routes of two trees whose paths have one in common. */
export function* overlaps(a: RouteTrie, b: RouteTrie): Generator<readonly [readonly number[], readonly number[]]> {
  const endsOfB = [...b.ends, ...b.rest];
  if (a.ends.length + a.rest.length > 0 && endsOfB.length > 0) yield [[...a.ends, ...a.rest], endsOfB];
  if (a.rest.length > 0) for (const child of childrenOf(b)) for (const below of allBelow(child)) yield [a.rest, below];
  if (b.rest.length > 0) for (const child of childrenOf(a)) for (const below of allBelow(child)) yield [below, b.rest];

  const [fewer, more] = a.literals.size <= b.literals.size ? [a.literals, b.literals] : [b.literals, a.literals];
  for (const text of fewer.keys()) if (more.has(text)) yield* overlaps(a.literals.get(text)!, b.literals.get(text)!);
  for (const [text, child] of a.literals) for (const other of openMatching(b, text)) yield* overlaps(child, other);
  for (const [text, child] of b.literals) for (const other of openMatching(a, text)) yield* overlaps(other, child);
  for (const left of a.mixed) {
    for (const right of b.mixed)
      if (commonText(left.shape, right.shape, "x") !== undefined) yield* overlaps(left.child, right.child);
    if (b.any !== undefined) yield* overlaps(left.child, b.any);
  }
  if (a.any === undefined) return;
  for (const right of b.mixed) yield* overlaps(a.any, right.child);
  if (b.any !== undefined) yield* overlaps(a.any, b.any);
}

function* openMatching(node: RouteTrie, text: string): Generator<RouteTrie> {
  for (const { shape, child } of node.mixed) if (matchesShape(shape, text)) yield child;
  if (node.any !== undefined && text !== "") yield node.any;
}

function* allBelow(node: RouteTrie): Generator<readonly number[]> {
  if (node.ends.length > 0) yield node.ends;
  if (node.rest.length > 0) yield node.rest;
  for (const child of childrenOf(node)) yield* allBelow(child);
}

function* childrenOf(node: RouteTrie): Generator<RouteTrie> {
  yield* node.literals.values();
  for (const { child } of node.mixed) yield child;
  if (node.any !== undefined) yield node.any;
}
