import type { GatewayContext, PlacedStep } from "../../policy/contract.ts";
import { conditional, grpcService } from "./messages.gen.ts";

/** What is told by what is around a step: on which condition it runs, and to which service its requests go. */
export function checkSteps(steps: readonly PlacedStep[], { services, report }: GatewayContext): void {
  for (const { step, operation } of steps) {
    const { when, origin } = step;
    if (when !== undefined) report(conditional(when.origin ?? origin, { condition: when.text.trim() }));
    const forward = operation?.forward;
    if (operation === undefined || forward?.kind !== "forward") continue;
    const service = services.find(({ name }) => name === forward.service);
    if (service?.speaksGrpc !== true) continue;
    const related = [{ origin: service.origin, text: "speaks gRPC" }];
    report(grpcService(origin, { operation: operation.operationId, service: service.name }, { related }));
  }
}
