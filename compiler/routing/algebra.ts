import { conditionsOf, includesConditions } from "./conditions.ts";
import { meetings } from "./overlap.ts";
import { effectiveRoutes, hostPatterns, type Route, type RouteRequest, type RoutingOptions, strictRouting } from "./route.ts";
import { addToTrie, emptyTrie, type RouteTrie } from "./route-trie.ts";
import { compareConditions } from "./specificity.ts";
import { findWitness, isUndisturbed, sharedHosts } from "./witness.ts";

/** What is wrong, or worth knowing, about routes that match the same requests. */
export type RouteFinding<T extends Route = Route> =
  /** The same set of requests; or an overlap in which neither is more specific. */
  | { readonly kind: "duplicate" | "ambiguous"; readonly routes: readonly [T, T]; readonly witness: RouteRequest }
  /** Every request that `route` matches is taken by the more specific `by`. */
  | { readonly kind: "unreachable"; readonly route: T; readonly by: readonly T[]; readonly witness: RouteRequest }
  /** The conditions of `route` contradict each other. */
  | { readonly kind: "impossible"; readonly route: T }
  /**
   * Decided by a rule that readers may not expect: the literal that comes first from the left wins, though the loser
   * is more specific further right; or headers win over query parameters. `others`: further winners over this loser.
   */
  | {
      readonly kind: "crossing";
      readonly winner: T;
      readonly loser: T;
      readonly rule: "path" | "headers";
      readonly witness: RouteRequest;
      readonly others: number;
    };

/** Compares all routes; every witness was verified by the plain matcher. The order of the routes does not matter. */
export function analyseRoutes<T extends Route>(routes: readonly T[], options: RoutingOptions = strictRouting): RouteFinding<T>[] {
  const byId = routes.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return new Analysis(byId, options).run();
}

/** Looking for witnesses that no third route takes tries all routes; past so many findings any witness will do. */
const mostAttempts = 100;

class Analysis<T extends Route> {
  readonly #routes: readonly T[];
  readonly #effective: readonly T[];
  readonly #options: RoutingOptions;
  readonly #findings: RouteFinding<T>[] = [];
  readonly #seen = new Set<string>();
  /** By loser: where its crossing stands among the findings, and whom it loses to. */
  readonly #crossings = new Map<number, { readonly finding: number; readonly winners: Set<number> }>();
  readonly #unreachable = new Set<number>();
  #attempts = 0;

  constructor(routes: readonly T[], options: RoutingOptions) {
    this.#routes = routes;
    this.#effective = effectiveRoutes(routes, options);
    this.#options = options;
  }

