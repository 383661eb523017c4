import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { AccessIr } from "../../ir/gateway.ts";
import { type Fact, type StepIr, stages } from "../../ir/step.ts";
import { list } from "../../text/words.ts";
import type { LinkedOperation } from "../2-link/linked-gateway.ts";
import { streamTaken, unprovided } from "./messages.gen.ts";

/** A lowered step together with what its policy says about its place. */
export interface UnorderedStep {
  readonly step: Omit<StepIr, "stage">;
  /** Stages in which it may run, earliest first. */
  readonly stages: readonly StepIr["stage"][];
  readonly after: readonly string[];
}

/**
 * Puts the steps of one chain in order: by the first stage at which everything a step requires is provided, then by
 * dependency, then by name, so that neither files nor keys decide. Each requirement that nothing provides is reported.
 */
export function orderSteps(
  steps: readonly UnorderedStep[],
  operation: LinkedOperation | undefined,
  access: AccessIr | undefined,
  sink: DiagnosticSink,
): StepIr[] {
  const staged: (UnorderedStep & { readonly stage: StepIr["stage"] })[] = [];
  for (const candidate of steps) {
    const stage = firstStage(candidate, steps);
    if (stage === undefined) {
      if (operation !== undefined) reportUnprovided(candidate, steps, operation, access, sink);
      continue;
    }
    staged.push({ ...candidate, stage });
  }
  if (operation !== undefined) reportTakenStreams(steps, operation, sink);
  const ordered: typeof staged = [];
  const waiting = staged.toSorted(
    (a, b) =>
      stages.indexOf(a.stage) - stages.indexOf(b.stage) ||
      (a.step.policy < b.step.policy ? -1 : a.step.policy > b.step.policy ? 1 : 0),
  );
  while (waiting.length > 0) {
    const next = waiting.findIndex((candidate) => waiting.every((other) => other === candidate || !mustFollow(candidate, other)));
    // A cycle can only come from two policies that name each other in `after`: a bug of ours.
    if (next < 0) throw new Error(`policies wait for each other: ${list(waiting.map(({ step }) => step.policy))}`);
    ordered.push(...waiting.splice(next, 1));
  }
  return ordered.map(({ step, stage }) => ({ ...step, stage }));
}

function firstStage(candidate: UnorderedStep, steps: readonly UnorderedStep[]): StepIr["stage"] | undefined {
  return candidate.stages.find((stage) =>
    candidate.step.requires.every(
      (fact) =>
        // Bodies stream unless a step takes one, which is reported by itself.
        fact === "stream" ||
        (isOfService(fact) && isForwarded(steps)) ||
        steps.some(
          (other) =>
            other !== candidate &&
            other.step.provides.includes(fact) &&
            stages.indexOf(other.stages[0]!) <= stages.indexOf(stage),
        ),
    ),
  );
}

/** The answer, and its value, are given by every service, and by nobody else. */
const isOfService = (fact: Fact): boolean => fact === "answer" || fact === "answer.parsed";

const isForwarded = (steps: readonly UnorderedStep[]): boolean =>
  !steps.some(({ step }) => step.answers === true && step.when === undefined);

/** A body that one step wants as a whole cannot stream for another. */
function reportTakenStreams(steps: readonly UnorderedStep[], operation: LinkedOperation, sink: DiagnosticSink): void {
  const takers = steps.filter(({ step }) => step.body === "buffered" || step.body === "replaced" || wantsWholeAnswer(step));
  for (const { step } of steps) {
    if (!step.requires.includes("stream")) continue;
    for (const { step: taker } of takers) {
      const body = wantsWholeAnswer(taker) ? "the body of the answer" : "the body of the request";
      const values = { policy: step.policy, other: taker.policy, body, operation: operation.operationId };
      const related = [
        { origin: taker.origin, text: `wants ${body} as a whole` },
        { origin: operation.origin, text: `${operation.match.method} ${operation.match.path.template}` },
      ];
      sink.report(streamTaken(step.origin, values, { related, alike: operation.operationId }));
    }
  }
}

const wantsWholeAnswer = ({ answer }: Pick<StepIr, "answer">): boolean =>
  answer?.most !== undefined && answer.larger !== "streamed" && answer.larger !== "unkept";

function mustFollow(candidate: UnorderedStep & { stage: string }, other: UnorderedStep & { stage: string }): boolean {
  if (candidate.stage !== other.stage)
    return stages.indexOf(other.stage as StepIr["stage"]) < stages.indexOf(candidate.stage as StepIr["stage"]);
  return (
    candidate.step.requires.some((fact) => other.step.provides.includes(fact)) || candidate.after.includes(other.step.policy)
  );
}

function reportUnprovided(
  candidate: UnorderedStep,
  steps: readonly UnorderedStep[],
  operation: LinkedOperation,
  access: AccessIr | undefined,
  sink: DiagnosticSink,
): void {
  const isForwardedOn = isForwarded(steps);
  const missing = candidate.step.requires.filter(
    (fact) => !(isOfService(fact) && isForwardedOn) && !steps.some((other) => other.step.provides.includes(fact)),
  );
  const related = [{ origin: operation.origin, text: `${operation.match.method} ${operation.match.path.template}` }];
  if (access !== undefined && missing.includes("identity")) {
    if (access.kind === "public") related.push({ origin: access.origin, text: "made public here: nothing authenticates it" });
    else
      related.push({
        origin: access.origin,
        text: "credentials of `passThrough` get in here: whose they are, only the service knows",
      });
  }
  const at =
    candidate.step.options.find((option) => option.pointer === "/by" && option.origin !== undefined)?.origin ??
    candidate.step.origin;
  const facts = missing.length > 0 ? missing : candidate.step.requires;
  sink.report(
    unprovided(
      at,
      {
        policy: candidate.step.policy,
        summary: candidate.step.summary,
        facts: list(facts.map((fact) => factNames[fact])),
        help: facts.map((fact) => remedies[fact]).join(" "),
        operation: operation.operationId,
      },
      { related, alike: operation.operationId },
    ),
  );
}

const factNames: Record<Fact, string> = {
  identity: "an identity",
  "body.parsed": "a parsed body",
  "body.raw": "the body as the client sent it",
  answer: "an answer of a service",
  "answer.parsed": "the value of a service's answer",
  stream: "a body that streams",
};

const remedies: Record<Fact, string> = {
  identity:
    "An identity comes from `security`, in the spec or as a policy; an operation that is `public`, or lets credentials of `passThrough` in, has none. Require authentication, or choose an option that needs nobody's name.",
  "body.parsed":
    "A parsed body comes from `validate`, for a JSON or form body that the spec declares. Switch `validate` on, or use other parts of the request.",
  "body.raw": "Let an earlier policy keep the body as the client sent it, or change the option so that it is not needed.",
  answer: "Only what is forwarded to a service gets an answer from one: here a policy answers every request.",
  "answer.parsed": "Only what is forwarded to a service gets an answer from one: here a policy answers every request.",
  stream: "Switch off what reads the whole body, or change the option so that it may be read.",
};
