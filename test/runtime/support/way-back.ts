import type { AnswerChain, AnswerHooks } from "../../../runtime/exchange/answer-hooks.ts";
import type { Exchange } from "../../../runtime/exchange/exchange.ts";
import type { Operation } from "../../../runtime/gateway/operation.ts";
import { forward } from "../../../runtime/upstream/forward.ts";
import type { Service } from "../../../runtime/upstream/service.ts";
import { openWayBack } from "../../../runtime/upstream/way-back/way-back.ts";
import { operation, plainForward } from "./gateway.ts";

/** The hooks that the compiler would emit for `steps`. */
export const answerHooks = (steps: readonly AnswerHooks[]): Pick<Operation, "answerHead" | "answerStream" | "answerBody"> => ({
  answerHead(x, back) {
    const ask = (place: number): boolean | Promise<boolean> => {
      for (let at = place; at < steps.length; at++) {
        const interest = steps[at]!.answerHead?.(x);
        if (interest instanceof Promise) return interest.then((late) => back.asked(at, late) || ask(at + 1));
        if (back.asked(at, interest)) return true;
      }
      return false;
    };
    return ask(0);
  },
  answerStream(x: Exchange, back: AnswerChain) {
    for (const [place, step] of steps.entries()) back.through(place, step.answerStream?.(x));
  },
  answerBody(x, back) {
    for (const [place, step] of steps.entries())
      if (back.wants(place) && back.judged(place, step.answerBody?.(x, back.body(place)))) return true;
    return false;
  },
});

/** Forwards everything to `target`, and its answers pass the steps. */
export const answered = (target: Service, steps: readonly AnswerHooks[], change: Partial<Operation> = {}): Operation =>
  operation({
    request(x) {
      openWayBack(x);
      forward(x, target, plainForward);
    },
    ...answerHooks(steps),
    ...change,
  });
