import type { RuleConfig } from "../../../runtime/policies/rate-limit/index.ts";
import type { RateLimitOptions } from "../../../schema/policies.gen.ts";
import type { ConfigIr, Lowered, MakeIr } from "../../ir/config.ts";
import type { Rate } from "../../text/formats.ts";

/** How one limit counts: the functions that make its law, and its script for a store that counts by itself. */
export function lawOf(
  rate: Rate,
  options: RateLimitOptions,
  counts: "here" | "there",
): Pick<Lowered<RuleConfig>, "law" | "script"> {
  const { limit, windowMs: window } = rate;
  const named = (file: string, name: string, config: ConfigIr): Pick<Lowered<RuleConfig>, "law" | "script"> => {
    const law = make(`limits/${file}`, `create${name}`, config);
    return counts === "here" ? { law } : { law, script: make(`stores/redis/scripts/${file}`, `create${name}Script`, config) };
  };
  switch (options.algorithm) {
    case "tokenBucket":
    case "gcra":
      return named("token-bucket", "TokenBucket", { limit, window, burst: burstOf(rate, options) });
    case "slidingWindow":
      return named("sliding-window", "SlidingWindow", { limit, window });
    case "fixedWindow": {
      const { calendar } = rate;
      const isByCalendar = calendar === "month" || options.timeZone !== undefined;
      const windows = isByCalendar
        ? make("limits/calendar", "createCalendar", { unit: calendar ?? "day", timeZone: options.timeZone ?? "UTC" })
        : make("limits/fixed-window", "createEvenWindows", { window });
      return named("fixed-window", "FixedWindow", { limit, windows });
    }
  }
}

/** Most requests at once. */
export const mostOf = (rate: Rate, options: RateLimitOptions): number =>
  options.algorithm === "tokenBucket" || options.algorithm === "gcra" ? burstOf(rate, options) : rate.limit;

const burstOf = ({ limit }: Rate, { burst, algorithm }: RateLimitOptions): number => burst ?? (algorithm === "gcra" ? 1 : limit);

const make = (module: string, name: string, config: ConfigIr): MakeIr => ({ kind: "make", factory: { module, name }, config });
