import type { SplitOptions } from "../../../schema/policies.gen.ts";
import { parsePercentage } from "../../text/formats.ts";
import { percentText, regionsIn, stepsOf } from "./steps.ts";

/** A service that gets a share of the requests. */
export interface Arm {
  readonly service: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly always: string | undefined;
}

export const armsOf = ({ to }: Pick<SplitOptions, "to">): readonly Arm[] =>
  Object.entries(to).map(([service, arm]) =>
    typeof arm === "string"
      ? { service, share: parsePercentage(arm), always: undefined }
      : { service, share: parsePercentage(arm.share), always: arm.always },
  );

/** Of the experiment. */
export const nameOf = (options: Pick<SplitOptions, "to" | "name">): string => options.name ?? Object.keys(options.to).join("-");

/** Somebody who is not known stays where everybody was, unless it is said that nobody needs to be known. */
export const otherwiseOf = ({ otherwise, sticky }: SplitOptions): NonNullable<SplitOptions["otherwise"]> =>
  otherwise ?? (sticky === undefined ? "random" : "base");

/** `1% → 5% → 100%` where it is rolled out. */
export function shareText(share: number, { steps, regions }: Pick<SplitOptions, "steps" | "regions">): string {
  if (steps === undefined) return percentText(share);
  const text = (some: typeof steps): string =>
    stepsOf(some)
      .map((step) => percentText(step.share))
      .join(" → ");
  if (regions === undefined) return text(steps);
  return regionsIn(regions)
    .map(({ region, steps: own = steps }) => `${text(own)} in ${region}`)
    .join(", then ");
}

/** For `explain`, behind the address of the service. */
export function whichText({ share, always }: Arm, options: SplitOptions): string {
  const { sticky } = options;
  const otherwise = otherwiseOf(options);
  const rest = {
    base: "those without one stay",
    random: sticky === undefined ? "each request by itself" : "each request without one by itself",
    cookie: sticky === undefined ? "by a cookie" : "those without one by a cookie",
  }[otherwise];
  const by = sticky === undefined ? rest : `by \`${sticky.trim()}\`, ${rest}`;
  return [
    `${shareText(share, options)} in experiment ${nameOf(options)} (${by})`,
    ...(always === undefined ? [] : [`always where \`${always.trim()}\``]),
  ].join(", ");
}
