import type { RetryingServiceConfig } from "../../../../runtime/upstream/attempts/retrying-service.ts";
import type { Service } from "../../../../schema/resources.gen.ts";
import type { Lowered, NumberIr } from "../../../ir/config.ts";
import type { ServiceRetryIr } from "../../../ir/retry.ts";
import type { ResourceContext } from "../../../resource/contract.ts";
import { parseDuration, parsePercentage, parseRate, parseSize } from "../../../text/formats.ts";
import { pausesCross } from "./messages.gen.ts";

export function checkRetry({ retry }: Service, context: ResourceContext): void {
  if (retry === undefined) return;
  const { base, max } = retry.backoff;
  if (parseDuration(base) > parseDuration(max)) context.report(pausesCross(context.key("/retry/backoff"), { base, max }));
}

/** `within`: milliseconds that a request may take. */
export function retryOf({ retry }: Service, within: NumberIr, context: ResourceContext): ServiceRetryIr | undefined {
  if (retry === undefined) return undefined;
  const { attempts, on, perTry, backoff, budget, bodyBytes } = retry;
  const { limit, windowMs } = parseRate(budget.min);
  return {
    attempts,
    on,
    perTry: perTry === undefined ? 0 : parseDuration(perTry),
    backoff: { base: parseDuration(backoff.base), max: parseDuration(backoff.max) },
    budget: { ratio: parsePercentage(budget.ratio), min: (limit * 1_000) / windowMs },
    bodyBytes: parseSize(bodyBytes),
    within,
    origin: context.key("/retry"),
    withinOrigin: context.at("/timeout/response"),
  };
}

/** What the run-time side is told of it. */
export const retryConfig = ({
  attempts,
  on,
  perTry,
  backoff,
  budget,
  bodyBytes,
}: ServiceRetryIr): Lowered<RetryingServiceConfig["retry"]> => ({ attempts, on, perTry, backoff, budget, bodyBytes });
