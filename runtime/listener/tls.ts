import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import type { Peer } from "../exchange/exchange.ts";
import { Expiry } from "../files/expiry.ts";
import type { Connection } from "../http/connection.ts";
import type { EntranceHost } from "../http/entrance.ts";
import { logError } from "../http/log-error.ts";
import { contained } from "../life/boundary.ts";
import type { Life } from "../life/life.ts";
import type { Living } from "../life/living.ts";
import { type CertificateConfig, Certificates, usable } from "./certificates.ts";
import type { ClientTrust } from "./clients/client-trust.ts";
import type { Http2 } from "./entrance.ts";
import { type ReaderSlot, secureSockets } from "./secure-socket.ts";
import { TicketKeys } from "./ticket-keys.ts";

export interface TlsConfig {
  /** The first is for clients that name no server, or one that no certificate is for. */
  readonly certificates: readonly [CertificateConfig, ...CertificateConfig[]];
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  /** Milliseconds after which session tickets get another key. */
  readonly ticketRotation: number;
  /** Where clients are asked for a certificate. */
  readonly clients?: ClientTrust;
}

/** What comes behind a handshake. */
export interface BehindTls {
  readonly http2: Http2 | undefined;
  readonly handshakeMs: number;
}

/** Its certificates live: those from files are replaced while the gateway runs, for connections from then on. */
export interface Tls extends Living {
  readonly ticketKeys: TicketKeys;
  serve(accepted: Socket, peer: Peer, host: EntranceHost, begun: Buffer, behind: BehindTls): void;
}

/** Forward secrecy and authenticated encryption only; no suite that RFC 9113, appendix A forbids for HTTP/2. */
const suites = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
] as const;

/** Throws a `StartError` that names a certificate or key which cannot be used. */
export function createTls({ certificates, minVersion, ticketRotation, clients }: TlsConfig): Tls {
  const ticketKeys = new TicketKeys(ticketRotation);
  const open = (cert: string, key: string): SecureContext => {
    const context = createSecureContext({
      cert,
      key,
      minVersion,
      ciphers: suites.join(":"),
      ticketKeys: ticketKeys.newest,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      ...clients?.contextOptions(ticketKeys.newest),
    });
    ticketKeys.serve(context, () => renew(), clients?.derive);
    return context;
  };
  const inForce = certificates.map((config) => usable(config, open));
  let all = new Certificates(inForce);
  const replace = (): void => {
    all = new Certificates(inForce);
    http1.secureContext = all.first;
    http2.secureContext = all.first;
  };
  const renew = (): void => {
    for (const [index, { config }] of inForce.entries()) inForce[index] = usable(config, open);
    replace();
  };
  const follow = (life: Life, config: CertificateConfig, index: number): void => {
    const { certificate, key } = config;
    config.files?.follow({
      life,
      what: `certificate of ${config.at}`,
      texts: { certificate, key },
      judge: (texts) => usable({ ...config, ...texts }, open),
      apply: (found) => {
        inForce[index] = found;
        replace();
      },
    });
  };
  const expiry = new Expiry(() => all.shown);
  const choose = (name: string, settle: (error: Error | null, context?: SecureContext) => void): void => {
    let context: SecureContext;
    try {
      context = all.contextFor(name);
    } catch (error) {
      // The handshake fails, and nothing else.
      settle(error as Error);
      return;
    }
    settle(null, context);
  };
  const options = {
    isServer: true,
    secureContext: all.first,
    // Without names to choose by, a handshake need not stop to ask.
    ...(certificates.length === 1 ? {} : { SNICallback: choose }),
    ...clients?.socketOptions,
  };
  const sockets = secureSockets(all.first);
  const http1 = { ...options, ALPNProtocols: ["http/1.1", "http/1.0"] };
  const http2 = { ...options, ALPNProtocols: ["h2", "http/1.1", "http/1.0"] };
  return {
    name: "listeners.public.tls",
    required: clients !== undefined,
    start: (life) => {
      for (const [index, config] of certificates.entries()) follow(life, config, index);
      return clients?.start(life, renew);
    },
    own: (tenure) => {
      expiry.watch(tenure);
      clients?.own(tenure);
    },
    stop: () => clients?.stop(),
    state: () => (clients === undefined ? expiry.state() : { own: expiry.state(), clients: clients.state() }),
    metrics: () => [...expiry.metrics(), ...(clients?.metrics() ?? [])],
    ticketKeys,
    serve(accepted, peer, host, begun, behind) {
      const slot: ReaderSlot = { reader: undefined };
      const socket = sockets.open(accepted, behind.http2 === undefined ? http1 : http2, slot, host.buffers.shared, begun);
      new Handshake(socket, host, behind.handshakeMs, () => {
        const client = clients === undefined ? peer : clients.admit(socket, peer);
        if (client === undefined) {
          socket.destroy();
          return;
        }
        if (behind.http2 !== undefined && socket.alpnProtocol === "h2") {
          behind.http2.serve(socket, client, host, host.buffers.none);
          return;
        }
        host.serve((connection) => sockets.read(socket, slot, connection), client, host.buffers.none);
      });
    },
  };
}

/** A connection until the client has proved that it speaks TLS. What goes wrong is the client's affair: nothing is logged. */
class Handshake implements Connection {
  readonly deadline: number;
  readonly #socket: TLSSocket;
  readonly #host: EntranceHost;
  readonly #next: () => void;

  constructor(socket: TLSSocket, host: EntranceHost, milliseconds: number, next: () => void) {
    this.#socket = socket;
    this.#host = host;
    this.#next = next;
    this.deadline = host.now + milliseconds;
    host.add(this);
    // Errors of the handshake, and alerts after it.
    socket.on("_tlsError", this.#destroy);
    socket.on("error", this.#destroy);
    socket.on("close", this.#onClose);
    socket.on("secure", this.#onSecure);
  }

  readonly #destroy = contained(this, (): void => void this.#socket.destroy());

  readonly #onClose = contained(this, (): void => this.#host.forget(this));

  broke(error: unknown): void {
    logError("a connection of a client failed inside the gateway behind its handshake", error);
    this.#socket.destroy();
    this.#host.forget(this);
  }

  readonly #onSecure = contained(this, (): void => {
    this.#socket.off("close", this.#onClose);
    // The server must never be without both: one that drains would take itself for empty.
    this.#next();
    this.#host.forget(this);
  });

  get isIdle(): boolean {
    return false;
  }

  expire(): void {
    this.#socket.destroy();
  }

  /** A handshake takes as long as it takes; its request is answered. */
  closeIdle(): void {}

  abort(): void {
    this.#socket.destroy();
  }
}
