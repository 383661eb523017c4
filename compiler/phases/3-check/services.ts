import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { OperationIr, ServiceIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import type { StoreWish } from "../../ir/store-use.ts";
import { usedServices } from "../../ir/used-services.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { lowerResource } from "./lower-resource.ts";
import { unusedService } from "./messages.gen.ts";
import { serviceNamed } from "./reached-services.ts";
import type { Stores } from "./stores.ts";

/** The services that operations forward to; reports the others. */
export function checkServices(
  linked: LinkedGateway,
  operations: readonly OperationIr[],
  stores: Stores,
  sink: DiagnosticSink,
): ServiceIr[] {
  const services = linked.file.services ?? {};
  const used = usedServices(operations, (name) => serviceNamed(name, linked.file)?.fallback?.service);
  // Which services are unused is not known while an operation names none, or one that does not exist.
  const isSettled = operations.every(({ forward }) => forward.kind !== "forward" || Object.hasOwn(services, forward.service));
  const checked = Object.entries(services)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, options]): ServiceIr[] => {
      const origin = linked.positions.key(services, name);
      if (!used.has(name)) {
        if (isSettled) sink.report(unusedService(origin, { name }));
        return [];
      }
      const at = (pointer: string): Origin => linked.positions.pointer(options, pointer);
      const user = {
        policy: "discover",
        origin: at("/discover"),
        at,
        report: (diagnostic: Diagnostic) => sink.report(diagnostic),
      };
      const facts = { services, store: (wish: StoreWish) => stores.use(wish, user) };
      const service = lowerResource("services", { name, type: "service", options, origin, facts }, linked, sink);
      return service === undefined ? [] : [service];
    });
  return withFallbacksFirst(checked);
}

/** Each stands behind the one that is asked in its place. */
function withFallbacksFirst(services: readonly ServiceIr[]): ServiceIr[] {
  const ordered = new Set<ServiceIr>();
  const add = (service: ServiceIr): void => {
    // Circles were reported, and no such service is among these.
    const fallback = services.find(({ name }) => name === service.fallback);
    if (fallback !== undefined) add(fallback);
    ordered.add(service);
  };
  for (const service of services) add(service);
  return [...ordered];
}
