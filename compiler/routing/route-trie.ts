import type { Segment } from "../ir/route.ts";
import { type MixedShape, shapeKey, shapeOf } from "./segment.ts";
import { compareShapes } from "./specificity.ts";

/**
 * Paths with a common beginning share nodes. Children are kept in the order of specificity: literals, mixed segments,
 * a parameter (or `*`). Parameter names play no part.
 */
export interface RouteTrie {
  /** Routes whose path ends here, by index. */
  readonly ends: number[];
  readonly literals: Map<string, RouteTrie>;
  readonly mixed: { readonly shape: MixedShape; readonly child: RouteTrie }[];
  any: RouteTrie | undefined;
  /** Routes with `**` here, by index. */
  readonly rest: number[];
}

export const emptyTrie = (): RouteTrie => ({ ends: [], literals: new Map(), mixed: [], any: undefined, rest: [] });

export function addToTrie(trie: RouteTrie, segments: readonly Segment[], route: number): void {
  let node = trie;
  for (const segment of segments) {
    if (segment.kind === "rest") {
      node.rest.push(route);
      return;
    }
    node = childFor(node, segment);
  }
  node.ends.push(route);
}

function childFor(node: RouteTrie, segment: Exclude<Segment, { kind: "rest" }>): RouteTrie {
  if (segment.kind === "literal") {
    let child = node.literals.get(segment.text);
    if (child === undefined) node.literals.set(segment.text, (child = emptyTrie()));
    return child;
  }
  if (segment.kind !== "mixed") return (node.any ??= emptyTrie());
  const shape = shapeOf(segment);
  const key = shapeKey(shape);
  const known = node.mixed.find((mixed) => shapeKey(mixed.shape) === key);
  if (known !== undefined) return known.child;
  const added = { shape, child: emptyTrie() };
  node.mixed.push(added);
  node.mixed.sort((a, b) => compareShapes(a.shape, b.shape));
  return added.child;
}
