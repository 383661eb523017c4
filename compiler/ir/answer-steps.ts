import { hasRole } from "./role.ts";
import { type AnswerPlace, answerPlaces, type StepIr } from "./step.ts";

/** Those who have a say in the answer of a service, in the order in which it comes to them. */
export const answerSteps = <Holder extends { readonly step: StepIr }>(chain: readonly Holder[]): readonly Holder[] =>
  chain
    .filter(({ step }) => step.answer !== undefined)
    .sort(
      ({ step: one }, { step: other }) => answerPlaces.indexOf(one.answer!.place) - answerPlaces.indexOf(other.answer!.place),
    );

/** The step that keeps answers for others. */
export const keepingStep = <Holder extends { readonly step: StepIr }>(chain: readonly Holder[]): Holder | undefined =>
  chain.find(({ step }) => hasRole(step, "keeps"));

/** The step that alone is asked again for each who gets a kept answer: what it makes of one, it makes once for all. */
export function packingStep<Holder extends { readonly step: StepIr }>(chain: readonly Holder[]): Holder | undefined {
  if (keepingStep(chain) === undefined) return undefined;
  const [only, ...others] = answerSteps(chain).filter(({ step }) => isBehindStore(step.answer!.place));
  if (only === undefined || others.length > 0 || only.step.when !== undefined) return undefined;
  return hasRole(only.step, "packs") ? only : undefined;
}

/** What stands there is done for each who gets a kept answer. */
export const isBehindStore = (place: AnswerPlace): boolean => answerPlaces.indexOf(place) > answerPlaces.indexOf("store");
