import type { Http2Config } from "../../../../runtime/http2/index.ts";
import type { EntranceConfig } from "../../../../runtime/listener/entrance.ts";
import type { ProxyProtocolConfig } from "../../../../runtime/listener/proxy-protocol.ts";
import type { PublicListener } from "../../../../schema/resources.gen.ts";
import { type MakeIr, make } from "../../../ir/config.ts";
import { type ResourceIr, resourceRef } from "../../../ir/resource.ts";
import type { ListenerContext } from "../../../resource/contract.ts";
import { besideSocket, nothingToShake, sameServerName, withoutSocket } from "../../../resource/listener/messages.gen.ts";
import { parseDuration } from "../../../text/formats.ts";
import { startNumber } from "../../../text/setting.ts";
import { checkClientTrust } from "./client-trust.ts";
import { blocksOf } from "./trust.ts";

export function checkEntrance(options: PublicListener, context: ListenerContext): void {
  const { tls, proxyProtocol, trustedProxies, timeouts, socket } = options;
  const lists = [
    { at: Array.isArray(trustedProxies) ? "/trustedProxies" : "/trustedProxies/from", peers: peersOf(trustedProxies) },
    { at: "/proxyProtocol/from", peers: proxyProtocol?.from ?? [] },
  ];
  for (const { at, peers } of lists) {
    const index = peers.indexOf("unix");
    if (index >= 0 && socket === undefined) context.report(withoutSocket(context.at(`${at}/${index}`), { what: "unix" }));
  }
  if (socket !== undefined)
    for (const [index, peer] of (proxyProtocol?.from ?? []).entries())
      if (peer !== "unix") context.report(besideSocket(context.at(`/proxyProtocol/from/${index}`), { what: peer }));
  if (timeouts?.handshake !== undefined && tls === undefined && proxyProtocol === undefined)
    context.report(nothingToShake(context.key("/timeouts/handshake"), {}));
  checkServerNames(options, context);
  if (tls?.clientCertificates !== undefined) checkClientTrust(tls.clientCertificates, context);
}

function checkServerNames({ tls }: PublicListener, context: ListenerContext): void {
  const owners = new Map<string, string>();
  for (const [number, { serverNames = [] }] of (tls?.certificates ?? []).entries()) {
    for (const [index, written] of serverNames.entries()) {
      const name = written.toLowerCase();
      const at = `/tls/certificates/${number}/serverNames/${index}`;
      const other = owners.get(name);
      if (other === undefined) owners.set(name, at);
      else {
        const related = [{ origin: context.at(other), text: "the other certificate" }];
        context.report(sameServerName(context.at(at), { name }, { related }));
      }
    }
  }
}

/** With TLS, unless it is switched off; without, where it is switched on. */
export const speaksHttp2 = ({ http2, tls }: PublicListener): boolean =>
  http2 === undefined ? tls !== undefined : http2 !== false;

/** What clients pass before their first request. */
export function entranceOf(
  options: PublicListener,
  tls: ResourceIr<"tls"> | undefined,
  context: ListenerContext,
): MakeIr | undefined {
  const { proxyProtocol, timeouts, http2 } = options;
  if (proxyProtocol === undefined && tls === undefined && !speaksHttp2(options)) return undefined;
  const streams = typeof http2 === "object" ? http2.maxConcurrentStreams : undefined;
  return make<EntranceConfig>("listener/entrance", "createEntrance", {
    handshakeMs: startNumber(timeouts?.handshake ?? "10s", parseDuration, () => context.at("/timeouts/handshake"), "duration"),
    proxyProtocol:
      proxyProtocol === undefined
        ? undefined
        : make<ProxyProtocolConfig>("listener/proxy-protocol", "createProxyProtocol", {
            from: blocksOf(proxyProtocol.from),
            fromUnix: proxyProtocol.from.includes("unix"),
          }),
    tls: tls === undefined ? undefined : resourceRef("tls", tls.name),
    http2: speaksHttp2(options)
      ? make<Http2Config>("http2/index", "createHttp2", { maxConcurrentStreams: streams ?? 100 })
      : undefined,
  });
}

const peersOf = (trusted: PublicListener["trustedProxies"]): readonly string[] =>
  trusted === undefined ? [] : "from" in trusted ? trusted.from : trusted;
