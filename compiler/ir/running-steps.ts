import type { GatewayIr, OperationIr } from "./gateway.ts";
import { runsBeforeOptions } from "./options-steps.ts";
import type { Hook, StepIr } from "./step.ts";

/** What becomes of a request, as far as it decides which steps run. */
export type Course =
  /** It has an operation, whose chain it runs through. */
  | { readonly kind: "operation"; readonly operation: OperationIr }
  /** The operation answers a CORS preflight, before any chain. */
  | { readonly kind: "preflight"; readonly operation: OperationIr }
  /** OPTIONS that no operation takes, for the service of another one of the path. */
  | { readonly kind: "options"; readonly operation: OperationIr }
  /** It will have none, and the gateway's own policies answer the CORS preflight. */
  | { readonly kind: "unmatchedPreflight" }
  /** It has none: 404, 405, a redirect to another spelling, or OPTIONS for the gateway itself. */
  | { readonly kind: "unmatched" }
  /** It is refused before an operation is looked for, and the gateway's own policies see the answer only. */
  | { readonly kind: "refused" }
  /** It could not be read, so that there is nothing to show to a policy. */
  | { readonly kind: "unread" };

/** A step and those of its hooks that run. */
export interface RunningStep {
  readonly step: StepIr;
  readonly hooks: readonly Hook[];
}

/**
 * The steps that run, in the order of requests; hooks on the way back run in reverse. A step that refuses ends the chain:
 * the request hooks behind it do not run, and a condition behind it is never decided.
 */
export function runningSteps(course: Course, { unmatched }: Pick<GatewayIr, "unmatched">): readonly RunningStep[] {
  switch (course.kind) {
    case "operation": {
      const isForwarded = course.operation.forward.kind === "forward";
      return having(
        course.operation.steps,
        (hook) =>
          hook !== "preflight" && hook !== "retarget" && (isForwarded || (hook !== "upstreamRequest" && !isOfService(hook))),
      );
    }
    case "preflight":
      return ofPreflight(course.operation.steps);
    case "options":
      return having(course.operation.steps, (hook, step) =>
        hook === "request"
          ? runsBeforeOptions(step)
          : hook !== "preflight" &&
            hook !== "retarget" &&
            !isOfService(hook) &&
            (step.when === undefined || runsBeforeOptions(step)),
      );
    case "unmatchedPreflight":
      return ofPreflight(unmatched);
    case "unmatched":
      return having(unmatched, (hook) => hook === "request" || isOnAnswer(hook));
    case "refused":
      return having(unmatched, (hook, { when }) => isOnAnswer(hook) && when === undefined);
    case "unread":
      return [];
  }
}

/** No chain has run that could have decided a condition, so later hooks of a conditional step do not run. */
const ofPreflight = (steps: readonly StepIr[]): RunningStep[] =>
  having(steps, (hook, { when }) => (hook === "preflight" ? true : isOnAnswer(hook) && when === undefined));

/** Only the chain of the operation itself opens the way back for the answer of its service. */
const isOfService = (hook: Hook): boolean => hook === "answerHead" || hook === "answerStream" || hook === "answerBody";

const isOnAnswer = (hook: Hook): boolean => hook === "response" || hook === "done";

const having = (steps: readonly StepIr[], runs: (hook: Hook, step: StepIr) => boolean): RunningStep[] =>
  steps.flatMap((step) => {
    const hooks = step.hooks.filter((hook) => runs(hook, step));
    return hooks.length === 0 ? [] : [{ step, hooks }];
  });

/** The policies behind them, each once. */
export const policiesOf = (course: Course, gateway: Pick<GatewayIr, "unmatched">): readonly string[] => [
  ...new Set(runningSteps(course, gateway).map(({ step }) => step.policy)),
];
