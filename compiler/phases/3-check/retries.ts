import type { GatewayFile } from "../../../schema/gateway.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { ForwardIr, OperationIr, ServiceIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import { isGrpcStatus, longestOf, type OperationRetryIr } from "../../ir/retry.ts";
import type { StepIr } from "../../ir/step.ts";
import { durationOf } from "../../text/formats.ts";
import type { LinkedOperation } from "../2-link/linked-gateway.ts";
import type { MessageContracts } from "./contracts.ts";
import { hedgeOfWhatHarms, hedgeWithoutService, retriesTakeLonger, retryWithoutService, statusOfGrpc } from "./messages.gen.ts";

/** What an operation says of attempts: by its policy, and by its spec. */
export function settleRetry(
  operation: LinkedOperation,
  own: OperationRetryIr | undefined,
  { services = {} }: GatewayFile,
  contracts: MessageContracts,
  steps: readonly Pick<StepIr, "keepsKeys">[],
): { readonly retry?: OperationRetryIr } {
  if (Object.values(services).every(({ retry, hedge }) => retry === undefined && hedge === undefined))
    return own === undefined ? {} : { retry: own };
  const parameters = contracts.of(operation)?.parameters ?? [];
  const isDeclared = parameters.some(
    (parameter) => parameter.in === "header" && parameter.name.toLowerCase() === "idempotency-key",
  );
  // Where the gateway keeps the promise, what the spec declares does not say that the service would.
  const keeper = steps.find(({ keepsKeys }) => keepsKeys !== undefined)?.keepsKeys;
  const honoursKey = keeper === undefined ? isDeclared : keeper.mayResend;
  return own === undefined && !honoursKey ? {} : { retry: { ...own, ...(honoursKey ? { honoursKey } : {}) } };
}

/** Attempts and the pauses between them have to fit into the time that a request has. */
export function checkRetries(operations: readonly OperationIr[], services: readonly ServiceIr[], sink: DiagnosticSink): void {
  const reported = new Set<string>();
  for (const { operationId, forward, match } of operations) {
    if (forward.kind !== "forward") continue;
    const service = services.find(({ name }) => name === forward.service);
    if (service === undefined) continue;
    checkHedge(operationId, forward, match.method, service, sink);
    const written = forward.options.find(({ pointer, origin }) => pointer.startsWith("/retry/") && origin !== undefined)?.origin;
    if (service.retry === undefined) {
      if (written !== undefined)
        sink.report(
          retryWithoutService(
            written,
            { operation: operationId, service: service.name },
            { related: [{ origin: service.origin, text: "has no `retry`" }] },
          ),
        );
      continue;
    }
    const effective = { ...service.retry, ...forward.retry };
    const status = effective.on.find(isGrpcStatus);
    if (status !== undefined && service.speaksGrpc !== true) {
      const at = originOf(forward, "/retry/on") ?? service.retry.origin;
      const about = { related: [{ origin: service.origin, text: "speaks no gRPC" }] };
      if (!reported.has(JSON.stringify(at))) sink.report(statusOfGrpc(at, { status, service: service.name }, about));
      reported.add(JSON.stringify(at));
    }
    const within = durationOf(forward.responseTimeout === 0 ? service.retry.within : forward.responseTimeout);
    const longest = longestOf(effective);
    if (within === undefined || longest === undefined || longest <= within) continue;
    const attemptsAt = originOf(forward, "/retry/") ?? service.retry.origin;
    const withinAt = originOf(forward, "/timeout/response") ?? service.retry.withinOrigin;
    // Of a service once, whatever the number of its operations.
    const place = JSON.stringify([attemptsAt, withinAt]);
    if (reported.has(place)) continue;
    reported.add(place);
    sink.report(
      retriesTakeLonger(
        attemptsAt,
        {
          attempts: String(effective.attempts),
          perTry: `${effective.perTry}ms`,
          longest: `${longest}ms`,
          within: `${within}ms`,
        },
        { related: [{ origin: withinAt, text: `the client has its answer within ${within}ms` }] },
      ),
    );
  }
}

function checkHedge(operation: string, forward: ForwardIr, method: string, service: ServiceIr, sink: DiagnosticSink): void {
  const written = originOf(forward, "/hedge/");
  if (written === undefined) return;
  const related = [{ origin: service.origin, text: "has no `hedge`" }];
  if (service.retry?.hedge === undefined)
    sink.report(hedgeWithoutService(written, { operation, service: service.name }, { related }));
  else if (
    forward.hedge?.attempts !== 1 &&
    !idempotentMethods.has(method) &&
    forward.retry?.isIdempotent !== true &&
    forward.retry?.honoursKey !== true
  )
    sink.report(hedgeOfWhatHarms(written, { operation, method }));
}

/** Methods that may be repeated in any case (RFC 9110 §9.2.2); a route for all of them has some. */
const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "*"]);

const originOf = ({ options }: ForwardIr, pointer: string): Origin | undefined =>
  options.find((option) => option.pointer.startsWith(pointer) && option.origin !== undefined)?.origin;
