import type { NumberIr } from "./config.ts";
import type { Origin } from "./origin.ts";
import type { ResourceIr } from "./resource.ts";

/**
 * Where the gateway listens. Its config is that of the run-time library (`ListenerConfig`) and stands in `gateway.js`, without
 * a constant of its own. Beside it: what others ask of a listener.
 */
export interface ListenerIr extends Omit<ResourceIr<"listeners">, "factory"> {
  readonly name: "public" | "admin";
  readonly host?: string;
  /** A number, or a setting read at start; absent where there is a socket. */
  readonly port?: NumberIr;
  /** Path of a Unix socket instead of host and port. */
  readonly socket?: string;
  /** Clients speak TLS. */
  readonly isSecure?: true;
  /** HTTP/2 is spoken with those who do. */
  readonly speaksHttp2?: true;
  readonly tls?: ResourceIr<"tls">;
  /** Peers whose `Forwarded` and `X-Forwarded-*` are believed: CIDR blocks, and `unix`. */
  readonly trustedProxies: readonly string[];
  /** Claims that these proxies alone write, in lower case: from them they are forwarded. */
  readonly keptFields?: readonly string[];
  /** How these proxies tell of certificates of clients; the field in lower case. */
  readonly forwardedCertificates?: { readonly format: "clientCert" | "xfcc" | "nginx" | "alb"; readonly field: string };
  /** Fields in which policies of the gateway tell services who calls, folded; absent: there are none. */
  readonly identityFields?: readonly string[];
  /** How long requests may take as a whole; absent: as long as their parts do. */
  readonly time?: {
    /** Milliseconds to the end of the answer. */
    readonly answer?: { readonly within: NumberIr; readonly origin: Origin };
    /** Whose deadlines count, and in which field they are where it is no gRPC call. */
    readonly caller?: {
      readonly from: "trustedProxies" | "anyone";
      readonly field?: string;
      readonly unit?: "ms" | "s";
      readonly origin: Origin;
    };
  };
  /** Whom its authors believe on purpose, for `coverage`. */
  readonly remarks?: readonly string[];
  /** Clients may have a certificate, which they show in the handshake or trusted proxies tell of. */
  readonly asksForCertificates?: true;
  /** Most bytes and lines of a request head, where they differ from the defaults of the run-time library. */
  readonly head?: { readonly headBytes?: number; readonly fieldLines?: number };
}
