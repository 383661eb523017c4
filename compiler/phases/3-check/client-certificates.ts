import type { ClientTrustConfig } from "../../../runtime/listener/clients/client-trust.ts";
import type {
  ClientCertificates,
  ForwardedCertificates,
  Listener,
  RevocationListSource,
  SecretReference,
} from "../../../schema/gateway-filled.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { type Lowered, type MakeIr, make, placeOf } from "../../ir/config.ts";
import type { AccessIr, GatewayIr, OperationIr, SchemeIr } from "../../ir/gateway.ts";
import type { ListenerIr } from "../../ir/listener.ts";
import type { Origin } from "../../ir/origin.ts";
import { secretSource } from "../../resource/pem.ts";
import { parseDuration } from "../../text/formats.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { noClientCertificates, revocationListUrl, unreadCertificates } from "./messages.gen.ts";

type Positions = LinkedGateway["positions"];
type TrustText = Lowered<ClientTrustConfig["authorities"][number]>;

/** What a listener judges certificates of clients by. */
export function clientTrust(written: ClientCertificates, origin: Origin, positions: Positions, sink: DiagnosticSink): MakeIr {
  const text = (from: SecretReference, at: Origin): TrustText => ({
    text: { kind: "secret", from, origin: at },
    from: placeOf(at, ` ${secretSource(from)}`),
    ...("file" in from ? { file: from.file } : {}),
  });
  const { ca, crl, mode, verifyDepth } = written;
  const authorities = Array.isArray(ca)
    ? ca.map((from, index) => text(from, positions.value(ca, index)))
    : [text(ca, positions.value(written, "ca"))];
  const sources = crl === undefined ? [] : Array.isArray(crl) ? crl : [crl];
  const at = (index: number): Origin => (Array.isArray(crl) ? positions.value(crl, index) : positions.value(written, "crl"));
  const lists = sources.flatMap((source, index) => ("file" in source ? [text(source, at(index))] : []));
  const remote = sources.flatMap((source, index) => remoteOf(source, at(index), sink));
  return make<ClientTrustConfig>("listener/clients/client-trust", "createClientTrust", {
    at: placeOf(origin),
    mode,
    depth: verifyDepth,
    authorities,
    ...(lists.length === 0 ? {} : { lists }),
    ...(remote.length === 0 ? {} : { remote }),
  });
}

/** Names of the formats' own, in lower case. For nginx, that of its ingress controller. */
const fieldOf = {
  clientCert: "client-cert",
  xfcc: "x-forwarded-client-cert",
  nginx: "ssl-client-cert",
  alb: "x-amzn-mtls-clientcert-leaf",
} as const;

export const forwardedCertificates = ({
  format,
  field,
}: ForwardedCertificates): ListenerIr["forwardedCertificates"] & object => ({
  format,
  field: (field ?? fieldOf[format]).toLowerCase(),
});

/** The field in which proxies of a listener tell of certificates of clients. */
export function forwardedField({ trustedProxies }: Listener): string | undefined {
  if (trustedProxies === undefined || Array.isArray(trustedProxies)) return undefined;
  const { clientCertificates } = trustedProxies;
  return clientCertificates === undefined ? undefined : forwardedCertificates(clientCertificates).field;
}

function remoteOf(source: RevocationListSource, at: Origin, sink: DiagnosticSink): { url: string; intervalMs: number }[] {
  if (!("url" in source)) return [];
  const { url, interval = "5m" } = source;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isUsable = parsed !== undefined && /^https?:$/.test(parsed.protocol) && parsed.username === "" && parsed.password === "";
  if (!isUsable) sink.report(revocationListUrl(at, {}));
  return [{ url, intervalMs: parseDuration(interval) }];
}

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
function reportUnread({ tls, trustedProxies }: Listener, positions: Positions, sink: DiagnosticSink): void {
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
