import { type AnswerPlace, answerPlaces, type StepIr } from "./step.ts";

/** Those who have a say in the answer of a service, in the order in which it comes to them. */
export const answerSteps = <Holder extends { readonly step: StepIr }>(chain: readonly Holder[]): readonly Holder[] =>
  chain
    .filter(({ step }) => step.answer !== undefined)
    .sort(
      ({ step: one }, { step: other }) => answerPlaces.indexOf(one.answer!.place) - answerPlaces.indexOf(other.answer!.place),
    );

/** What stands there is done for each who gets a kept answer. */
export const isBehindStore = (place: AnswerPlace): boolean => answerPlaces.indexOf(place) > answerPlaces.indexOf("store");
