import type { RoutingIr } from "../../ir/gateway.ts";
import type { FieldMatch, RouteMatch, VersionMatch } from "../../ir/route.ts";
import { effectiveSegments, hostPatterns } from "../../routing/route.ts";
import { addToTrie, emptyTrie, type RouteTrie } from "../../routing/route-trie.ts";
import { compareConditions, compareHosts } from "../../routing/specificity.ts";

/** What the emitted matcher decides, in the order in which it decides. */
export interface RouteTreePlan {
  readonly trailingSlash: RoutingIr["trailingSlash"];
  /** Sorted by method; `*` (any other method) last. Routes for any method are in every tree, HEAD routes in that of GET. */
  readonly methods: readonly MethodPlan[];
}

export interface MethodPlan {
  readonly method: string;
  /** Some candidates are for HEAD only, so that the method has to be looked at below as well. */
  readonly hasHead: boolean;
  /** Most specific host first; the first that has a route for the request decides. */
  readonly hosts: readonly HostPlan[];
}

export interface HostPlan {
  /** Exact host, `*.` and a suffix, or empty for any. */
  readonly host: string;
  readonly root: RouteNode;
}

/** Between two slashes. The first branch that leads to a candidate wins: literals, mixed, any, then rest. */
export interface RouteNode {
  /** Where the path ends here. */
  readonly ends: readonly Candidate[];
  /** Sorted by text. */
  readonly literals: readonly { readonly text: string; readonly node: RouteNode }[];
  /** Most specific first; `null` stands for a parameter. */
  readonly mixed: readonly { readonly parts: readonly (string | null)[]; readonly node: RouteNode }[];
  readonly any: RouteNode | undefined;
  /** Where the path ends here or goes on. */
  readonly rest: readonly Candidate[];
}

/** An operation that wins when its conditions hold; candidates stand in the order in which they are asked. */
export interface Candidate {
  /** Index into the operations. */
  readonly operation: number;
  readonly headers: readonly FieldMatch[];
  readonly query: readonly FieldMatch[];
  readonly version: VersionMatch | undefined;
  /** A HEAD operation in the tree of GET. */
  readonly headOnly: boolean;
}

/**
 * One tree for each method, so that a literal path without a method never hides a template that has it. GET and HEAD
 * share one: a GET operation answers HEAD too (RFC 9110 §9.3.2), so between the two the path decides before the method.
 */
export function planRouteTree(operations: readonly { readonly match: RouteMatch }[], routing: RoutingIr): RouteTreePlan {
  const byMethod = new Map<string, number[]>();
  for (const [index, { match }] of operations.entries()) {
    const method = match.method === "HEAD" ? "GET" : match.method;
    const known = byMethod.get(method);
    if (known === undefined) byMethod.set(method, [index]);
    else known.push(index);
  }
  const forAny = byMethod.get("*") ?? [];
  byMethod.delete("*");
  const methods = [...byMethod.keys()].sort().map((method): MethodPlan => {
    const own = byMethod.get(method)!;
    const hasHead = own.some((index) => operations[index]!.match.method === "HEAD");
    return { method, hasHead, hosts: planHosts(operations, [...own, ...forAny], routing) };
  });
  if (forAny.length > 0) methods.push({ method: "*", hasHead: false, hosts: planHosts(operations, forAny, routing) });
  return { trailingSlash: routing.trailingSlash, methods };
}

function planHosts(
  operations: readonly { readonly match: RouteMatch }[],
  routes: readonly number[],
  routing: RoutingIr,
): HostPlan[] {
  const byHost = new Map<string, RouteTrie>();
  for (const index of routes) {
    const { match } = operations[index]!;
    for (const host of hostPatterns(match)) {
      let trie = byHost.get(host);
      if (trie === undefined) byHost.set(host, (trie = emptyTrie()));
      addToTrie(trie, effectiveSegments(match.path.segments, routing), index);
    }
  }
  return [...byHost.keys()].sort(compareHosts).map((host) => ({ host, root: planNode(byHost.get(host)!, operations) }));
}

function planNode(trie: RouteTrie, operations: readonly { readonly match: RouteMatch }[]): RouteNode {
  return {
    ends: planCandidates(trie.ends, operations),
    literals: [...trie.literals]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([text, child]) => ({ text, node: planNode(child, operations) })),
    mixed: trie.mixed.map(({ shape, child }) => ({ parts: shape, node: planNode(child, operations) })),
    any: trie.any === undefined ? undefined : planNode(trie.any, operations),
    rest: planCandidates(trie.rest, operations),
  };
}

/** Candidates share their path, so that conditions and method decide. */
function planCandidates(routes: readonly number[], operations: readonly { readonly match: RouteMatch }[]): Candidate[] {
  return routes
    .toSorted((a, b) => compareConditions(operations[a]!.match, operations[b]!.match).order || a - b)
    .map((operation) => {
      const { method, headers, query, version } = operations[operation]!.match;
      return { operation, headers, query, version, headOnly: method === "HEAD" };
    });
}
