import type { Socket } from "node:net";
import type { Peer } from "../exchange/exchange.ts";
import type { Entrance, EntranceHost } from "../http/entrance.ts";
import { FirstBytes } from "./first-bytes.ts";
import type { ProxyProtocol } from "./proxy-protocol.ts";
import type { Tls } from "./tls.ts";

/** Speaks HTTP/2 with those who do. */
export interface Http2 {
  /** What the first bytes of a clear-text connection say (RFC 9113 §3.3); undefined: not enough of them. */
  isPreface(begun: Buffer): boolean | undefined;
  /** `begun`: what was read from the socket already. */
  serve(socket: Socket, peer: Peer, host: EntranceHost, begun: Buffer): void;
}

export interface EntranceConfig {
  /** Milliseconds for everything that comes before the first request. */
  readonly handshakeMs: number;
  readonly proxyProtocol?: ProxyProtocol;
  readonly tls?: Tls & { readonly __resource: "tls" };
  readonly http2?: Http2;
}

export function createEntrance(config: EntranceConfig): Entrance {
  const { proxyProtocol, tls, http2, handshakeMs } = config;

  const speak = (accepted: Socket, peer: Peer, host: EntranceHost, begun: Buffer): void =>
    host.serve((connection) => host.adopt(accepted, connection), peer, begun);

  const choose = (accepted: Socket, peer: Peer, host: EntranceHost, begun: Buffer): void => {
    if (tls !== undefined) {
      tls.serve(accepted, { ...peer, secure: true }, host, begun, { http2, handshakeMs });
      return;
    }
    if (http2 === undefined) {
      speak(accepted, peer, host, begun);
      return;
    }
    const look = (bytes: Buffer): (() => void) | undefined => {
      const isPreface = http2.isPreface(bytes);
      if (isPreface === undefined) return undefined;
      return isPreface ? () => http2.serve(accepted, peer, host, bytes) : () => speak(accepted, peer, host, bytes);
    };
    // Between two requests a client may be idle for longer than a handshake takes; before its first one as well.
    new FirstBytes(accepted, host, host.limits.idleMs, begun, look);
  };

  // That it is made, only the compiler's types know.
  return {
    isSecure: tls !== undefined,
    ticketKeys: tls?.ticketKeys,
    welcome(accepted, peer, host) {
      if (proxyProtocol === undefined || !proxyProtocol.isFrom(peer.ip)) {
        choose(accepted, peer, host, host.buffers.none);
        return;
      }
      new FirstBytes(accepted, host, handshakeMs, host.buffers.none, (bytes) => {
        const header = proxyProtocol.read(bytes);
        if (header === undefined) return undefined;
        if (header === "malformed") return () => accepted.destroy();
        const { ip = peer.ip, port = peer.port, length } = header;
        return () => choose(accepted, { ...peer, ip, connectionIp: ip, port }, host, bytes.subarray(length));
      });
    },
  } satisfies Omit<Entrance, "__made"> as Entrance;
}
