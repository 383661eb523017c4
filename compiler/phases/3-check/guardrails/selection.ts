import type { Guardrail } from "../../../../schema/gateway.gen.ts";
import type { Surroundings } from "../../../expressions/proof/index.ts";
import type { OperationIr, RoutingIr } from "../../../ir/gateway.ts";
import type { Segment } from "../../../ir/route.ts";
import { servicesOf } from "../../../ir/targets.ts";
import { usedServices } from "../../../ir/used-services.ts";
import { decideRoute } from "../../../routing/brute-force.ts";
import { conditionsOf } from "../../../routing/conditions.ts";
import { parsePathTemplate } from "../../../routing/path-template.ts";
import { effectiveSegments, formatRequest, type RouteRequest } from "../../../routing/route.ts";
import { fieldsOf, hostUnder } from "../../../routing/witness.ts";
import type { LinkedOperation } from "../../2-link/linked-gateway.ts";
import { hostsInBoth, lesser, pathsInBoth, type Share, sharedHosts, sharedMethods, sharedPaths } from "./overlap.ts";
import { surroundingsOf } from "./surroundings.ts";

/** An operation before and after it was checked. */
export interface Candidate {
  readonly operation: LinkedOperation;
  readonly ir: OperationIr;
}

/** How an operation came to be selected. */
export interface Selected {
  /** A request that shows it, where the operation takes others as well: `POST /files/x`. */
  readonly witness?: string;
  /** What is known of the requests that it is selected for: of each of them, one of these. */
  readonly requests: readonly Surroundings[];
}

/** Longer paths than these are not tried. */
const longestPath = 16;

/**
 * Finds the operations that get a request which a selector describes. An operation that takes more than the selector
 * speaks of (a route for any method, a `/**`) is selected where such a request really comes to it, and not to a more
 * specific one.
 */
export class Selection {
  readonly #candidates: readonly Candidate[];
  readonly #routing: RoutingIr;
  readonly #fallbackOf: (service: string) => string | undefined;
  readonly #longest: number;
  readonly #methods: readonly string[];
  readonly #rivals = new Map<OperationIr, readonly OperationIr[]>();

  /** `fallbackOf`: the service that is asked where one cannot be. */
  constructor(candidates: readonly Candidate[], routing: RoutingIr, fallbackOf: (service: string) => string | undefined) {
    this.#fallbackOf = fallbackOf;
    this.#candidates = candidates;
    this.#routing = routing;
    const lengths = candidates.map(({ ir }) => ir.match.path.segments.length);
    this.#longest = Math.min(longestPath, lengths.reduce((a, b) => Math.max(a, b), 0) + 1);
    const named = candidates.map(({ ir }) => ir.match.method).filter((method) => method !== "*");
    this.#methods = [...new Set(["GET", ...named, "PATCH"])];
  }

