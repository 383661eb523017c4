import type { AdminAccess } from "../admin/access.ts";
import type { AdminTls } from "../admin/tls.ts";
import type { ServerLimits } from "../http/connection-host.ts";
import type { Entrance } from "../http/entrance.ts";
import type { ForwardingFamily } from "../http/peer.ts";
import type { RequestTime } from "../http/request-time.ts";
import type { UnixSocket } from "../process/unix-socket.ts";

export interface ListenerConfig {
  readonly host?: string;
  /** 0 where there is a `socket`. */
  readonly port: number;
  readonly trustedProxies: readonly string[];
  /** In which fields these proxies say who a client is; absent: `X-Forwarded-*`. */
  readonly forwardedBy?: ForwardingFamily;
  /** Lower-case names of claims that only these proxies write: from them they go on. */
  readonly keptFields?: readonly string[];
  /** Which fields of the family these proxies write beside `x-forwarded-for`, in lower case; undefined: all. */
  readonly writtenFields?: readonly string[];
  /** Rules for names of request fields that services believe, and that go on only where they are kept; see `NameRules`. */
  readonly claims?: Words;
  /** Where it listens instead of host and port. */
  readonly socket?: UnixSocket;
  /** Of the admin listener: what it may be called beside its address, in lower case. */
  readonly names?: readonly string[];
  /** Of the admin listener: who may change something; undefined: nobody. */
  readonly access?: AdminAccess;
  /** Of the admin listener, where it speaks TLS. */
  readonly secure?: AdminTls;
  /** Bounds and deadlines that differ from the defaults. */
  readonly bounds?: Partial<ServerLimits>;
  /** How long requests may take as a whole; absent: as long as their parts do. */
  readonly time?: RequestTime;
  /** What connections pass before their first request; undefined: nothing. */
  readonly entrance?: Entrance;
  /** Of this process; what is absent follows from what it may open. */
  readonly limits?: { readonly connections?: number; readonly requests?: number; readonly bodyMemory?: number };
}

/** A long list of short words, which is emitted in few lines. */
export type Words = readonly string[] & { readonly __emitted: "words" };
