import type { StepPlan } from "../../../runtime/policies/split/roll-out/plan.ts";
import type { SplitOptions } from "../../../schema/policies.gen.ts";
import { parseDuration, parseInstant, parsePercentage } from "../../text/formats.ts";

/** What a step is where only its share is written; the schema has the same for those that are. */
const usual = { after: "10m", hold: false } as const;

export const stepsOf = (steps: NonNullable<SplitOptions["steps"]>): readonly StepPlan[] =>
  steps.map((written) => {
    const { share, until, after = usual.after, hold = usual.hold } = typeof written === "string" ? { share: written } : written;
    return {
      share: parsePercentage(share),
      after: parseDuration(after),
      until: until === undefined ? null : parseInstant(until),
      hold,
    };
  });
