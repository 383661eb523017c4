import type { WarmLeadConfig } from "../../../runtime/caching/warming/lead.ts";
import type { MostAskedConfig } from "../../../runtime/caching/warming/most-asked.ts";
import type { WarmListConfig } from "../../../runtime/caching/warming/warm-list.ts";
import type { WarmerConfig } from "../../../runtime/caching/warming/warmer.ts";
import type { CacheConfig } from "../../../runtime/policies/cache/index.ts";
import type { FilledGatewayFile } from "../../../schema/gateway-filled.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { type Lowered, make } from "../../ir/config.ts";
import type { GatewayIr, OperationIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import { type ResourceIr, type ResourceRefIr, resourceRef } from "../../ir/resource.ts";
import { hasRole } from "../../ir/role.ts";
import { whyNotWarmed } from "../../ir/warm-steps.ts";
import type { WarmingUse } from "../../policy/caching-use.ts";
import { create } from "../../resource/contract.ts";
import { decideRoute } from "../../routing/brute-force.ts";
import { requestFor, whyNotAsked } from "../../routing/public-url.ts";
import type { RouteRequest } from "../../routing/route.ts";
import { parseDuration, parseRate } from "../../text/formats.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { warmAskedNothing, warmField, warmForwarding, warmNothing, warmUnfit, warmUnmatched, warmUrl } from "./messages.gen.ts";
import type { Stores } from "./stores.ts";

type Warming = NonNullable<NonNullable<FilledGatewayFile["cache"]>["warm"]>;

/** Fields that say who asks, that get around the cache, or that are a matter of the connection. */
const unfit =
  /^(authorization|cookie|proxy-.*|host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-.*|cache-control|pragma|range|if-.*)$/;

/** What warms, and what caches are told of it. */
interface LoweredWarming {
  readonly use: WarmingUse;
  readonly resources: readonly ResourceIr<"caching">[];
}

/** `purges`: those of the gateway, where it has some. */
export function lowerWarming(
  options: Warming,
  purges: ResourceRefIr<"caching"> | undefined,
  linked: LinkedGateway,
  stores: Stores,
  sink: DiagnosticSink,
): LoweredWarming {
  const { positions, file } = linked;
  const { urls, file: list, mostAsked: most, rate, concurrency, readyAfter } = options;
  const origin = positions.key(file.cache!, "warm");
  const at = (pointer: string): Origin => positions.pointer(options, pointer);
  if (urls.length === 0 && list === undefined && most === undefined) sink.report(warmNothing(origin, {}));
  checkFields(options, at, sink);
  const shared =
    options.store === undefined
      ? undefined
      : stores.use(
          { store: options.store, needs: ["records", "claims"] },
          { policy: "cache.warm", origin, at, report: (diagnostic) => sink.report(diagnostic) },
        );
  const { limit, windowMs } = parseRate(rate);
  const named = [
    ...(urls.length === 0 ? [] : [urls.length === 1 ? "one URL" : `${urls.length} URLs`]),
    ...(list === undefined ? [] : [list]),
    ...(most === undefined ? [] : [`the ${most} most asked`]),
  ];
  const about = { kind: "resource", room: "caching", origin } as const;
  const changes: ResourceIr<"caching"> = {
    ...about,
    type: "changes",
    name: "changes",
    summary: "what changes of what is warmed",
    factory: { module: "caching/warming/changes", name: "createChanges" },
    config: {},
  };
  const mostAsked: ResourceIr<"caching"> | undefined =
    most === undefined
      ? undefined
      : {
          ...about,
          type: "mostAsked",
          name: "mostAsked",
          summary: `the ${most} most asked${shared === undefined ? "" : `, shared in store ${shared.name}`}`,
          roles: ["living"],
          ...create<MostAskedConfig>("caching/warming/most-asked", "createMostAsked", {
            most,
            gateway: file.gateway,
            store: shared?.ref ?? null,
          }),
        };
  const refOf = ({ name }: ResourceIr<"caching">): ResourceRefIr<"caching"> => resourceRef("caching", name);
  const use: WarmingUse = { changes: refOf(changes), mostAsked: mostAsked === undefined ? undefined : refOf(mostAsked) };
  const warm: ResourceIr<"caching"> = {
    ...about,
    type: "warm",
    name: "warm",
    summary: `${named.join(" and ")}, at ${rate}`,
    roles: ["living"],
    ...create<WarmerConfig>("caching/warming/warmer", "createWarmer", {
      urls,
      list: list === undefined ? null : make<WarmListConfig>("caching/warming/warm-list", "createWarmList", { path: list }),
      mostAsked: use.mostAsked ?? null,
      lead:
        shared === undefined
          ? null
          : make<WarmLeadConfig>("caching/warming/lead", "createWarmLead", {
              gateway: file.gateway,
              store: shared.ref,
              claims: make("stores/redis/redis-claims", "createRedisClaims"),
            }),
      fields: variantsOf(options).map((fields) => fields.flatMap(({ name, value }) => [name, value])),
      interval: windowMs / limit,
      concurrency,
      readyAfter: readyAfter === undefined ? null : parseDuration(readyAfter),
      purges: purges ?? null,
      changes: use.changes,
    }),
  };
  return { use, resources: [changes, ...(mostAsked === undefined ? [] : [mostAsked]), warm] };
}

function checkFields(options: Warming, at: (pointer: string) => Origin, sink: DiagnosticSink): void {
  for (const [index, fields] of (options.fields ?? []).entries())
    for (const name of Object.keys(fields))
      if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || unfit.test(name.toLowerCase()))
        sink.report(warmField(at(`/fields/${index}`), { field: name }));
}

