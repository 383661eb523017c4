import { isBehindStore } from "../../compiler/ir/answer-steps.ts";
import { hasRole } from "../../compiler/ir/role.ts";
import { answerPlaces, type Hook, type StepIr } from "../../compiler/ir/step.ts";
import type { AnswerChain, AnswerHooks } from "../../runtime/exchange/answer-hooks.ts";
import type { Exchange } from "../../runtime/exchange/exchange.ts";
import type { Operation } from "../../runtime/gateway/operation.ts";
import { openWayBack } from "../../runtime/upstream/way-back/way-back.ts";

type Chain = readonly { readonly step: StepIr; readonly instance: AnswerHooks }[];

/** By the places on the way back, one after the other. */
const answering = (steps: Chain): Chain =>
  answerPlaces.flatMap((place) => steps.filter(({ step }) => step.answer?.place === place));

export function openForAnswers(x: Exchange, steps: Chain): void {
  const uses = answering(steps)
    .filter(({ step }) => step.hooks.some((hook) => hook.startsWith("answer")))
    .map(({ step }) => step.answer!);
  if (uses.length > 0) openWayBack(x, uses.some(({ silent }) => silent) || undefined);
}

/** Hooks of the way back, each step asked in a loop. */
export function interpretAnswers(
  steps: Chain,
  runs: (x: Exchange, step: StepIr) => boolean,
): Pick<Operation, "answerHead" | "answerStream" | "answerBody"> {
  const chain = answering(steps);
  if (chain.length === 0) return {};
  const keeps = steps.some(({ step }) => hasRole(step, "keeps"));
  const isItsPart = (step: StepIr, back: AnswerChain): boolean =>
    !keeps || (isBehindStore(step.answer!.place) ? back.isBehind : back.isBefore);
  const running = (x: Exchange, hook: Hook, back: AnswerChain) =>
    [...chain.entries()].filter(([, { step }]) => step.hooks.includes(hook) && runs(x, step) && isItsPart(step, back));
  return {
    async answerHead(x, back) {
      for (const [place, { instance }] of running(x, "answerHead", back))
        if (back.asked(place, await instance.answerHead!(x))) return true;
      return false;
    },
    answerStream(x, back) {
      for (const [place, { instance }] of running(x, "answerStream", back)) back.through(place, instance.answerStream!(x));
    },
    answerBody(x, back) {
      for (const [place, { instance }] of running(x, "answerBody", back))
        if (back.wants(place) && back.judged(place, instance.answerBody!(x, back.body(place)))) return true;
      return false;
    },
  };
}
