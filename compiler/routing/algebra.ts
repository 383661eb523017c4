import { takesMethod } from "./brute-force.ts";
import { conditionsOf, includesConditions } from "./conditions.ts";
import { meetings } from "./overlap.ts";
import { effectiveRoutes, hostPatterns, type Route, type RouteRequest, type RoutingOptions, strictRouting } from "./route.ts";
import { RouteIndex } from "./route-index.ts";
import { addToTrie, emptyTrie, type RouteTrie } from "./route-trie.ts";
import { compareConditions } from "./specificity.ts";
import { commonRequests, isAccepted } from "./witness.ts";

/** What is wrong, or worth knowing, about routes that match the same requests. */
export type RouteFinding<T extends Route = Route> =
  /**
   * The same set of requests; or overlaps in which none is more specific. The first two show it with the witness; where
   * there are more, each is in conflict with one of those before it.
   */
  | { readonly kind: "duplicate" | "ambiguous"; readonly routes: readonly [T, T, ...T[]]; readonly witness: RouteRequest }
  /** Every request that `route` matches is taken by the more specific `by`. */
  | { readonly kind: "unreachable"; readonly route: T; readonly by: readonly T[]; readonly witness: RouteRequest }
  /** The conditions of `route` contradict each other. */
  | { readonly kind: "impossible"; readonly route: T }
  /**
   * Decided by a rule that readers may not expect: the literal that comes first from the left wins, though the loser
   * is more specific further right; or headers win over query parameters. `others`: how many more routes win over this
   * loser so, at least.
   */
  | {
      readonly kind: "crossing";
      readonly winner: T;
      readonly loser: T;
      readonly rule: "path" | "headers";
      readonly witness: RouteRequest;
      readonly others: number;
    };

/**
 * Compares all routes. A witness is a request that the gateway accepts and that goes where the finding says. The order
 * of the routes does not matter.
 */
export function analyseRoutes<T extends Route>(routes: readonly T[], options: RoutingOptions = strictRouting): RouteFinding<T>[] {
  const byId = routes.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return new Analysis(byId, options).run();
}

/** So many crossings of one loser are looked into once one of them is true: the others only add to a count. */
export const mostLooks = 20;

class Analysis<T extends Route> {
  readonly #routes: readonly T[];
  readonly #effective: readonly T[];
  readonly #options: RoutingOptions;
  readonly #index: RouteIndex<T>;
  readonly #findings: RouteFinding<T>[] = [];
  /** Pairs that were compared, for those that may meet under several hosts. */
  readonly #seen = new Set<number>();
  /** By loser: where its crossing stands among the findings, and whom it loses to. */
  readonly #crossings = new Map<number, { readonly finding: number; readonly winners: Set<number> }>();
  /** By loser: how many crossings were looked into. */
  readonly #looks = new Map<number, number>();
  readonly #unreachable = new Set<number>();

  constructor(routes: readonly T[], options: RoutingOptions) {
    this.#routes = routes;
    this.#effective = effectiveRoutes(routes, options);
    this.#options = options;
    this.#index = new RouteIndex(routes, options);
  }

