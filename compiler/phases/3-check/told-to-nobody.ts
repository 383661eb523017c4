import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { GatewayIr, OperationIr } from "../../ir/gateway.ts";
import type { StepIr } from "../../ir/step.ts";
import { toldToNobody } from "./messages.gen.ts";

/** What does nothing for requests, and only keeps what the admin listener tells, needs one. Said once for each place. */
export function checkToldToNobody(
  operations: readonly OperationIr[],
  { admin }: GatewayIr["listeners"],
  sink: DiagnosticSink,
): void {
  if (admin !== undefined) return;
  const told = new Set<string>();
  for (const { policy, origin } of operations.flatMap(({ steps }) => steps.filter(isOnlyTold))) {
    const place = `${policy} ${origin.file} ${origin.start}`;
    if (!told.has(place)) sink.report(toldToNobody(origin, { policy }));
    told.add(place);
  }
}

const isOnlyTold = ({ hooks, roles = [] }: StepIr): boolean =>
  roles.length > 0 && roles.every((role) => role === "adminRoutes") && hooks.every((hook) => hook === "done");
