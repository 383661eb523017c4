import type { MakeIr, NumberIr } from "./config.ts";
import type { Origin } from "./origin.ts";
import type { ResourceIr } from "./resource.ts";

export interface ListenerIr {
  readonly kind: "listener";
  readonly name: "public" | "admin";
  readonly host?: string;
  /** A number, or a setting read at start; absent where there is a socket. */
  readonly port?: NumberIr;
  /** A Unix socket instead of host and port; `mode` are the permissions of its file. */
  readonly socket?: { readonly path: string; readonly mode?: number };
  /** Of the admin listener: names that requests may come for, in lower case. */
  readonly names?: readonly string[];
  /** Peers whose `Forwarded` and `X-Forwarded-*` are believed: CIDR blocks, and `unix`. */
  readonly trustedProxies: readonly string[];
  /** In which fields these proxies say who a client is; absent: `X-Forwarded-*`. */
  readonly forwardedBy?: "forwarded";
  /** Which fields of the family they write beside `x-forwarded-for`, in lower case; absent: all. */
  readonly writtenFields?: readonly string[];
  /** Claims that these proxies alone write, in lower case: from them they are forwarded. */
  readonly keptFields?: readonly string[];
  /** How these proxies tell of certificates of clients; the field in lower case. */
  readonly forwardedCertificates?: { readonly format: "clientCert" | "xfcc" | "nginx" | "alb"; readonly field: string };
  /** Rules for names of request fields that services believe, and that are not forwarded: see `text/claimed-fields.ts`. */
  readonly claims?: readonly string[];
  /** Those of them in which policies of the gateway tell services who calls; absent: there are none. */
  readonly identityFields?: readonly string[];
  /** Whom its authors believe on purpose, for `coverage`. */
  readonly remarks?: readonly string[];
  /** Peers that begin with a header of the PROXY protocol: CIDR blocks, and `unix`. */
  readonly proxyProtocol?: readonly string[];
  readonly tls?: ResourceIr<"tls">;
  /** Clients may have a certificate, which they show in the handshake or trusted proxies tell of. */
  readonly asksForCertificates?: true;
  readonly http2?: { readonly maxConcurrentStreams: number };
  /** Milliseconds for everything before the first request. */
  readonly handshake?: NumberIr;
  /** Bytes, lines and milliseconds that differ from the defaults of the run-time library. */
  readonly bounds?: BoundsIr;
  /** Of each worker; what is absent follows from what the process may open. */
  readonly limits?: {
    readonly connections?: NumberIr;
    readonly requests?: NumberIr /** Bytes. */;
    readonly bodyMemory?: NumberIr;
  };
  /** Of the admin listener: what decides who may do what, and what speaks TLS. */
  readonly access?: MakeIr;
  readonly secure?: MakeIr;
  readonly origin: Origin;
}

export interface BoundsIr {
  readonly headBytes?: number;
  readonly fieldLines?: number;
  readonly headMs?: NumberIr;
  readonly requestMs?: NumberIr;
  readonly idleMs?: NumberIr;
  readonly sendMs?: NumberIr;
}
