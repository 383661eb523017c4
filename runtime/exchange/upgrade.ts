import type { Exchange } from "./exchange.ts";

/** A client's permission to go on with another protocol. */
export interface UpgradeGrant {
  /** Of those that the client offers, the ones that it may have: in its order and spelling. */
  readonly protocols: readonly string[];
  /** Value of `Sec-WebSocket-Key` (RFC 6455 §4.1); empty where no WebSocket is among them. */
  readonly webSocketKey: string;
  /** Milliseconds without a byte either way after which a tunnel is ended. */
  readonly idleTimeout: number;
  /** Milliseconds after which a tunnel is ended in any case; Infinity: never. */
  readonly maxDuration: number;
}

/** Who gave permission earlier in the chain. */
export interface UpgradeGrants {
  /** Undefined: the request is an ordinary one. */
  granted(x: Exchange): UpgradeGrant | undefined;
}

/** Names of protocols are compared without regard to case (RFC 9110 §7.8). */
export const isProtocol = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** Members of a list field (RFC 9110 §5.6.1); protocols hold no commas. */
export const protocolList = (value: string): string[] =>
  value
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "");
