import type { HedgingServiceConfig } from "../../../../runtime/upstream/attempts/hedging-service.ts";
import type { ManagedServiceConfig } from "../../../../runtime/upstream/attempts/managed-service.ts";
import type { RetryingServiceConfig } from "../../../../runtime/upstream/attempts/retrying-service.ts";
import type { Service } from "../../../../schema/resources.gen.ts";
import type { Lowered, NumberIr } from "../../../ir/config.ts";
import type { ResourceIr } from "../../../ir/resource.ts";
import type { ServiceRetryIr } from "../../../ir/retry.ts";
import { create, type ResourceContext } from "../../../resource/contract.ts";
import { lateAfter, parseDuration, parsePercentage, parseRate, parseSize } from "../../../text/formats.ts";
import { hedgeAtOnce, pausesCross } from "./messages.gen.ts";

export function checkRetry({ retry, hedge }: Service, context: ResourceContext): void {
  if (hedge !== undefined && !hedge.after.startsWith("p") && parseDuration(hedge.after) < 1)
    context.report(hedgeAtOnce(context.at("/hedge/after")));
  if (retry === undefined) return;
  const { base, max } = retry.backoff;
  if (parseDuration(base) > parseDuration(max)) context.report(pausesCross(context.key("/retry/backoff"), { base, max }));
}

/** Budget and body of a service that hedges and does not retry: the defaults of the schema, and one attempt after the other. */
const onlyHedges: NonNullable<Service["retry"]> = {
  attempts: 1,
  on: ["unsent", "reset", "timeoutHead", 500, 502, 503, 504],
  backoff: { base: "25ms", max: "250ms" },
  budget: { ratio: "20%", min: "10/s" },
  bodyBytes: "64KiB",
};

/** `within`: milliseconds that a request may take. */
export function retryOf(options: Service, within: NumberIr, context: ResourceContext): ServiceRetryIr | undefined {
  const { hedge, retry = hedge === undefined ? undefined : onlyHedges } = options;
  if (retry === undefined) return undefined;
  const { attempts, on, perTry, backoff, budget, bodyBytes } = retry;
  const { limit, windowMs } = parseRate(budget.min);
  return {
    attempts,
    // What gRPC's own clients take for the one status that can be repeated (gRFC A6).
    on: options.protocol === "grpc" && !context.isWritten("/retry/on") ? [...on, "UNAVAILABLE"] : on,
    perTry: perTry === undefined ? 0 : parseDuration(perTry),
    backoff: { base: parseDuration(backoff.base), max: parseDuration(backoff.max) },
    budget: { ratio: parsePercentage(budget.ratio), min: (limit * 1_000) / windowMs },
    bodyBytes: parseSize(bodyBytes),
    within,
    ...(hedge === undefined ? {} : { hedge: { after: lateAfter(hedge.after), attempts: hedge.attempts } }),
    origin: context.key(options.retry === undefined ? "/hedge" : "/retry"),
    withinOrigin: context.at("/timeout/response"),
  };
}

/** The call of the run-time factory. */
export const retryingService = (
  managed: Lowered<ManagedServiceConfig>,
  retry: ServiceRetryIr,
): Pick<ResourceIr, "factory" | "config"> =>
  retry.hedge === undefined
    ? create<RetryingServiceConfig>("upstream/attempts/retrying-service", "createRetryingService", {
        ...managed,
        retry: configOf(retry),
      })
    : create<HedgingServiceConfig>("upstream/attempts/hedging-service", "createHedgingService", {
        ...managed,
        retry: configOf(retry),
        hedge: retry.hedge,
      });

const configOf = ({
  attempts,
  on,
  perTry,
  backoff,
  budget,
  bodyBytes,
}: ServiceRetryIr): Lowered<RetryingServiceConfig["retry"]> => ({ attempts, on, perTry, backoff, budget, bodyBytes });
