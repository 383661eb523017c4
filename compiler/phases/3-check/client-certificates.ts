import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { AccessIr, GatewayIr, OperationIr, SchemeIr } from "../../ir/gateway.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { noClientCertificates, unreadCertificates } from "./messages.gen.ts";

/** An operation that requires a certificate which nobody asks for would refuse every request; one that is asked for is to be read. */
export function checkClientCertificates(
  operations: readonly OperationIr[],
  schemes: readonly SchemeIr[],
  listener: GatewayIr["listeners"]["public"],
  { file, positions }: Pick<LinkedGateway, "file" | "positions">,
  sink: DiagnosticSink,
): void {
  if (listener.asksForCertificates === true) {
    // What is wrong elsewhere may have kept a scheme from being one.
    if (!sink.hasErrors && !schemes.some((one) => one.needsClientCertificate === true || one.bindsToCertificate === true))
      reportUnread(file.listeners.public, positions, sink);
    return;
  }
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

/** What demands a certificate of every connection has its use without a reader. */
function reportUnread(
  { tls, trustedProxies }: LinkedGateway["file"]["listeners"]["public"],
  positions: LinkedGateway["positions"],
  sink: DiagnosticSink,
): void {
  if (tls?.clientCertificates !== undefined && tls.clientCertificates.mode !== "require")
    sink.report(
      unreadCertificates(positions.key(tls, "clientCertificates"), { who: "The listener asks clients for a certificate" }),
    );
  if (trustedProxies !== undefined && !Array.isArray(trustedProxies) && trustedProxies.clientCertificates !== undefined)
    sink.report(
      unreadCertificates(positions.key(trustedProxies, "clientCertificates"), {
        who: "Proxies tell of the certificate of a client",
      }),
    );
}

const schemesOf = (access: AccessIr): string[] =>
  (access.kind === "public" ? access.optional : access.requirements.flatMap(({ alternatives }) => alternatives)).flatMap(
    ({ schemes }) => schemes.map(({ name }) => name),
  );
