import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { StartValueIr } from "../../ir/config.ts";
import type { GatewayIr, ListenerIr, OperationIr, ServiceIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import { parseDuration } from "../../text/formats.ts";
import { startValue } from "../../text/setting.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { samePort, unusedService } from "./messages.gen.ts";
import { checkUpstream } from "./upstream.ts";

/** The services that operations forward to; reports the others. */
export function checkServices(linked: LinkedGateway, operations: readonly OperationIr[], sink: DiagnosticSink): ServiceIr[] {
  const { positions } = linked;
  const services = linked.file.services ?? {};
  const used = new Set(operations.map(({ forward }) => (forward.kind === "forward" ? forward.service : "")));
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
          timeout: {
            connect: parseDuration(service.timeout?.connect ?? "2s"),
            response: parseDuration(service.timeout?.response ?? "30s"),
          },
          ...checkUpstream({ name, service, positions, sink }),
          required: service.required ?? false,
          origin,
        },
      ];
    });
}

export function checkListeners(linked: LinkedGateway, sink: DiagnosticSink): GatewayIr["listeners"] {
  const { positions } = linked;
  const { listeners } = linked.file;
  const publicListener: ListenerIr = {
    kind: "listener",
    name: "public",
    host: listeners.public.host,
    port: startPort(listeners.public.port, positions.value(listeners.public, "port")),
    trustedProxies: listeners.public.trustedProxies ?? [],
    origin: positions.key(listeners, "public"),
  };
  if (listeners.admin === undefined) return { public: publicListener };
  const at = positions.value(listeners.admin, "port");
  if (String(listeners.admin.port) === String(listeners.public.port) && Number(listeners.admin.port) !== 0) {
    const related = [{ origin: positions.value(listeners.public, "port"), text: "the public listener" }];
    sink.report(samePort(at, { port: String(listeners.admin.port) }, { related }));
  }
  const admin: ListenerIr = {
    kind: "listener",
    name: "admin",
    host: listeners.admin.host ?? "127.0.0.1",
    port: startPort(listeners.admin.port, at),
    trustedProxies: [],
    origin: positions.key(listeners, "admin"),
  };
  return { public: publicListener, admin };
}

function startPort(port: number | string, origin: Origin): number | StartValueIr {
  if (typeof port === "number") return port;
  return /^\d+$/.test(port) ? Number(port) : { kind: "setting", template: port, as: "port", origin };
}
