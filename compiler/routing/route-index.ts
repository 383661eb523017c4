import { effectivePath, isUnderHost, matchesFields, takesMethod } from "./brute-force.ts";
import { effectiveRoutes, hostPatterns, type Route, type RouteRequest, type RoutingOptions } from "./route.ts";
import { addToTrie, emptyTrie, type RouteTrie } from "./route-trie.ts";
import { matchesShape } from "./segment.ts";
import { compareConditions, compareHosts } from "./specificity.ts";

/** Decides as `decideRoute` does, without trying every route: for checks that ask for many requests of a large gateway. */
export class RouteIndex<T extends Route> {
  readonly #routes: readonly T[];
  readonly #options: RoutingOptions;
  readonly #hosts = new Map<string, RouteTrie>();
  /** Most specific first. */
  readonly #wildcardHosts: readonly string[];

  constructor(routes: readonly T[], options: RoutingOptions) {
    this.#routes = routes;
    this.#options = options;
    for (const [index, { match }] of effectiveRoutes(routes, options).entries()) {
      for (const host of hostPatterns(match)) {
        let trie = this.#hosts.get(host);
        if (trie === undefined) this.#hosts.set(host, (trie = emptyTrie()));
        addToTrie(trie, match.path.segments, index);
      }
    }
    for (const trie of this.#hosts.values()) this.#sort(trie);
    this.#wildcardHosts = [...this.#hosts.keys()].filter((host) => host.startsWith("*.")).sort(compareHosts);
  }

  winner(request: RouteRequest): T | undefined {
    const path = effectivePath(request.path, this.#options);
    if (!path.startsWith("/")) return undefined;
    const texts = path.slice(1).split("/");
    const under = this.#wildcardHosts.filter((host) => isUnderHost(host, request.host));
    for (const host of new Set([request.host, ...under, ""])) {
      const trie = this.#hosts.get(host);
      const found = trie === undefined ? undefined : this.#find(trie, texts, 0, request);
      if (found !== undefined) return this.#routes[found];
    }
    return undefined;
  }

  /** The host pattern among all routes that decides first for a host. */
  mostSpecificHost(host: string): string {
    if (this.#hosts.has(host)) return host;
    return this.#wildcardHosts.find((pattern) => isUnderHost(pattern, host)) ?? "";
  }

  /** The first branch with a route for the request decides, as in the emitted matcher. */
  #find(node: RouteTrie, texts: readonly string[], at: number, request: RouteRequest): number | undefined {
    const text = texts[at];
    if (text === undefined) return this.#first(node.ends, request) ?? this.#first(node.rest, request);
    const literal = node.literals.get(text);
    let found = literal === undefined ? undefined : this.#find(literal, texts, at + 1, request);
    for (const { shape, child } of node.mixed) {
      if (found !== undefined) return found;
      if (matchesShape(shape, text)) found = this.#find(child, texts, at + 1, request);
    }
    if (found === undefined && node.any !== undefined && text !== "") found = this.#find(node.any, texts, at + 1, request);
    return found ?? this.#first(node.rest, request);
  }

  #first(candidates: readonly number[], request: RouteRequest): number | undefined {
    return candidates.find((index) => {
      const { match } = this.#routes[index]!;
      return takesMethod(match, request.method) && matchesFields(match, request);
    });
  }

  #sort(node: RouteTrie): void {
    const compare = (a: number, b: number): number => {
      const [one, other] = [this.#routes[a]!, this.#routes[b]!];
      return compareConditions(one.match, other.match).order || (one.id < other.id ? -1 : 1);
    };
    node.ends.sort(compare);
    node.rest.sort(compare);
    for (const child of node.literals.values()) this.#sort(child);
    for (const { child } of node.mixed) this.#sort(child);
    if (node.any !== undefined) this.#sort(node.any);
  }
}
