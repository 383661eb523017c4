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
    for (const option of ["response", "idle"] as const) {
      const duration = options[option];
      if (duration === undefined) continue;
      const milliseconds = parseDuration(duration);
      if (milliseconds < 1 || milliseconds > longest) context.report(outOfRange(context.at(`/${option}`), { duration }));
    }
  },

  lower({ response, idle }) {
    return {
      kind: "forwarding",
      ...(response === undefined ? {} : { responseTimeout: parseDuration(response) }),
      ...(idle === undefined ? {} : { idleTimeout: parseDuration(idle) }),
      summary: [
        ...(response === undefined ? [] : [`answer within ${response}`]),
        ...(idle === undefined ? [] : [`silence at most ${idle}`]),
      ].join(", "),
    };
  },
});
