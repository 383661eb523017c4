import { isIP } from "node:net";
import type { AdminAccessConfig, CertificateRule } from "../../../runtime/admin/access.ts";
import type { AdminTlsConfig } from "../../../runtime/admin/tls.ts";
import type { AdminListener, AdminTls, SecretReference } from "../../../schema/gateway.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { ConfigIr, Lowered, MakeIr, StartValueIr } from "../../ir/config.ts";
import type { ListenerIr } from "../../ir/listener.ts";
import { formatOrigin, type Origin } from "../../ir/origin.ts";
import { pemFiles } from "../../resource/pem.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { adminCertificateWithoutCa, adminKeyInClear, adminReadsWithoutCredentials } from "./messages.gen.ts";

type Positions = LinkedGateway["positions"];

/** Who may do what through the admin listener, and what it speaks. */
export function adminAccess(
  admin: AdminListener,
  positions: Positions,
  sink: DiagnosticSink,
): Pick<ListenerIr, "access" | "secure"> {
  const { credentials, reads = "open", tls } = admin;
  const secure = tls === undefined ? {} : { secure: tlsOf(tls, positions) };
  if (credentials === undefined) {
    if (reads === "credentials") sink.report(adminReadsWithoutCredentials(positions.value(admin, "reads"), {}));
    return secure;
  }
  const keys: { readonly name: string; readonly key: StartValueIr }[] = [];
  const certificates: CertificateRule[] = [];
  // By name: the order in which they are written must not reach the bundle.
  for (const [name, { key, certificate }] of Object.entries(credentials).sort(([one], [other]) => (one < other ? -1 : 1))) {
    const at = positions.key(credentials, name);
    if (key !== undefined) {
      keys.push({ name, key: secret(key, positions.value(credentials[name]!, "key")) });
      if (tls === undefined && isReachable(admin)) sink.report(adminKeyInClear(at, { name }));
    } else if (certificate !== undefined) {
      certificates.push({ name, ...certificate });
      if (tls?.clientCa === undefined) sink.report(adminCertificateWithoutCa(at, { name }));
    }
  }
  return { ...secure, access: make<AdminAccessConfig>("admin/access", "createAdminAccess", { reads, keys, certificates }) };
}

function tlsOf(tls: AdminTls, positions: Positions): ListenerIr["secure"] {
  const { certificate, key, clientCa } = tls;
  const value = (name: "certificate" | "key" | "clientCa", from: SecretReference) => secret(from, positions.value(tls, name));
  return make<AdminTlsConfig>("admin/tls", "createAdminTls", {
    certificate: value("certificate", certificate),
    key: value("key", key),
    ...(clientCa === undefined ? {} : { clientCa: value("clientCa", clientCa), clientCaFrom: sourceOf(clientCa) }),
    at: formatOrigin(positions.value(tls, "certificate")),
    certificateFrom: sourceOf(certificate),
    keyFrom: sourceOf(key),
    files: pemFiles({ certificate, key, ca: clientCa }),
  });
}

/** A run-time part, its config checked against the type of its factory. */
const make = <Config extends object>(module: string, name: string, config: Lowered<Config>): MakeIr => ({
  kind: "make",
  factory: { module, name },
  // Plain data all the way down, which an interface without index signature does not say.
  config: config as ConfigIr,
});

const secret = (from: SecretReference, origin: Origin): StartValueIr => ({ kind: "secret", from, origin });

/** As messages of the start name it. */
const sourceOf = (from: SecretReference): string => ("env" in from ? `environment variable ${from.env}` : `file ${from.file}`);

/** By other machines: whoever is on the way there can read what is sent. */
const isReachable = ({ host = "127.0.0.1", socket }: AdminListener): boolean =>
  socket === undefined && host !== "localhost" && host !== "::1" && !(isIP(host) === 4 && host.startsWith("127."));
