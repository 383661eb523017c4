import type { BrownoutConfig } from "../../../runtime/policies/brownout/index.ts";
import type { BrownoutOptions } from "../../../schema/policies.gen.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { count } from "../../text/words.ts";
import { checkWindows } from "./check.ts";
import { type Occurrence, occurrencesOf } from "./occurrences.ts";

export const brownout = definePolicy<BrownoutOptions>({
  name: "brownout",
  // Behind authentication, so that `when` can leave callers out; before anything is counted or kept.
  stages: ["authorize"],
  onFailure: "open",
  undecided: "skip",

  check(options, context) {
    checkWindows(options, context);
  },

  lower(options, context) {
    const occurrences = occurrencesOf(options);
    const config: BrownoutConfig = {
      at: formatOrigin(context.origin),
      status: options.status,
      edges: occurrences.flatMap(({ start, end }) => [start, end]),
    };
    return call<BrownoutConfig>("policies/brownout", "createBrownout", config, {
      hooks: ["request"],
      mayAnswer: true,
      roles: ["living"],
      summary: `${options.status} in ${count(occurrences.length, "window")}, ${spanOf(occurrences)}`,
    });
  },
});

/** `2027-02-01T09:00Z to 2027-02-19T10:00Z`. */
const spanOf = (occurrences: readonly Occurrence[]): string =>
  `${minuteOf(occurrences[0]!.start)} to ${minuteOf(occurrences.at(-1)!.end)}`;

const minuteOf = (time: number): string => `${new Date(time).toISOString().slice(0, 16)}Z`;
