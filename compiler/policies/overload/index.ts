import type { OverloadConfig } from "../../../runtime/policies/overload/index.ts";
import type { OverloadOptions } from "../../../schema/policies.gen.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { parseDuration } from "../../text/formats.ts";
import { lagTooShort } from "./messages.gen.ts";

/** Milliseconds by which timers are late in a process that has nothing to do. */
const shortestLag = 10;

export const overload = definePolicy<OverloadOptions>({
  name: "overload",
  // Who calls may say how important a request is.
  stages: ["limit"],
  onFailure: "open",
  unmatched: true,
  canRefuse: true,
  after: ["priority"],

  check({ eventLoopLag, interval }, context) {
    for (const [option, text] of Object.entries({ eventLoopLag, interval }))
      if (parseDuration(text) < shortestLag) context.report(lagTooShort(context.at(`/${option}`), { option, duration: text }));
  },

  lower({ eventLoopLag, interval }, context) {
    return call<OverloadConfig>(
      "policies/overload",
      "createOverload",
      { at: formatOrigin(context.origin), most: parseDuration(eventLoopLag), interval: parseDuration(interval) },
      {
        hooks: ["request"],
        mayAnswer: true,
        instance: formatOrigin(context.origin),
        roles: ["living"],
        summary: `while the event loop is more than ${eventLoopLag} late, in each worker`,
      },
    );
  },
});