  run(): RouteFinding<T>[] {
    for (const route of this.#routes) {
      if (conditionsOf(route.match) === undefined) this.#findings.push({ kind: "impossible", route });
    }
    for (const [method, trees] of this.#treesByMethod()) {
      for (const [host, tree] of trees) {
        for (const meeting of meetings(tree)) {
          if (meeting.kind === "same") this.#same(meeting.routes, method, host);
          else for (const a of meeting.first) for (const b of meeting.second) this.#pair(a, b, meeting.kind, method, host);
        }
        this.#coveredRests(tree, method, host);
      }
    }
    const counts = new Map([...this.#crossings.values()].map(({ finding, winners }) => [finding, winners.size - 1]));
    return this.#findings.map((finding, index) =>
      finding.kind === "crossing" ? { ...finding, others: counts.get(index) ?? 0 } : finding,
    );
  }

  /** As the matcher has them: routes for any method are in every tree but HEAD's. */
  #treesByMethod(): Map<string, Map<string, RouteTrie>> {
    const methods = new Set(["*", ...this.#routes.map(({ match }) => match.method)]);
    const trees = new Map([...methods].sort().map((method) => [method, new Map<string, RouteTrie>()]));
    for (const [index, { match }] of this.#effective.entries()) {
      for (const method of match.method === "*" ? methods : [match.method]) {
        if (method === "HEAD" && match.method === "*") continue;
        const byHost = trees.get(method)!;
        for (const host of hostPatterns(match)) {
          let tree = byHost.get(host);
          if (tree === undefined) byHost.set(host, (tree = emptyTrie()));
          addToTrie(tree, match.path.segments, index);
        }
      }
    }
    return trees;
  }

  /** Routes with one path and host. */
  #same(routes: readonly number[], method: string, host: string): void {
    for (const [position, a] of routes.entries()) {
      for (const b of routes.slice(position + 1)) {
        if (!this.#isFirstLook(a, b, method)) continue;
        const { order, rule } = compareConditions(this.#effective[a]!.match, this.#effective[b]!.match);
        const witness = this.#witness(a, b, host);
        if (witness === undefined) continue;
        if (order === 0) {
          const kind = this.#isDuplicate(a, b) ? "duplicate" : "ambiguous";
          this.#findings.push({ kind, routes: [this.#routes[a]!, this.#routes[b]!], witness });
          continue;
        }
        const [winner, loser] = order < 0 ? [a, b] : [b, a];
        if (this.#takesAll(winner, loser)) this.#addUnreachable(loser, [winner], witness);
        else if (rule === "headers" && this.#effective[loser]!.match.query.length > this.#effective[winner]!.match.query.length) {
          this.#addCrossing(winner, loser, "headers", witness);
        }
      }
    }
  }

  #pair(a: number, b: number, kind: "tied" | "crossed", method: string, host: string): void {
    if (!this.#isFirstLook(a, b, method)) return;
    if (kind === "crossed") {
      const known = this.#crossings.get(b);
      if (known !== undefined) {
        known.winners.add(a);
        return;
      }
    }
    const witness = this.#witness(a, b, host);
    if (witness === undefined) return;
    if (kind === "crossed") this.#addCrossing(a, b, "path", witness);
    else
      this.#findings.push({
        kind: "ambiguous",
        routes: a < b ? [this.#routes[a]!, this.#routes[b]!] : [this.#routes[b]!, this.#routes[a]!],
        witness,
      });
  }

  /** A pair is looked at once, and in the tree of a method that one of the two names, if any does. */
  #isFirstLook(a: number, b: number, method: string): boolean {
    if (method !== "*" && this.#routes[a]!.match.method === "*" && this.#routes[b]!.match.method === "*") return false;
    const key = `${Math.min(a, b)} ${Math.max(a, b)}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }

  #witness(a: number, b: number, host: string): RouteRequest | undefined {
    return findWitness(this.#effective[a]!, this.#effective[b]!, host, this.#options, (witness) => {
      this.#attempts += 1;
      return (
        this.#attempts > mostAttempts || isUndisturbed(witness, [this.#routes[a]!, this.#routes[b]!], this.#routes, this.#options)
      );
    });
  }

  #isDuplicate(a: number, b: number): boolean {
    const left = this.#routes[a]!;
    const right = this.#routes[b]!;
    const hosts = sharedHosts(left, right).length;
    if (
      left.match.method !== right.match.method ||
      hosts !== hostPatterns(left.match).length ||
      hosts !== hostPatterns(right.match).length
    )
      return false;
    return this.#includes(a, b) && this.#includes(b, a);
  }

  #includes(a: number, b: number): boolean {
    const left = conditionsOf(this.#routes[a]!.match);
    const right = conditionsOf(this.#routes[b]!.match);
    return left !== undefined && right !== undefined && includesConditions(left, right);
  }

  /** For routes with one path, of which `winner` is more specific. */
  #takesAll(winner: number, loser: number): boolean {
    const { match: more } = this.#routes[winner]!;
    const { match: less } = this.#routes[loser]!;
    const hasItsHosts = hostPatterns(less).every((host) => hostPatterns(more).includes(host));
    return hasItsHosts && (more.method === less.method || more.method === "*") && this.#includes(winner, loser);
  }

  /** `/a/**` is never reached beside `/a`, `/a/` and `/a/{x}/**`, which have all of its requests together. */
  #coveredRests(node: RouteTrie, method: string, host: string): void {
    const last = node.literals.get("");
    for (const route of node.rest) {
      const takes = (index: number): boolean => this.#takesAll(index, route);
      const cover = [node.ends.find(takes), last?.ends.find(takes), node.any?.rest.find(takes)];
      if (this.#options.trailingSlash === "ignore") cover.splice(1, 1);
      const isMethodOfTree = this.#routes[route]!.match.method === method;
      const found = cover.filter((index) => index !== undefined);
      if (!isMethodOfTree || found.length < cover.length) continue;
      const witness = this.#witness(found[0]!, route, host);
      if (witness !== undefined) this.#addUnreachable(route, found, witness);
    }
    for (const child of node.literals.values()) this.#coveredRests(child, method, host);
    for (const { child } of node.mixed) this.#coveredRests(child, method, host);
    if (node.any !== undefined) this.#coveredRests(node.any, method, host);
  }

  #addUnreachable(route: number, by: readonly number[], witness: RouteRequest): void {
    if (this.#unreachable.has(route)) return;
    this.#unreachable.add(route);
    this.#findings.push({
      kind: "unreachable",
      route: this.#routes[route]!,
      by: by.map((index) => this.#routes[index]!),
      witness,
    });
  }

  #addCrossing(winner: number, loser: number, rule: "path" | "headers", witness: RouteRequest): void {
    const known = this.#crossings.get(loser);
    if (known !== undefined) {
      known.winners.add(winner);
      return;
    }
    const winners = new Set([winner]);
    const finding = { kind: "crossing" as const, winner: this.#routes[winner]!, loser: this.#routes[loser]!, rule, witness };
    this.#crossings.set(loser, { finding: this.#findings.length, winners });
    this.#findings.push({ ...finding, others: 0 });
  }
}
