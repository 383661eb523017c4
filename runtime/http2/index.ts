import { performServerHandshake } from "node:http2";
import type { Http2 } from "../listener/entrance.ts";
import { FrameBudget } from "./frame-budget.ts";
import { Http2Connection } from "./http2-connection.ts";

export interface Http2Config {
  /** Requests in flight on one connection. */
  readonly maxConcurrentStreams: number;
}

/** Begin of every connection (RFC 9113 §3.4). */
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

export function createHttp2({ maxConcurrentStreams }: Http2Config): Http2 {
  return {
    isPreface(begun) {
      const text = begun.toString("latin1", 0, preface.length);
      if (!preface.startsWith(text)) return false;
      return text.length === preface.length ? true : undefined;
    },
    serve(socket, peer, host, begun) {
      if (begun.length > 0) socket.unshift(begun);
      // A session ends with its socket, which must not stay half open when the client has left.
      socket.allowHalfOpen = false;
      const { headBytes, fieldLines } = host.limits;
      const session = performServerHandshake(socket, {
        settings: { maxConcurrentStreams, maxHeaderListSize: headBytes, initialWindowSize: streamWindow },
        // Beside field lines there are pseudo-header fields.
        maxHeaderListPairs: fieldLines + 8,
        maxSettings: 32,
        maxOutstandingPings: 10,
        maxSessionInvalidFrames: 100,
        maxSessionRejectedStreams: 100,
      });
      // Streams that nobody reads must not take the window of the others.
      session.setLocalWindowSize(streamWindow * maxConcurrentStreams);
      const client = { peer, isTrusted: host.isTrusted(peer.ip) };
      host.add(new Http2Connection(session, host, client, { maxConcurrentStreams, budget: new FrameBudget(socket) }));
    },
  };
}

/** Bytes of a body that a client may send ahead; the default of RFC 9113 §6.5.2. */
const streamWindow = 65_535;
