import type { HedgeOptions } from "../../../schema/policies.gen.ts";
import { definePolicy } from "../../policy/contract.ts";
import { lateAfter, parseDuration } from "../../text/formats.ts";
import { atOnce, neverLate } from "./messages.gen.ts";

/** Narrows `hedge` of the service. Part of how an operation is forwarded: it makes no step. */
export const hedge = definePolicy<HedgeOptions>({
  name: "hedge",
  stages: ["forward"],
  onFailure: "closed",

  check({ after, attempts }, context) {
    if (after === undefined) return;
    if (attempts === 1) context.report(neverLate(context.at("/after"), { after }));
    else if (!after.startsWith("p") && parseDuration(after) < 1) context.report(atOnce(context.at("/after")));
  },

  lower({ after, attempts }) {
    return {
      kind: "forwarding",
      hedge: {
        ...(after === undefined ? {} : { after: lateAfter(after) }),
        ...(attempts === undefined ? {} : { attempts }),
      },
      summary:
        attempts === 1
          ? "asked once"
          : [
              ...(attempts === undefined ? [] : [`up to ${attempts} at the same time`]),
              ...(after === undefined ? [] : [`late after ${after}`]),
            ].join("; "),
    };
  },
});
