import type { TimeoutOptions } from "../../../schema/policies.gen.ts";
import { definePolicy } from "../../policy/contract.ts";
import { parseDuration } from "../../text/formats.ts";
import { outOfRange } from "./messages.gen.ts";

const longest = 86_400_000;

export const timeout = definePolicy<TimeoutOptions>({
  name: "timeout",
  stages: ["forward"],
  onFailure: "closed",

  check(options, context) {
    const milliseconds = parseDuration(options.response);
    if (milliseconds < 1 || milliseconds > longest)
      context.report(outOfRange(context.at("/response"), { duration: options.response }));
  },

  lower(options) {
    return { kind: "forwarding", responseTimeout: parseDuration(options.response), summary: `answer within ${options.response}` };
  },
});
