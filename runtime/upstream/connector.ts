import { connect, type LookupFunction, type Socket, type TcpSocketConnectOpts } from "node:net";
import type { readInto } from "../http1/adopt-socket.ts";
import { contained, logged } from "../life/boundary.ts";
import type { ServiceNames } from "./names.ts";
import type { ServiceTls } from "./tls.ts";

/** Reads past the stream; undefined where the socket is read as a stream. */
export type OnRead = ReturnType<typeof readInto> | undefined;

/** Opens sockets to one endpoint. */
export interface Connector {
  /** Of the socket: bytes can be sent. */
  readonly readyEvent: "connect" | "secureConnect";
  /** `taken`: addresses that other connections go to; one that is not among them is tried first. */
  open(onread: OnRead, taken?: readonly string[]): Socket;
  /** How many addresses the endpoint is known to have. */
  readonly addresses: number;
  /** Called every second while there are connections. */
  look(): void;
  /** A connection could not be made. */
  failed(): void;
  /** No further connection is wanted: nothing is kept for them. */
  leave(): void;
}

export interface Target {
  /** A name, or a literal address without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** As configured, for logs. */
  readonly url: string;
  readonly connectMs: number;
  /** To ask for in TLS, instead of that of the service. */
  readonly protocol?: HttpVersion;
}

/** As ALPN names it (RFC 7301). */
export type HttpVersion = "http/1.1" | "h2";

/** Milliseconds after which the next address is tried at the earliest (RFC 8305 §8). */
const attemptMs = 250;

/** Undefined where the endpoint needs neither. */
export interface ConnectorParts {
  readonly names: ServiceNames | undefined;
  readonly tls: ServiceTls | undefined;
}

export function connectorOf(
  target: Target,
  parts: ConnectorParts,
  retire: (isKept: (address: string) => boolean) => void,
): Connector {
  const { hostname: host, port, connectMs } = target;
  const name = parts.names?.of(host, retire);
  const options = (taken: readonly string[]): TcpSocketConnectOpts => {
    const common = { host, port, noDelay: true, autoSelectFamily: true };
    if (name === undefined) return common;
    // Time enough for every address, where one of them does not answer at all.
    const share = Math.max(attemptMs, Math.floor(connectMs / Math.max(1, name.count)));
    const any = { ...common, lookup: name.lookup, autoSelectFamilyAttemptTimeout: share };
    return taken.length === 0 ? any : { ...any, lookup: beside(taken, name.lookup) };
  };
  const open = parts.tls?.opener(target);
  return {
    readyEvent: open === undefined ? "connect" : "secureConnect",
    get addresses() {
      return name?.count ?? 1;
    },
    open: (onread, taken = []) => {
      const to = options(taken);
      const socket = open?.(to, onread) ?? connect(onread === undefined ? to : { ...to, allowHalfOpen: true, onread });
      if (name !== undefined) {
        const onConnect = contained(logged("a connection was not remembered"), (): void => name.worked(socket));
        socket.once("connect", onConnect);
      }
      return socket;
    },
    look: () => name?.look(),
    failed: () => name?.doubt(),
    leave: () => parts.names?.leave(host, retire),
  };
}

/** Those that fewer connections go to come first. */
const beside =
  (taken: readonly string[], lookup: LookupFunction): LookupFunction =>
  (hostname, options, callback) => {
    const times = (address: string): number => taken.filter((one) => one === address).length;
    lookup(hostname, options, (error, found, family) => {
      if (Array.isArray(found))
        callback(
          error,
          found.toSorted((a, b) => times(a.address) - times(b.address)),
        );
      else callback(error, found, family);
    });
  };
