import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { OperationIr } from "../../ir/gateway.ts";
import { hasRole } from "../../ir/role.ts";
import { usedServices } from "../../ir/used-services.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { upgradeOverHttp2 } from "./messages.gen.ts";

/** HTTP/2 has no `Upgrade` (RFC 9113 §8.6): what is allowed to a client could never come about. */
export function checkUpgrades(linked: LinkedGateway, operations: readonly OperationIr[], sink: DiagnosticSink): void {
  const services = linked.file.services ?? {};
  for (const operation of operations) {
    const step = operation.steps.find((one) => hasRole(one, "upgrades"));
    if (step === undefined) continue;
    for (const name of usedServices([operation], (service) => services[service]?.fallback?.service)) {
      const service = services[name];
      if (service?.protocol !== "http2") continue;
      const related = [{ origin: linked.positions.value(service, "protocol"), text: "how the service is asked" }];
      sink.report(
        upgradeOverHttp2(step.origin, { operation: operation.operationId, name }, { related, alike: operation.operationId }),
      );
    }
  }
}
