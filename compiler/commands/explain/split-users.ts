import { Places } from "../../../runtime/policies/split/places.ts";
import { placeOf, seedOf } from "../../../runtime/policies/split/unit-hash.ts";
import type { RunningStep } from "../../ir/running-steps.ts";
import type { StepIr } from "../../ir/step.ts";

/** Where a split sends one user, as the running gateway would. */
export interface ExplainedUser {
  readonly experiment: string;
  readonly user: string;
  /** From 0 to 1: whoever has a smaller one than another comes first. */
  readonly place: number;
  /** With each share that a roll-out gives the new service, or with those that are configured. */
  readonly at: readonly { readonly shares: readonly number[]; readonly service: string }[];
  readonly step: StepIr;
}

/** What the config of a split is, as its `lower` made it. */
interface SplitFacts {
  readonly name: string;
  readonly base: string;
  readonly arms: readonly { readonly service: { readonly name: string }; readonly share: number }[];
}

/** `user`: a value of `sticky`, or of the cookie. */
export const splitUsers = (steps: readonly RunningStep[], user: string): readonly ExplainedUser[] =>
  steps.flatMap(({ step }) => {
    if (step.policy !== "split") return [];
    const { name, base, arms } = step.config as unknown as SplitFacts;
    const place = placeOf(seedOf(name), user);
    // The config of a roll-out is what the same policy made.
    const { plan } = (step.experiment?.config ?? {}) as {
      readonly plan?: { readonly steps: readonly { readonly share: number }[] };
    };
    const configured = arms.map(({ share }) => share);
    // Several regions may have steps with the same share.
    const each = plan === undefined ? [configured] : [configured, ...sharesIn(plan.steps).map((share) => [share])];
    const at = each.map((shares) => {
      const arm = new Places(shares).armAt(place);
      return { shares, service: arms[arm]?.service.name ?? base };
    });
    return [{ experiment: name, user, place: place / 2 ** 32, at, step }];
  });

const sharesIn = (steps: readonly { readonly share: number }[]): readonly number[] =>
  [...new Set(steps.map(({ share }) => share))].sort((one, other) => one - other);

/** `user       alice in checkout-2: place 37.2%; orders at 0%, 1%, 25%, ordersNext at 50%, 100%`. */
export function userLine({ experiment, user, place, at }: ExplainedUser): string {
  const services = [...new Set(at.map(({ service }) => service))];
  const texts = services.map((service) => {
    const shares = at.filter((one) => one.service === service).map((one) => one.shares.map(percent).join(" + "));
    return at.length === 1 ? service : `${service} at ${shares.join(", ")}`;
  });
  return `user       ${user} in ${experiment}: place ${percent(place)}; ${texts.join(", ")}`;
}

const percent = (share: number): string => `${Number((share * 100).toFixed(4))}%`;
