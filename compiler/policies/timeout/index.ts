import type { TimeoutOptions } from "../../../schema/policies.gen.ts";
import type { NumberIr } from "../../ir/config.ts";
import { definePolicy } from "../../policy/contract.ts";
import { parseDuration } from "../../text/formats.ts";
import { startNumber, withDefaults } from "../../text/setting.ts";
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
      const known = withDefaults(duration);
      // What only the environment says is judged when the gateway starts.
      if (known === undefined) continue;
      const milliseconds = parseDuration(known);
      if (milliseconds < 1 || milliseconds > longest) context.report(outOfRange(context.at(`/${option}`), { duration: known }));
    }
  },

  lower({ response, idle }, context) {
    const milliseconds = (option: "response" | "idle", written: string): NumberIr =>
      startNumber(written, parseDuration, () => context.at(`/${option}`), "duration");
    return {
      kind: "forwarding",
      ...(response === undefined ? {} : { responseTimeout: milliseconds("response", response) }),
      ...(idle === undefined ? {} : { idleTimeout: milliseconds("idle", idle) }),
      summary: [
        ...(response === undefined ? [] : [`answer within ${response}`]),
        ...(idle === undefined ? [] : [`silence at most ${idle}`]),
      ].join(", "),
    };
  },
});
