import type { TlsConfig } from "../../../../runtime/listener/tls.ts";
import type { PublicListener } from "../../../../schema/resources.gen.ts";
import { placeOf } from "../../../ir/config.ts";
import type { ResourceIr } from "../../../ir/resource.ts";
import { create, type ListenerContext } from "../../../resource/contract.ts";
import { pemFiles, secretSource } from "../../../resource/pem.ts";
import { parseDuration } from "../../../text/formats.ts";
import { clientTrust } from "./client-trust.ts";

/** What secures the connections of clients. */
export function tlsOf(tls: NonNullable<PublicListener["tls"]>, context: ListenerContext): ResourceIr<"tls"> {
  const certificates = tls.certificates.map((entry, index) => {
    const at = `/tls/certificates/${index}`;
    return {
      certificate: context.secret(entry.certificate, `${at}/certificate`),
      key: context.secret(entry.key, `${at}/key`),
      serverNames: (entry.serverNames ?? []).map((name) => name.toLowerCase()),
      at: placeOf(context.at(at)),
      certificateFrom: secretSource(entry.certificate),
      keyFrom: secretSource(entry.key),
      files: pemFiles({ certificate: entry.certificate, key: entry.key }),
    };
  });
  return {
    kind: "resource",
    room: "tls",
    type: "listener",
    name: "listeners.public",
    ...create<TlsConfig>("listener/tls", "createTls", {
      certificates,
      minVersion: tls.minVersion,
      ticketRotation: parseDuration(tls.ticketRotation),
      ...(tls.clientCertificates === undefined ? {} : { clients: clientTrust(tls.clientCertificates, context) }),
    }),
    roles: ["living"],
    summary: "",
    origin: context.origin,
  };
}
