import type { Service } from "../../../../schema/resources.gen.ts";
import type { ResourceContext } from "../../../resource/contract.ts";
import { limitContradiction } from "../../../resource/limiter.ts";
import { parseDuration } from "../../../text/formats.ts";
import { concurrencyBounds, concurrencyTarget } from "./messages.gen.ts";

export function checkConcurrency({ concurrency }: Service, context: ResourceContext): void {
  if (concurrency === undefined) return;
  const { name } = context;
  const { limit, queue } = concurrency;
  const contradiction = limitContradiction(limit);
  if (contradiction !== undefined) {
    const at = context.at(`/concurrency/limit/${contradiction.option}`);
    context.report(concurrencyBounds(at, { name, problem: contradiction.problem }));
  }
  if (queue === undefined) return;
  const { target, interval } = queue;
  if (parseDuration(target) >= parseDuration(interval))
    context.report(concurrencyTarget(context.at("/concurrency/queue/target"), { name, target, interval }));
}
