import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { emittedIn } from "../../ir/config-nodes.ts";
import type { TrailersIr } from "../../ir/gateway.ts";
import type { StepIr } from "../../ir/step.ts";
import { isNeverTrailer } from "../../text/trailer-names.ts";
import { trailerSpokenFor } from "./messages.gen.ts";
import type { LoweredPolicies } from "./steps.ts";

type Side = "request" | "response";

/**
 * Which trailers pass on an operation: what its policies list, and of answers, where they list nothing, all that no step
 * speaks for. Steps see heads alone, so a trailer that says once more what a step settled would get around it.
 */
export function settleTrailers(
  { trailers, options }: LoweredPolicies["forwarding"],
  steps: readonly StepIr[],
  sink: DiagnosticSink,
): { readonly trailers?: TrailersIr } {
  for (const side of ["request", "response"] as const) {
    const written = options.find(({ pointer }) => pointer.startsWith(`/trailers/${side}`))?.origin;
    for (const name of trailers?.[side] ?? []) {
      const owner = steps.find((step) => spokenFor(step, side).some((rule) => isMeant(name, rule)));
      if (owner === undefined || written === undefined) continue;
      const related = [{ origin: owner.origin, text: "sees the head alone" }];
      sink.report(trailerSpokenFor(written, { name, policy: owner.policy, side }, { related }));
    }
  }
  const owned = [...new Set(steps.flatMap((step) => spokenFor(step, "response")))].filter((name) => !isNeverTrailer(name)).sort();
  if (trailers === undefined && owned.length === 0) return {};
  return { trailers: { request: trailers?.request ?? [], response: trailers?.response ?? null, owned } };
}

/** Names, and begins of names, in lower case. Who has a say in answers and does not tell in which fields has it in all. */
function spokenFor(step: StepIr, side: Side): string[] {
  const { fields, hooks } = step;
  const said = side === "request" ? (fields?.request ?? []) : (fields?.response ?? (hooks.includes("response") ? ["*"] : []));
  return [...said, ...(side === "request" ? fieldsRead(step) : [])].map((name) => name.toLowerCase());
}

function fieldsRead({ config, when }: StepIr): string[] {
  const found = emittedIn(config, "expression");
  return [...(when === undefined ? [] : [when]), ...found].flatMap(({ reads }) => reads.headers);
}

const isMeant = (name: string, rule: string): boolean =>
  rule.endsWith("*") ? name.startsWith(rule.slice(0, -1)) : rule === name;
