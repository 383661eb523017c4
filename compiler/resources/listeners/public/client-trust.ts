import type { ClientTrustConfig } from "../../../../runtime/listener/clients/client-trust.ts";
import type { PublicListener, RevocationListSource, SecretReference } from "../../../../schema/resources.gen.ts";
import { type Lowered, type MakeIr, make, placeOf } from "../../../ir/config.ts";
import type { ListenerContext } from "../../../resource/contract.ts";
import { revocationListUrl } from "../../../resource/listener/messages.gen.ts";
import { secretSource } from "../../../resource/pem.ts";
import { parseDuration } from "../../../text/formats.ts";

type ClientCertificates = NonNullable<NonNullable<PublicListener["tls"]>["clientCertificates"]>;
type TrustText = Lowered<ClientTrustConfig["authorities"][number]>;

const place = "/tls/clientCertificates";

export function checkClientTrust(written: ClientCertificates, context: ListenerContext): void {
  for (const { source, at } of sourcesOf(written)) {
    if (!("url" in source)) continue;
    const parsed = URL.canParse(source.url) ? new URL(source.url) : undefined;
    const isUsable =
      parsed !== undefined && /^https?:$/.test(parsed.protocol) && parsed.username === "" && parsed.password === "";
    if (!isUsable) context.report(revocationListUrl(context.at(at), {}));
  }
}

/** What a listener judges certificates of clients by. */
export function clientTrust(written: ClientCertificates, context: ListenerContext): MakeIr {
  const text = (from: SecretReference, pointer: string): TrustText => ({
    text: context.secret(from, pointer),
    from: placeOf(context.at(pointer), ` ${secretSource(from)}`),
    ...("file" in from ? { file: from.file } : {}),
  });
  const { ca, mode, verifyDepth } = written;
  const authorities = Array.isArray(ca) ? ca.map((from, index) => text(from, `${place}/ca/${index}`)) : [text(ca, `${place}/ca`)];
  const lists = sourcesOf(written).flatMap(({ source, at }) => ("file" in source ? [text(source, at)] : []));
  const remote = sourcesOf(written).flatMap(({ source }) =>
    "url" in source ? [{ url: source.url, intervalMs: parseDuration(source.interval ?? "5m") }] : [],
  );
  return make<ClientTrustConfig>("listener/clients/client-trust", "createClientTrust", {
    at: placeOf(context.key(place)),
    mode,
    depth: verifyDepth,
    authorities,
    ...(lists.length === 0 ? {} : { lists }),
    ...(remote.length === 0 ? {} : { remote }),
  });
}

function sourcesOf({ crl }: ClientCertificates): readonly { readonly source: RevocationListSource; readonly at: string }[] {
  if (crl === undefined) return [];
  if (!Array.isArray(crl)) return [{ source: crl, at: `${place}/crl` }];
  return crl.map((source, index) => ({ source, at: `${place}/crl/${index}` }));
}
