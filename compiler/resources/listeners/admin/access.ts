import { isIP } from "node:net";
import type { AdminAccessConfig, CertificateRule } from "../../../../runtime/admin/access.ts";
import type { AdminTlsConfig } from "../../../../runtime/admin/tls.ts";
import type { AdminListener } from "../../../../schema/resources.gen.ts";
import { type MakeIr, make, type StartValueIr } from "../../../ir/config.ts";
import { formatOrigin } from "../../../ir/origin.ts";
import type { ListenerContext } from "../../../resource/contract.ts";
import {
  adminCertificateWithoutCa,
  adminKeyInClear,
  adminReadsWithoutCredentials,
} from "../../../resource/listener/messages.gen.ts";
import { pemFiles, secretSource } from "../../../resource/pem.ts";

export function checkAccess(options: AdminListener, context: ListenerContext): void {
  const { credentials, reads, tls } = options;
  if (credentials === undefined && reads === "credentials")
    context.report(adminReadsWithoutCredentials(context.at("/reads"), {}));
  for (const [name, { key, certificate }] of sorted(credentials)) {
    const at = context.key(`/credentials/${name}`);
    if (key !== undefined && tls === undefined && isReachable(options)) context.report(adminKeyInClear(at, { name }));
    if (certificate !== undefined && tls?.clientCa === undefined) context.report(adminCertificateWithoutCa(at, { name }));
  }
}

/** Who may do what through the listener; undefined: everybody may read, and nobody may change anything. */
export function accessOf({ credentials, reads }: AdminListener, context: ListenerContext): MakeIr | undefined {
  if (credentials === undefined) return undefined;
  const keys: { readonly name: string; readonly key: StartValueIr }[] = [];
  const certificates: CertificateRule[] = [];
  for (const [name, { key, certificate }] of sorted(credentials)) {
    if (key !== undefined) keys.push({ name, key: context.secret(key, `/credentials/${name}/key`) });
    else if (certificate !== undefined) certificates.push({ name, ...certificate });
  }
  return make<AdminAccessConfig>("admin/access", "createAdminAccess", { reads, keys, certificates });
}

/** By name: the order in which they are written must not reach the bundle. */
const sorted = (credentials: AdminListener["credentials"] = {}) =>
  Object.entries(credentials).sort(([one], [other]) => (one < other ? -1 : 1));

/** What it speaks TLS with. */
export function secureOf({ tls }: AdminListener, context: ListenerContext): MakeIr | undefined {
  if (tls === undefined) return undefined;
  const { certificate, key, clientCa } = tls;
  return make<AdminTlsConfig>("admin/tls", "createAdminTls", {
    certificate: context.secret(certificate, "/tls/certificate"),
    key: context.secret(key, "/tls/key"),
    ...(clientCa === undefined
      ? {}
      : { clientCa: context.secret(clientCa, "/tls/clientCa"), clientCaFrom: secretSource(clientCa) }),
    at: formatOrigin(context.at("/tls/certificate")),
    certificateFrom: secretSource(certificate),
    keyFrom: secretSource(key),
    files: pemFiles({ certificate, key, ca: clientCa }),
  });
}

/** By other machines: whoever is on the way there can read what is sent. */
const isReachable = ({ host = "127.0.0.1", socket }: AdminListener): boolean =>
  socket === undefined && host !== "localhost" && host !== "::1" && !(isIP(host) === 4 && host.startsWith("127."));
