import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { AccessIr, GatewayIr, OperationIr, SchemeIr } from "../../ir/gateway.ts";
import { noClientCertificates } from "./messages.gen.ts";

/** An operation that requires a certificate which nobody asks for would refuse every request. */
export function checkClientCertificates(
  operations: readonly OperationIr[],
  schemes: readonly SchemeIr[],
  listener: GatewayIr["listeners"]["public"],
  sink: DiagnosticSink,
): void {
  if (listener.asksForCertificates === true) return;
  const needing = new Set(
    schemes.filter(({ needsClientCertificate }) => needsClientCertificate === true).map(({ name }) => name),
  );
  if (needing.size === 0) return;
  for (const { access, operationId } of operations) {
    const scheme = schemesOf(access).find((name) => needing.has(name));
    if (scheme === undefined) continue;
    const related = [{ origin: listener.origin, text: "asks clients for no certificate" }];
    sink.report(noClientCertificates(access.origin, { operation: operationId, scheme }, { related, alike: scheme }));
  }
}

const schemesOf = (access: AccessIr): string[] =>
  (access.kind === "public" ? access.optional : access.requirements.flatMap(({ alternatives }) => alternatives)).flatMap(
    ({ schemes }) => schemes.map(({ name }) => name),
  );