  run(): RouteFinding<T>[] {
    for (const route of this.#routes) {
      if (conditionsOf(route.match) === undefined) this.#findings.push({ kind: "impossible", route });
    }
    for (const [method, trees] of this.#treesByMethod()) {
      for (const [host, tree] of trees) {
        for (const meeting of meetings(tree)) {
          if (meeting.kind === "same") this.#same(meeting.routes, method, host);
          else if (meeting.kind === "tied") this.#tied(meeting.first, meeting.second, method, host);
          else this.#crossed(meeting.first, meeting.second, method, host);
        }
        this.#coveredRests(tree, method, host);
      }
    }
    const counts = new Map([...this.#crossings.values()].map(({ finding, winners }) => [finding, winners.size - 1]));
    return this.#findings.map((finding, index) =>
      finding.kind === "crossing" ? { ...finding, others: counts.get(index) ?? 0 } : finding,
    );
  }

  /** As the matcher has them: routes for any method are in every tree, and HEAD routes in that of GET. */
  #treesByMethod(): Map<string, Map<string, RouteTrie>> {
    const methods = new Set(["*", ...this.#routes.map(({ match }) => treeOf(match.method))]);
    const trees = new Map([...methods].sort().map((method) => [method, new Map<string, RouteTrie>()]));
    for (const [index, { match }] of this.#effective.entries()) {
      for (const method of match.method === "*" ? methods : [treeOf(match.method)]) {
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

  /** Routes with one path and host. Those that say the same are one, so that the work does not grow with their pairs. */
  #same(routes: readonly number[], method: string, host: string): void {
    const classes = new Map<string, number[]>();
    for (const route of routes) {
      const key = this.#classOf(route);
      const known = classes.get(key);
      if (known === undefined) classes.set(key, [route]);
      else known.push(route);
    }
    for (const alike of classes.values()) this.#duplicates(alike, method, host);
    const conflict = new Conflict();
    const distinct = [...classes.values()].map(([first]) => first!);
    for (const [position, a] of distinct.entries()) {
      for (const b of distinct.slice(position + 1)) this.#samePath(a, b, method, host, conflict);
    }
    this.#addConflict("ambiguous", conflict);
  }

  #samePath(a: number, b: number, method: string, host: string, conflict: Conflict): void {
    const { order, rule } = compareConditions(this.#effective[a]!.match, this.#effective[b]!.match);
    if ((order === 0 && conflict.has(a, b)) || !this.#isFirstLook(a, b, method)) return;
    if (order === 0) {
      const witness = this.#witness(a, b, host, [a, b]) ?? this.#anyWitness(a, b, host);
      if (witness !== undefined) conflict.add(a, b, witness);
      return;
    }
    const [winner, loser] = order < 0 ? [a, b] : [b, a];
    if (this.#takesAll(winner, loser)) this.#addUnreachable(loser, [winner], host);
    else if (rule === "headers" && this.#effective[loser]!.match.query.length > this.#effective[winner]!.match.query.length) {
      this.#addCrossing(winner, loser, "headers", host);
    }
  }

  #duplicates(routes: readonly number[], method: string, host: string): void {
    const [first, second] = routes;
    if (second === undefined || !this.#isFirstLook(first!, second, method)) return;
    const witness = this.#witness(first!, second, host, routes) ?? this.#anyWitness(first!, second, host);
    if (witness === undefined) return;
    const conflict = new Conflict();
    for (const route of routes.slice(1)) conflict.add(first!, route, witness);
    this.#addConflict("duplicate", conflict);
  }

  #tied(first: readonly number[], second: readonly number[], method: string, host: string): void {
    const conflict = new Conflict();
    for (const a of first) {
      for (const b of second) {
        if (conflict.has(a, b) || !this.#isFirstLook(a, b, method)) continue;
        const [one, other] = a < b ? [a, b] : [b, a];
        const witness = this.#witness(one, other, host, [a, b]) ?? this.#anyWitness(one, other, host);
        if (witness !== undefined) conflict.add(one, other, witness);
      }
    }
    this.#addConflict("ambiguous", conflict);
  }

  #crossed(first: readonly number[], second: readonly number[], method: string, host: string): void {
    for (const a of first) for (const b of second) if (this.#isFirstLook(a, b, method)) this.#addCrossing(a, b, "path", host);
  }

  /**
   * A pair is looked at once, and in the tree of a method that one of the two names, if any does. Two routes are both in
   * another tree only where they share further hosts.
   */
  #isFirstLook(a: number, b: number, method: string): boolean {
    const [left, right] = [this.#routes[a]!.match, this.#routes[b]!.match];
    if (method !== "*" && left.method === "*" && right.method === "*") return false;
    if (left.hosts.length < 2 || right.hosts.length < 2) return true;
    const key = Math.min(a, b) * this.#routes.length + Math.max(a, b);
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }

  /** A request that both match and that one of `takers` gets. */
  #witness(a: number, b: number, host: string, takers: readonly number[]): RouteRequest | undefined {
    for (const witness of commonRequests(this.#effective[a]!, this.#effective[b]!, host, this.#options)) {
      if (!isAccepted(witness)) continue;
      const winner = this.#index.winner(witness);
      if (takers.some((taker) => this.#routes[taker] === winner)) return witness;
    }
    return undefined;
  }

  /** For what is an error whoever gets the request: the routes contradict each other there all the same. */
  #anyWitness(a: number, b: number, host: string): RouteRequest | undefined {
    const requests = [...commonRequests(this.#effective[a]!, this.#effective[b]!, host, this.#options)];
    return requests.find(isAccepted) ?? requests[0];
  }

  /** Equal for routes of one path that match the same requests. */
  #classOf(route: number): string {
    const { match } = this.#routes[route]!;
    const conditions = [...(conditionsOf(match) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    const counts = [match.headers.length, match.query.length];
    return JSON.stringify([match.method, [...hostPatterns(match)].sort(), conditions, counts]);
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
    return (
      hasItsHosts && (less.method === "*" ? more.method === "*" : takesMethod(more, less.method)) && this.#includes(winner, loser)
    );
  }

  /** `/a/**` is never reached beside `/a`, `/a/` and `/a/{x}/**`, which have all of its requests together. */
  #coveredRests(node: RouteTrie, method: string, host: string): void {
    const last = node.literals.get("");
    for (const route of node.rest) {
      const takes = (index: number): boolean => this.#takesAll(index, route);
      const cover = [node.ends.find(takes), last?.ends.find(takes), node.any?.rest.find(takes)];
      if (this.#options.trailingSlash === "ignore") cover.splice(1, 1);
      const isMethodOfTree = treeOf(this.#routes[route]!.match.method) === method;
      const found = cover.filter((index) => index !== undefined);
      if (isMethodOfTree && found.length === cover.length) this.#addUnreachable(route, found, host);
    }
    for (const child of node.literals.values()) this.#coveredRests(child, method, host);
    for (const { child } of node.mixed) this.#coveredRests(child, method, host);
    if (node.any !== undefined) this.#coveredRests(node.any, method, host);
  }

  #addUnreachable(route: number, by: readonly number[], host: string): void {
    if (this.#unreachable.has(route)) return;
    let takers = by;
    let witness = this.#witness(by[0]!, route, host, by);
    if (witness === undefined) {
      // All of its requests are taken, this one by a third route that is more specific still.
      witness = this.#anyWitness(by[0]!, route, host);
      if (witness === undefined) return;
      takers = [...new Set([...by, this.#routes.indexOf(this.#index.winner(witness)!)])];
    }
    this.#unreachable.add(route);
    this.#findings.push({
      kind: "unreachable",
      route: this.#routes[route]!,
      by: takers.map((index) => this.#routes[index]!),
      witness,
    });
  }

  /** Only where the winner gets a request that the loser matches: a third route may take all of those. */
  #addCrossing(winner: number, loser: number, rule: "path" | "headers", host: string): void {
    const known = this.#crossings.get(loser);
    const looks = this.#looks.get(loser) ?? 0;
    if (known !== undefined && (known.winners.has(winner) || looks >= mostLooks)) return;
    this.#looks.set(loser, looks + 1);
    const witness = this.#witness(winner, loser, host, [winner]);
    if (witness === undefined) return;
    if (known !== undefined) {
      known.winners.add(winner);
      return;
    }
    const finding = { kind: "crossing" as const, winner: this.#routes[winner]!, loser: this.#routes[loser]!, rule, witness };
    this.#crossings.set(loser, { finding: this.#findings.length, winners: new Set([winner]) });
    this.#findings.push({ ...finding, others: 0 });
  }

  #addConflict(kind: "duplicate" | "ambiguous", { routes: [one, other, ...more], witness }: Conflict): void {
    if (one === undefined || other === undefined || witness === undefined) return;
    const [first, second, ...others] = [one, other, ...more].map((index) => this.#routes[index]!);
    this.#findings.push({ kind, routes: [first!, second!, ...others], witness });
  }
}

/** HEAD and GET routes are in one tree, as GET routes answer HEAD. */
const treeOf = (method: string): string => (method === "HEAD" ? "GET" : method);

/** Routes that meet without an order: one finding, however many they are. */
class Conflict {
  readonly #routes = new Set<number>();
  witness: RouteRequest | undefined;

  get routes(): readonly number[] {
    return [...this.#routes];
  }

  has(a: number, b: number): boolean {
    return this.#routes.has(a) && this.#routes.has(b);
  }

  add(a: number, b: number, witness: RouteRequest): void {
    this.#routes.add(a).add(b);
    this.witness ??= witness;
  }
}
