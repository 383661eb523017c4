import type { StepPlan } from "../../../runtime/policies/split/roll-out/plan.ts";
import type { SplitOptions } from "../../../schema/policies.gen.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { parseDuration, parseInstant, parsePercentage } from "../../text/formats.ts";
import { stepsRise, stepTooLong } from "./messages.gen.ts";

/** What a step is where only its share is written; the schema has the same for those that are. */
const usual = { after: "10m", hold: false } as const;

type Steps = NonNullable<SplitOptions["steps"]>;

export const stepsOf = (steps: Steps): readonly StepPlan[] =>
  steps.map((written) => {
    const { share, until, after = usual.after, hold = usual.hold } = typeof written === "string" ? { share: written } : written;
    return {
      share: parsePercentage(share),
      after: parseDuration(after),
      until: until === undefined ? null : parseInstant(until),
      hold,
    };
  });

/** All of them in turn; where the release goes from region to region, those of one after those of another. */
export const plannedSteps = ({
  steps,
  regions,
}: Pick<SplitOptions, "regions"> & { readonly steps: Steps }): readonly StepPlan[] =>
  regions === undefined
    ? stepsOf(steps)
    : regionsIn(regions).flatMap(({ region, steps: own = steps }) => stepsOf(own).map((step) => ({ ...step, region })));

/** In order. `steps`: undefined where those of the split hold. */
export const regionsIn = ({
  order,
}: NonNullable<SplitOptions["regions"]>): readonly { readonly region: string; readonly steps?: Steps }[] =>
  order.map((written) => (typeof written === "string" ? { region: written } : written));

/** Times beyond are no longer dates at some point. */
const longest = 365 * 86_400_000;

/** `first`: the share in front of them, `pointer`: of the list. */
export function checkSteps(steps: Steps, first: number, pointer: string, context: PolicyContext): void {
  let before = first;
  for (const [index, { share, after }] of stepsOf(steps).entries()) {
    const what = index === 0 ? `the ${percentText(before)} under \`to\`` : `the ${percentText(before)} of the step before`;
    if (share <= before)
      context.report(stepsRise(context.at(`${pointer}/${index}`), { share: percentText(share), before: what }));
    if (after > longest) {
      const { after: written = usual.after } = steps[index] as Exclude<Steps[number], string>;
      context.report(stepTooLong(context.at(`${pointer}/${index}/after`), { after: written }));
    }
    before = share;
  }
}

export const percentText = (share: number): string => `${Number((share * 100).toFixed(4))}%`;
