import type { KeyedConcurrencyConfig } from "../../../runtime/policies/concurrency/by-key.ts";
import type { ConcurrencyConfig } from "../../../runtime/policies/concurrency/index.ts";
import type { ConcurrencyOptions } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import type { ExpressionIr } from "../../ir/expression.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { call, definePolicy, type LoweredPolicy, type PolicyContext } from "../../policy/contract.ts";
import { limitContradiction, limiterOf, limiterText } from "../../resource/limiter.ts";
import { parseDuration } from "../../text/formats.ts";
import { adaptiveByKey, limitBounds, nameMissing, targetOverInterval } from "./messages.gen.ts";

export const concurrency = definePolicy<ConcurrencyOptions>({
  name: "concurrency",
  // Right in front of the service: whoever is refused, answered otherwise or slow to send what is checked takes no place.
  stages: ["forward"],
  onFailure: "closed",
  multiple: true,
  canRefuse: true,

  check(options, context) {
    const { limit, queue, per, name, by } = options;
    if (per === "name" && name === undefined) context.report(nameMissing(context.at("/per")));
    const contradiction = limitContradiction(limit);
    if (contradiction !== undefined)
      context.report(limitBounds(context.at(`/limit/${contradiction.option}`), { problem: contradiction.problem }));
    if (by !== undefined && typeof limit === "object") context.report(adaptiveByKey(context.at("/by")));
    if (queue !== undefined && parseDuration(queue.target) >= parseDuration(queue.interval))
      context.report(targetOverInterval(context.at("/queue/target"), { target: queue.target, interval: queue.interval }));
  },

  weakness(_options, { lowered, clientChooses }) {
    const by = keyIn(lowered);
    return by !== undefined && clientChooses(by)
      ? `a client chooses with whom it is counted by what it sends (\`${by.text.trim()}\`)`
      : undefined;
  },

  lower(options, context) {
    const { limit, queue, by } = options;
    const perOperation = options.per === "operation";
    const config: Lowered<ConcurrencyConfig> = {
      ...limiterOf(limit, queue, () => context.at("/limit")),
      name: nameOf(options, context),
      perOperation,
      reports: context.mode === "report",
      slot: { kind: "slot" },
    };
    const facts = {
      hooks: ["request", "done"] as const,
      mayAnswer: true,
      async: queue === undefined ? false : ("seldom" as const),
      instance: config.name,
      roles: ["living"] as const,
      summary: `${limiterText(limit, queue)}${by === undefined ? "" : ` by \`${by.trim()}\``}${perOperation ? "" : ", shared"}`,
    };
    if (by === undefined) return call<ConcurrencyConfig>("policies/concurrency", "createConcurrency", config, facts);
    const key = context.expression(by, "/by", "string");
    if (key === undefined) return { kind: "nothing" };
    const keyed = { ...config, by: key };
    return call<KeyedConcurrencyConfig>("policies/concurrency/by-key", "createKeyedConcurrency", keyed, facts);
  },
});

function keyIn(lowered: LoweredPolicy): ExpressionIr | undefined {
  if (lowered.kind !== "call") return undefined;
  // The config is the one that `lower` made.
  return (lowered.config as unknown as Partial<Lowered<KeyedConcurrencyConfig>>).by;
}

/** What shares a limit has one name. */
function nameOf({ per, name }: ConcurrencyOptions, { origin }: PolicyContext): string {
  if (per === "name") return `concurrency ${name}`;
  return `${formatOrigin(origin)}:${origin.column} concurrency${name === undefined ? "" : ` ${name}`}`;
}