const variantsOf = ({ fields = [{}] }: Warming): readonly RouteRequest["headers"][] =>
  fields.map((one) => Object.entries(one).map(([name, value]) => ({ name, value })));

/** Checks what is listed against the operations it names. */
export function checkWarming(
  operations: readonly OperationIr[],
  { routing, listeners }: Pick<GatewayIr, "routing" | "listeners">,
  { file, positions }: LinkedGateway,
  sink: DiagnosticSink,
): void {
  const options = file.cache?.warm;
  if (options === undefined) return;
  const isToldBy = (name: string): boolean => /^(forwarded|x-forwarded-(proto|host|port|prefix))$/i.test(name);
  if (
    listeners.public.trustedProxies.length > 0 &&
    variantsOf(options).some((fields) => !fields.some(({ name }) => isToldBy(name)))
  )
    sink.report(warmForwarding(positions.key(file.cache!, "warm"), {}));
  for (const [index, url] of options.urls.entries()) {
    const origin = positions.pointer(options, `/urls/${index}`);
    const wrong = whyNotAsked(url);
    if (wrong !== undefined) {
      sink.report(warmUrl(origin, { url, why: wrong }));
      continue;
    }
    for (const headers of variantsOf(options)) {
      const request = requestFor(url, headers);
      const operation = request === undefined ? undefined : decideRoute(operations, request, routing).winner;
      const why = operation === undefined ? undefined : whyNotWarmed(operation);
      if (operation === undefined) sink.report(warmUnmatched(origin, { url }));
      else if (why !== undefined) sink.report(warmUnfit(origin, { url, operation: operation.operationId, why }));
      else continue;
      break;
    }
  }
  // Where no answer is ever kept, that is said elsewhere.
  const keeping = operations.filter(({ steps }) => steps.some((step) => hasRole(step, "keeps")));
  if (options.mostAsked !== undefined && keeping.length > 0 && keeping.every((one) => whyNotWarmed(one) !== undefined)) {
    const [{ operationId: operation }] = keeping as [OperationIr];
    const why = whyNotWarmed(keeping[0]!)!;
    sink.report(warmAskedNothing(positions.key(options, "mostAsked"), { operation, why }));
  }
}

/** Says of an operation who warms its cache, where the gateway does so and its cache can be warmed. */
export function withWarming(operation: OperationIr, { file }: LinkedGateway): OperationIr {
  if (file.cache?.warm === undefined || whyNotWarmed(operation) !== undefined) return operation;
  // The config is the one that the policy `cache` made.
  const { departure } = operation.steps.find((step) => hasRole(step, "keeps"))!.config as unknown as Lowered<CacheConfig>;
  return {
    ...operation,
    warmedBy: departure === undefined ? "each" : "owner",
    ...(file.cache.warm.mostAsked === undefined ? {} : { isAsked: true as const }),
  };
}
