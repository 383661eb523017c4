import type { OperationIr, RoutingIr, ServiceIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import type { SchemaIr } from "../../ir/schema.ts";
import { takesMethod } from "../brute-force.ts";
import { bothConditions, type Conditions, conditionsOf } from "../conditions.ts";
import { hostPatterns, type RouteRequest } from "../route.ts";
import { RouteIndex } from "../route-index.ts";
import { addToTrie, emptyTrie, type RouteTrie } from "../route-trie.ts";
import { fieldsOf, fillers, hostUnder, isAccepted } from "../witness.ts";
import { type Access, accessOf, isWeaker } from "./access-order.ts";
import { commonPaths, type Side } from "./common-path.ts";
import { type Fields, meetConditions, withFields } from "./condition-fields.ts";
import { areApart, clientHost, type Destination, destinationsOf, hiddenFields, serversOf } from "./destinations.ts";
import { overlaps } from "./overlaps.ts";
import { pathValuesOf, requiredFieldsOf } from "./path-values.ts";
import { asSegments } from "./upstream-pattern.ts";

/** A request that gets with less authentication where another operation asks for more. */
export interface WayAround {
  readonly weak: OperationIr;
  readonly strong: OperationIr;
  /** Goes to `weak`. */
  readonly request: RouteRequest;
  /** Goes to `strong`, and reaches the same. */
  readonly ordinary: RouteRequest;
  readonly service: string;
  /** Path at the server. */
  readonly upstream: string;
  /** Texts of the conditions under which steps of the two lead there. */
  readonly conditions: readonly string[];
  /** Where it is written that `weak` has copies sent there; absent: its requests go there themselves. */
  readonly copied?: Origin;
}

export interface ComparedGateway {
  readonly operations: readonly OperationIr[];
  readonly services: readonly ServiceIr[];
  readonly routing: RoutingIr;
  readonly schemas: readonly SchemaIr[];
}

/**
 * Looks for two operations that reach the same path of the same server, of which one asks for less. Both requests were
 * verified by the matcher: a narrower route that takes a path out of a protected one is not a way around it.
 */
export function findWaysAround(gateway: ComparedGateway, work: Work = workFor(gateway)): readonly WayAround[] {
  const accesses = gateway.operations.map(({ access }) => accessOf(access));
  const classes = [...new Map(accesses.map((access) => [access.key, access])).values()];
  const weaker = new Map(
    classes.map((weak) => [weak.key, classes.filter((strong) => isWeaker(weak, strong)).map(({ key }) => key)]),
  );
  if ([...weaker.values()].every((stronger) => stronger.length === 0)) return [];
  return new Comparison(gateway, accesses, weaker, work).run();
}

/** Steps that a search may take: a comparison of two operations is one, a request that is tried with the matcher is ten. */
export class Work {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** What was not compared may be a way around. */
  get isUsedUp(): boolean {
    return this.#left < 0;
  }

  spend(steps: number): boolean {
    this.#left -= steps;
    return !this.isUsedUp;
  }
}

/** In proportion to the size of the gateway, where its operations could be compared in as many ways as there are pairs. */
export const workFor = ({ operations }: ComparedGateway): Work =>
  new Work(2_000_000 + 5_000 * operations.reduce((total, { match }) => total + 1 + match.hosts.length, 0));

class Comparison {
  readonly #gateway: ComparedGateway;
  readonly #accesses: readonly Access[];
  /** The classes that ask for more, by class. */
  readonly #weaker: ReadonlyMap<string, readonly string[]>;
  readonly #work: Work;
  readonly #index: RouteIndex<OperationIr>;
  readonly #sides: ComparedSide[] = [];
  readonly #found = new Map<string, WayAround>();
  /** Hosts to ask for, by pattern. */
  readonly #hosts = new Map<string, string>();

  constructor(gateway: ComparedGateway, accesses: readonly Access[], weaker: ReadonlyMap<string, readonly string[]>, work: Work) {
    this.#gateway = gateway;
    this.#accesses = accesses;
    this.#weaker = weaker;
    this.#work = work;
    this.#index = new RouteIndex(gateway.operations, gateway.routing);
  }

  run(): readonly WayAround[] {
    for (const { strong, weak } of this.#plant().values()) {
      for (const [stronger, weaker] of overlaps(strong, weak)) {
        for (const b of weaker) {
          for (const a of stronger) {
            if (!this.#work.spend(1)) return [...this.#found.values()];
            this.#compare(a, b);
          }
        }
      }
    }
    return [...this.#found.values()];
  }

  /** Trees of upstream paths by server: of those that something may be weaker than, and of those that may be weaker. */
  #plant(): Map<string, { readonly strong: RouteTrie; readonly weak: RouteTrie }> {
    const { operations, services, routing, schemas } = this.#gateway;
    const servers = serversOf(services);
    const byId = new Map(schemas.map((schema) => [schema.id, schema]));
    const strongKeys = new Set([...this.#weaker.values()].flat());
    const trees = new Map<string, { readonly strong: RouteTrie; readonly weak: RouteTrie }>();
    for (const [index, operation] of operations.entries()) {
      const { key } = this.#accesses[index]!;
      const [isStrong, isWeak] = [strongKeys.has(key), this.#weaker.get(key)!.length > 0];
      if (!isStrong && !isWeak) continue;
      const conditions = conditionsOf(operation.match);
      // Nobody gets to a route whose conditions contradict each other.
      if (conditions === undefined) continue;
      const values = pathValuesOf(operation, byId);
      const required = requiredFieldsOf(operation, byId);
      const facts = {
        conditions,
        required,
        demanded: demandedAtService(operation, conditions),
      };
      for (const destination of destinationsOf(operation, servers, routing)) {
        const side = this.#sides.push({ index, operation, destination, values, ...facts }) - 1;
        let pair = trees.get(destination.server);
        if (pair === undefined) trees.set(destination.server, (pair = { strong: emptyTrie(), weak: emptyTrie() }));
        const segments = asSegments(destination.pattern);
        // That a copy of what it protects goes there protects nothing.
        if (isStrong && destination.copied === undefined) addToTrie(pair.strong, segments, side);
        if (isWeak) addToTrie(pair.weak, segments, side);
      }
    }
    return trees;
  }

  #compare(a: number, b: number): void {
    const [strong, weak] = [this.#sides[a]!, this.#sides[b]!];
    const isLess = this.#weaker.get(this.#accesses[weak.index]!.key)!.includes(this.#accesses[strong.index]!.key);
    if (!isLess || areApart(strong.destination.constants, weak.destination.constants)) return;
    const methods = methodsFor(strong.operation, weak.operation).filter((method) => isSent(weak.destination, method));
    const key = `${weak.index} ${strong.index}${weak.destination.copied === undefined ? "" : " copied"}`;
    if (methods.length === 0 || this.#found.has(key)) return;
    for (const { upstream, first, second } of commonPaths(strong, weak)) {
      for (const method of methods) {
        const own = takesMethod(strong.operation.match, method) ? method : ownMethod(strong.operation);
        const requests = this.#requests(strong, { path: first, method: own }, weak, { path: second, method });
        if (requests === undefined) continue;
        const conditions = [...weak.destination.conditions, ...strong.destination.conditions].map(({ text }) => text);
        const { service, copied } = weak.destination;
        this.#found.set(key, {
          weak: weak.operation,
          strong: strong.operation,
          ...requests,
          service,
          upstream,
          conditions: [...new Set(conditions)],
          ...(copied === undefined ? {} : { copied: copied.origin }),
        });
        return;
      }
    }
  }

  /** A request for each of the two; undefined where another operation gets one of them. */
  #requests(
    strong: ComparedSide,
    ordinary: Asked,
    weak: ComparedSide,
    asked: Asked,
  ): Pick<WayAround, "request" | "ordinary"> | undefined {
    // What a service is asked for is more than a path: the other request has to say what the protected one has to.
    const conditions = bothConditions(weak.conditions, strong.demanded);
    if (conditions === undefined) return undefined;
    const isByHost = [strong, weak].every(({ destination }) => destination.constants.get("host") === clientHost);
    for (const pattern of hostPatterns(strong.operation.match)) {
      const first = this.#routed(strong, { ...ordinary, host: this.#hostUnder(pattern) }, strong.conditions);
      if (first === undefined) continue;
      const hosts = isByHost ? [first.host] : hostPatterns(weak.operation.match).map((other) => this.#hostUnder(other));
      for (const host of hosts) {
        const request = this.#routed(weak, { ...asked, host }, conditions);
        if (request !== undefined) return { ordinary: first, request };
      }
      // Where the service does not see the host, what is asked of the one does not hang on what is asked of the other.
      if (!isByHost) return undefined;
    }
    return undefined;
  }

  #routed(
    { operation, destination, required }: ComparedSide,
    asked: Asked & { readonly host: string },
    fields: Conditions,
  ): RouteRequest | undefined {
    if (!this.#work.spend(10)) return undefined;
    const met = meetConditions({ ...asked, ...fieldsOf(fields, "x") }, destination.conditions);
    const request = met === undefined ? undefined : withFields(met, required);
    return request !== undefined && isAccepted(request) && this.#index.winner(request) === operation ? request : undefined;
  }

  /** A host that no more specific pattern of the gateway takes, if one of those tried is. */
  #hostUnder(pattern: string): string {
    let host = this.#hosts.get(pattern);
    if (host !== undefined) return host;
    const candidates = fillers.map((filler) => hostUnder(pattern, filler));
    host = candidates.find((candidate) => this.#index.mostSpecificHost(candidate) === pattern) ?? candidates[0]!;
    this.#hosts.set(pattern, host);
    return host;
  }
}

interface ComparedSide extends Side {
  /** Of the operation. */
  readonly index: number;
  readonly conditions: Conditions;
  /** Parameters that its validator asks for. */
  readonly required: Fields;
  readonly demanded: Conditions;
}

type Asked = Pick<RouteRequest, "method" | "path">;

/** The conditions of a route that its service sees to hold: without what steps take out, and what may be missing. */
function demandedAtService(operation: OperationIr, conditions: Conditions): Conditions {
  const hidden = hiddenFields(operation);
  return new Map([...conditions].filter(([key, { absent }]) => !absent && !hidden.has(key)));
}

/** RFC 9110 §9.2.1, and QUERY, which says of itself that it is safe. */
const safeMethods = ["GET", "HEAD", "OPTIONS", "QUERY"];

/** Whether the server gets a request with this method. */
const isSent = ({ copied }: Destination, method: string): boolean =>
  copied === undefined || copied.copies.anyMethod || safeMethods.includes(method);

/** Methods that a service may take for a change. */
const unsafeMethods = ["POST", "PUT", "PATCH", "DELETE"];

/**
 * The methods with which a request to `weak` reaches what `strong` protects: those that `strong` takes itself, and where
 * nobody said that `weak` stands for just its path and method, any with which it changes something there.
 */
function methodsFor({ match: strong }: OperationIr, weak: OperationIr): string[] {
  const { method } = weak.match;
  if (method === "*") {
    const own = strong.method === "*" ? ["GET"] : [strong.method];
    return [...new Set([...own, ...unsafeMethods, "GET"])];
  }
  if (takesMethod(strong, method)) return [method];
  if (takesMethod(weak.match, strong.method)) return [strong.method];
  return isUnspecific(weak) && unsafeMethods.includes(method) ? [method] : [];
}

const ownMethod = ({ match }: OperationIr): string => (match.method === "*" ? "GET" : match.method);

/** Traffic without a spec, by a wildcard: nobody wrote down what is there. */
const isUnspecific = ({ api, match }: OperationIr): boolean =>
  api === undefined && match.path.segments.some(({ kind }) => kind === "wildcard" || kind === "rest");
