import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { OperationIr, ServiceIr } from "../../ir/gateway.ts";
import { usedServices } from "../../ir/used-services.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { lowerResource } from "./lower-resource.ts";
import { unusedService } from "./messages.gen.ts";

/** The services that operations forward to; reports the others. */
export function checkServices(linked: LinkedGateway, operations: readonly OperationIr[], sink: DiagnosticSink): ServiceIr[] {
  const services = linked.file.services ?? {};
  const used = usedServices(operations);
  // Which services are unused is not known while an operation names none, or one that does not exist.
  const isSettled = operations.every(({ forward }) => forward.kind !== "forward" || Object.hasOwn(services, forward.service));
  return Object.entries(services)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, options]): ServiceIr[] => {
      const origin = linked.positions.key(services, name);
      if (!used.has(name)) {
        if (isSettled) sink.report(unusedService(origin, { name }));
        return [];
      }
      const service = lowerResource("services", { name, type: "service", options, origin, facts: {} }, linked, sink);
      return service === undefined ? [] : [service];
    });
}
