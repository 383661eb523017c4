import { emittedIn } from "../../ir/config-nodes.ts";
import type { StepIr } from "../../ir/step.ts";
import type { PolicyDefinition } from "../../policy/contract.ts";
import type { Told } from "../../policy/told.ts";

/** What the service learns from a step beside what the client sent; undefined: nothing. */
export function toldBy(
  step: Pick<StepIr, "policy" | "hooks" | "fields" | "sends" | "when" | "config" | "reroutes" | "origin">,
  definition: PolicyDefinition<never>,
): Told | undefined {
  if (!step.hooks.includes("upstreamRequest")) return undefined;
  const fields = (step.fields?.request ?? []).map((name) => name.toLowerCase());
  const constants = step.when === undefined ? (step.sends?.constants ?? []).map(([name]) => name) : [];
  // What it is told of an arm, the service that it went to says as well.
  const isArm = step.reroutes?.arms !== undefined;
  const expressions = [...(step.when === undefined ? [] : [step.when]), ...emittedIn(step.config, "expression")];
  return {
    policy: step.policy,
    fields,
    changing: fields.filter((name) => !constants.includes(`header ${name}`)),
    confidential: step.sends?.confidential ?? [],
    renamed: step.sends?.renamed ?? [],
    ofIdentity: isArm ? [] : expressions.filter(({ reads }) => reads.identity),
    asks: isArm || step.reroutes === undefined ? [] : expressions,
    isPathAsSent: step.reroutes?.asSent !== undefined,
    isWho: definition.identityFields !== undefined && !isArm,
    isDecision: definition.decidesAccess === true && fields.length > 0,
    origin: step.origin,
  };
}