  /** Undefined where the guardrail does not speak of the operation. */
  find({ select }: Guardrail, candidate: Candidate): Selected | undefined {
    const { operation, ir } = candidate;
    const { method, hosts } = ir.match;
    if (select.apis !== undefined && !select.apis.includes(operation.api ?? "")) return undefined;
    if (select.tags !== undefined && !operation.tags.some((tag) => select.tags!.includes(tag))) return undefined;
    if (select.services !== undefined && !this.#reaches(ir, select.services)) return undefined;
    const byMethod = select.methods === undefined ? "all" : sharedMethods(select.methods, method);
    const wantedHosts = select.hosts?.map((host) => host.toLowerCase());
    const byHost = wantedHosts === undefined ? "all" : sharedHosts(wantedHosts, hosts);
    const rest = lesser(byMethod, byHost);
    if (rest === "none") return undefined;
    const regions = select.paths === undefined ? [anyPath] : select.paths.flatMap((path) => this.#regionsOf(path, candidate));
    const shares = regions.map((region) => ({ region, share: lesser(rest, sharedPaths(region, this.#pathOf(ir))) }));
    const known = (region: readonly Segment[]): Surroundings =>
      surroundingsOf(method, select.methods, [this.#pathOf(ir), region], this.#routing);
    if (shares.some(({ share }) => share === "all")) return { requests: [known(anyPath)] };
    const found = shares.flatMap(({ region, share }) => {
      const witness = share === "none" ? undefined : this.#witness(candidate, region, select.methods, wantedHosts);
      return witness === undefined ? [] : [{ region, witness }];
    });
    const [first] = found;
    return first === undefined ? undefined : { witness: first.witness, requests: found.map(({ region }) => known(region)) };
  }

  /** Whether a path of a selector has anything to do with any operation. */
  isKnownPath = (path: string): boolean =>
    this.#candidates.some((candidate) =>
      this.#regionsOf(path, candidate).some((region) => sharedPaths(region, this.#pathOf(candidate.ir)) !== "none"),
    );

  isKnownHost = (host: string): boolean =>
    this.#candidates.some(({ ir }) => sharedHosts([host.toLowerCase()], ir.match.hosts) !== "none");

  #reaches(ir: OperationIr, services: readonly string[]): boolean {
    if (ir.forward.kind === "terminal") return false;
    const mentioned = usedServices([{ steps: ir.steps, forward: { kind: "terminal", policy: "" } }], this.#fallbackOf);
    const reached = usedServices([ir], this.#fallbackOf);
    return [...servicesOf(ir), ...reached, ...mentioned].some((service) => services.includes(service));
  }

  #pathOf = (ir: OperationIr): readonly Segment[] => effectiveSegments(ir.match.path.segments, this.#routing);

  /** A path of a selector is one of the public, or one of the operation's spec. */
  #regionsOf(path: string, { operation, ir }: Candidate): (readonly Segment[])[] {
    const parsed = parsePathTemplate(path, { wildcards: true });
    if (parsed.segments === undefined) return [];
    const inPublic = effectiveSegments(parsed.segments, this.#routing);
    const prefix = ir.match.path.segments.length - operation.specPath.split("/").length + 1;
    if (operation.api === undefined || prefix <= 0) return [inPublic];
    return [inPublic, effectiveSegments([...ir.match.path.segments.slice(0, prefix), ...parsed.segments], this.#routing)];
  }

  #witness(
    { ir }: Candidate,
    region: readonly Segment[],
    wantedMethods: readonly string[] | undefined,
    wantedHosts: readonly string[] | undefined,
  ): string | undefined {
    const conditions = conditionsOf(ir.match);
    if (conditions === undefined) return undefined;
    const { headers, query } = fieldsOf(conditions);
    const hosts = (wantedHosts === undefined ? ir.match.hosts : hostsInBoth(wantedHosts, ir.match.hosts)).map((host) =>
      hostUnder(host),
    );
    const rivals = this.#rivalsOf(ir);
    for (const path of pathsInBoth(region, this.#pathOf(ir), this.#longest)) {
      for (const method of this.#methodsInBoth(wantedMethods, ir.match.method)) {
        for (const host of hosts.length === 0 ? [hostUnder("")] : hosts) {
          const request: RouteRequest = { method, host, path, headers, query };
          if (decideRoute(rivals, request, this.#routing).winner === ir)
            return formatRequest(request, wantedHosts !== undefined || ir.match.hosts.length > 0);
        }
      }
    }
    return undefined;
  }

  #methodsInBoth(wanted: readonly string[] | undefined, own: string): readonly string[] {
    const any = wanted === undefined || wanted.includes("*");
    if (own === "*") return any ? this.#methods : wanted;
    return any || wanted.includes(own) ? [own] : ["HEAD"];
  }

  /** The operations that could take a request of this one. */
  #rivalsOf(ir: OperationIr): readonly OperationIr[] {
    let rivals = this.#rivals.get(ir);
    if (rivals === undefined) {
      const own = this.#pathOf(ir).map(anyOf);
      rivals = this.#candidates
        .map((other) => other.ir)
        .filter((other) => other === ir || sharedPaths(own, this.#pathOf(other)) !== "none");
      this.#rivals.set(ir, rivals);
    }
    return rivals;
  }
}

const anyPath: readonly Segment[] = [{ kind: "rest" }];

/** As a selector, a parameter does not stand for written-out segments; as a path, it takes them. */
const anyOf = (segment: Segment): Segment =>
  segment.kind === "parameter" || segment.kind === "mixed" ? { kind: "wildcard" } : segment;

export type { Share };
