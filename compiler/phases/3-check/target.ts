import type { GatewayFile } from "../../../schema/gateway.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import type { ForwardIr, TerminalIr } from "../../ir/gateway.ts";
import type { StepIr } from "../../ir/step.ts";
import type { LinkedOperation } from "../2-link/linked-gateway.ts";
import type { MessageContracts } from "./contracts.ts";
import { noService, twoAnswers, unknownService } from "./messages.gen.ts";
import { settleRetry } from "./retries.ts";
import type { LoweredPolicies } from "./steps.ts";
import { settleTrailers } from "./trailers.ts";

/** Long enough for event streams that send a comment now and then. */
const defaultIdleTimeout = 300_000;

/** Settles where the chain of an operation ends: at a service, or at a policy that answers itself. */
export function settleTarget(
  operation: LinkedOperation,
  lowered: LoweredPolicies,
  steps: readonly StepIr[],
  gateway: GatewayFile,
  contracts: MessageContracts,
  sink: DiagnosticSink,
): ForwardIr | TerminalIr {
  const [answers, second] = lowered.terminal;
  if (answers !== undefined) {
    if (second !== undefined) {
      const related = [{ origin: answers.origin, text: "answers too" }];
      sink.report(
        twoAnswers(second.origin, { operation: operation.operationId, one: answers.name, other: second.name }, { related }),
      );
    }
    return { kind: "terminal", policy: answers.name };
  }
  const services = Object.keys(gateway.services ?? {});
  const { service } = operation;
  const remedy = (name: string): string =>
    name.includes("://")
      ? `A service has a name, and its address among its endpoints: \`services: { backend: { endpoints: ["${name}"] } }\` and \`service: backend\`.`
      : services.length > 0
        ? suggestion(name, services)
        : `Declare one in gateway.yaml: \`services: { ${name || "backend"}: { endpoints: ["http://127.0.0.1:9000"] } }\`.`;
  if (service === undefined) {
    sink.report(noService(operation.serviceAt, { suggestion: remedy("") }));
  } else if (!services.includes(service.name)) {
    sink.report(unknownService(service.origin, { service: service.name, suggestion: remedy(service.name) }));
  }
  return {
    kind: "forward",
    service: service?.name ?? "",
    strip: operation.strip,
    prepend: operation.prepend,
    responseTimeout: lowered.forwarding.responseTimeout ?? 0,
    idleTimeout: lowered.forwarding.idleTimeout ?? defaultIdleTimeout,
    ...(steps.some(({ reroutes }) => reroutes?.keepsLocation === true) ? { keepsLocation: true as const } : {}),
    ...settleTrailers(lowered.forwarding, steps, sink),
    ...(lowered.forwarding.hedge === undefined ? {} : { hedge: lowered.forwarding.hedge }),
    ...settleRetry(operation, lowered.forwarding.retry, gateway, contracts, steps),
    options: lowered.forwarding.options,
  };
}
