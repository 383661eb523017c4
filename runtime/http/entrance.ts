import type { Socket } from "node:net";
import type { Peer } from "../exchange/exchange.ts";
import type { AdoptSocket } from "../http1/adopt-socket.ts";
import type { TicketKeys } from "../listener/ticket-keys.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionHost } from "./connection-host.ts";
import type { Http1Connection } from "./http1-connection.ts";

/** What connections pass before their first request: PROXY protocol, TLS, the choice of a version of HTTP. */
export interface Entrance {
  readonly __made: true;
  /** Clients speak TLS. */
  readonly isSecure: boolean;
  /** Of TLS. A primary makes those of its workers, so that each can resume the sessions of the others. */
  readonly ticketKeys?: TicketKeys | undefined;
  /** `accepted` has not been read from. */
  welcome(accepted: Socket, peer: Peer, host: EntranceHost): void;
}

/** What an entrance needs of its server. */
export interface EntranceHost extends ConnectionHost {
  readonly adopt: AdoptSocket;
  add(connection: Connection): void;
  /** Speaks HTTP/1.1 on the socket that `open` makes. `begun`: what was read from it already. */
  serve(open: (connection: Http1Connection) => Socket, peer: Peer, begun: Buffer): void;
  /** Forwarding fields from this address are believed. */
  isTrusted(ip: string): boolean;
}
