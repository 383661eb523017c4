import type { WarmerConfig } from "../../../runtime/caching/warming/warmer.ts";
import type { CacheConfig } from "../../../runtime/policies/cache/index.ts";
import type { FilledGatewayFile } from "../../../schema/gateway-filled.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Lowered } from "../../ir/config.ts";
import type { GatewayIr, OperationIr } from "../../ir/gateway.ts";
import type { ResourceIr, ResourceRefIr } from "../../ir/resource.ts";
import { hasRole } from "../../ir/role.ts";
import { whyNotWarmed } from "../../ir/warm-steps.ts";
import { create } from "../../resource/contract.ts";
import { decideRoute } from "../../routing/brute-force.ts";
import { requestFor } from "../../routing/public-url.ts";
import type { RouteRequest } from "../../routing/route.ts";
import { parseDuration, parseRate } from "../../text/formats.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { warmField, warmForwarding, warmNothing, warmUnfit, warmUnmatched } from "./messages.gen.ts";

type Warming = NonNullable<NonNullable<FilledGatewayFile["cache"]>["warm"]>;

/** Fields that say who asks, that get around the cache, or that are a matter of the connection. */
const unfit =
  /^(authorization|cookie|proxy-.*|host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-.*|cache-control|pragma|range|if-.*)$/;

/** `purges`: those of the gateway, where it has some. */
export function lowerWarming(
  options: Warming,
  purges: ResourceRefIr<"caching"> | undefined,
  { positions, file }: LinkedGateway,
  sink: DiagnosticSink,
): ResourceIr<"caching"> {
  const { urls, file: list, rate, concurrency, readyAfter } = options;
  const origin = positions.key(file.cache!, "warm");
  if (urls.length === 0 && list === undefined) sink.report(warmNothing(origin, {}));
  for (const [index, fields] of (options.fields ?? []).entries())
    for (const name of Object.keys(fields))
      if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || unfit.test(name.toLowerCase()))
        sink.report(warmField(positions.pointer(options, `/fields/${index}`), { field: name }));
  const { limit, windowMs } = parseRate(rate);
  const named = [
    ...(urls.length === 0 ? [] : [urls.length === 1 ? "one URL" : `${urls.length} URLs`]),
    ...(list === undefined ? [] : [list]),
  ];
  return {
    kind: "resource",
    room: "caching",
    type: "warm",
    name: "warm",
    summary: `${named.join(" and ")}, at ${rate}`,
    roles: ["living"],
    origin,
    ...create<WarmerConfig>("caching/warming/warmer", "createWarmer", {
      urls,
      file: list ?? null,
      fields: variantsOf(options).map((fields) => fields.flatMap(({ name, value }) => [name, value])),
      interval: windowMs / limit,
      concurrency,
      readyAfter: readyAfter === undefined ? null : parseDuration(readyAfter),
      purges: purges ?? null,
    }),
  };
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
}

/** Says of an operation who warms its cache, where the gateway does so and its cache can be warmed. */
export function withWarming(operation: OperationIr, { file }: LinkedGateway): OperationIr {
  if (file.cache?.warm === undefined || whyNotWarmed(operation) !== undefined) return operation;
  // The config is the one that the policy `cache` made.
  const { departure } = operation.steps.find((step) => hasRole(step, "keeps"))!.config as unknown as Lowered<CacheConfig>;
  return { ...operation, warmedBy: departure === undefined ? "each" : "owner" };
}
