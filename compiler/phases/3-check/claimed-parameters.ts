import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { OperationIr } from "../../ir/gateway.ts";
import type { ListenerIr } from "../../ir/listener.ts";
import type { ParameterIr } from "../../ir/parameter.ts";
import { claimOf } from "../../text/claimed-fields.ts";
import { claimedParameter } from "./messages.gen.ts";

/** Says of header parameters that are removed as claims that the service will not get them. */
export function checkClaimedParameters(
  { operationId, forward, steps }: OperationIr,
  parameters: readonly ParameterIr[],
  { keptFields = [] }: Pick<ListenerIr, "keptFields">,
  credentials: readonly string[],
  sink: DiagnosticSink,
): void {
  if (forward.kind === "terminal") return;
  const kept = [...keptFields, ...steps.flatMap(({ keeps }) => keeps ?? []), ...credentials].map((name) => name.toLowerCase());
  for (const { in: where, name, origin } of parameters) {
    const claim = where === "header" ? claimOf(name) : undefined;
    if (claim === undefined || kept.includes(name.toLowerCase())) continue;
    sink.report(claimedParameter(origin, { operation: operationId, name, says: claim.says, source: claim.source }));
  }
}
