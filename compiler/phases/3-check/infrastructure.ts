import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { NumberIr } from "../../ir/config.ts";
import type { OperationIr, ServiceIr } from "../../ir/gateway.ts";
import { usedServices } from "../../ir/used-services.ts";
import { parseDuration } from "../../text/formats.ts";
import { startNumber, startValue } from "../../text/setting.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { unusedService } from "./messages.gen.ts";
import { checkUpstream } from "./upstream.ts";

/** The services that operations forward to; reports the others. */
export function checkServices(linked: LinkedGateway, operations: readonly OperationIr[], sink: DiagnosticSink): ServiceIr[] {
  const { positions } = linked;
  const services = linked.file.services ?? {};
  const used = usedServices(operations);
  // Which services are unused is not known while an operation names none, or one that does not exist.
  const isSettled = operations.every(({ forward }) => forward.kind !== "forward" || Object.hasOwn(services, forward.service));
  return Object.entries(services)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, service]): ServiceIr[] => {
      const origin = positions.key(services, name);
      if (!used.has(name)) {
        if (isSettled) sink.report(unusedService(origin, { name }));
        return [];
      }
      return [
        {
          kind: "service",
          name,
          endpoints: service.endpoints.map((endpoint, index) => {
            const at = positions.value(service.endpoints, index);
            return typeof endpoint === "string"
              ? { url: startValue(endpoint, at, "endpoint"), weight: 1, origin: at }
              : {
                  url: startValue(endpoint.url, positions.value(endpoint, "url"), "endpoint"),
                  weight: endpoint.weight ?? 1,
                  origin: at,
                };
          }),
          loadBalancer: { algorithm: service.loadBalancer?.algorithm ?? "roundRobin" },
          timeout: timeoutOf(service.timeout ?? {}, positions),
          ...checkUpstream({ name, service, positions, sink }),
          required: service.required ?? false,
          origin,
        },
      ];
    });
}

function timeoutOf(
  timeout: { readonly connect?: string; readonly response?: string },
  positions: LinkedGateway["positions"],
): ServiceIr["timeout"] {
  const milliseconds = (key: "connect" | "response", fallback: string): NumberIr =>
    startNumber(timeout[key] ?? fallback, parseDuration, () => positions.value(timeout, key), "duration");
  return { connect: milliseconds("connect", "2s"), response: milliseconds("response", "30s") };
}
