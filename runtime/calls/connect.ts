import type { LookupAddress } from "node:dns";
import { connect as connectTcp, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { contained, logged } from "../life/boundary.ts";
import { Deadline } from "./deadline.ts";
import { CallFailure, type FailureKind } from "./failure.ts";
import { hostOf, type ProxyChoice, portOf } from "./proxy.ts";
import type { Reach } from "./reach.ts";
import { openTunnel } from "./tunnel.ts";

/** How the connections of a client are secured; what is absent is as Node has it. */
export interface CallTls {
  /** Asked for each connection, as certificates may be replaced. */
  readonly context?: () => SecureContext;
  /** Name to ask for and to find in the certificate, instead of the host of the URL. */
  readonly serverName?: string;
}

export interface Ways {
  readonly reach: Reach;
  readonly proxyFor: ProxyChoice;
  readonly tls: CallTls | undefined;
  /** Milliseconds until a connection stands: the name resolved, through the proxy, the handshake done. */
  readonly connectMs: number;
}

/** Opens a connection on which a request for `url` can be written. Rejects with a `CallFailure`. */
export async function openSocket(url: URL, ways: Ways): Promise<Socket> {
  const attempt = new Opening(url, ways.connectMs);
  try {
    const proxy = ways.proxyFor(url);
    const toFirst = proxy ?? url;
    const first = proxy === undefined ? await ways.reach.addressesOf(url, attempt.signal) : undefined;
    let socket = attempt.hold(connectTo(toFirst, first));
    await attempt.until(socket, "connect", proxy === undefined ? "connect" : "proxy");
    if (proxy !== undefined && proxy.protocol === "https:") {
      socket = attempt.hold(connectTls({ socket, host: hostOf(proxy), servername: nameOf(hostOf(proxy)) }));
      await attempt.until(socket, "secureConnect", "proxy");
    }
    if (url.protocol === "http:") return socket;
    if (proxy !== undefined) {
      const to = await ways.reach.behindProxy(url, attempt.signal);
      await openTunnel(socket, { url, proxy, to }, attempt);
    }
    const { context, serverName } = ways.tls ?? {};
    const host = hostOf(url);
    const secureContext = context?.();
    socket = attempt.hold(
      connectTls({
        socket,
        host: serverName ?? host,
        servername: serverName ?? nameOf(host),
        ALPNProtocols: ["http/1.1"],
        ...(secureContext === undefined ? {} : { secureContext }),
      }),
    );
    await attempt.until(socket, "secureConnect", "tls");
    return socket;
  } catch (error) {
    attempt.drop();
    throw error;
  } finally {
    attempt.settle();
  }
}

/** A name to ask for (RFC 6066 §3): an address is none. */
const nameOf = (host: string): string => (/[a-z]/i.test(host) && !host.includes(":") ? host : "");

function connectTo(url: URL, addresses: readonly LookupAddress[] | undefined): Socket {
  const common = { host: hostOf(url), port: portOf(url), noDelay: true, autoSelectFamily: true };
  if (addresses === undefined) return connectTcp(common);
  const answer: LookupFunction = (_host, { all }, callback) => {
    if (all) callback(null, [...addresses]);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  };
  // What was looked at is what is connected to.
  return connectTcp({ ...common, lookup: contained(logged("an address that was looked at was not used"), answer) });
}

/** A connection until it stands. */
export class Opening {
  readonly url: URL;
  readonly #deadline: Deadline;
  readonly #controller = new AbortController();
  #socket: Socket | undefined = undefined;

  constructor(url: URL, milliseconds: number) {
    this.url = url;
    const message = `no connection to ${url.origin} within ${milliseconds} ms. Look at whether the host is up and lets connections pass`;
    this.#deadline = new Deadline(milliseconds, () => this.#controller.abort(new CallFailure("connectTimeout", message)));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  hold(socket: Socket): Socket {
    this.#socket = socket;
    return socket;
  }

  /** Waits for an event of a socket; an error of it is a failure of the kind. */
  until(socket: Socket, event: string, kind: FailureKind): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        socket.off(event, onEvent).off("error", onError).off("close", onClose);
        this.signal.removeEventListener("abort", onAbort);
        then();
      };
      const fail = (why: string, cause?: unknown): void =>
        settle(() => reject(new CallFailure(kind, `${beginnings[kind] ?? "cannot reach"} ${this.url.origin}: ${why}`, cause)));
      const own = { broke: (error: unknown) => settle(() => reject(error)) };
      const onEvent = contained(own, () => settle(resolve));
      const onError = contained(own, (error: NodeJS.ErrnoException) => fail(reasonOf(error), error));
      const onClose = contained(own, () => fail("the connection was closed"));
      const onAbort = contained(own, () => settle(() => reject(this.signal.reason)));
      if (this.signal.aborted) return void reject(this.signal.reason);
      socket.on(event, onEvent).on("error", onError).on("close", onClose);
      this.signal.addEventListener("abort", onAbort);
    });
  }

  /** What goes wrong with it from here on, nobody wants to hear. */
  drop(): void {
    this.#socket?.on("error", () => {}).destroy();
  }

  settle(): void {
    this.#deadline.settle();
  }
}

const beginnings: Partial<Record<FailureKind, string>> = {
  tls: "no secure connection to",
  proxy: "the proxy cannot be reached for",
};

/** What people can do something about, for the codes that are frequent. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there (ECONNREFUSED)",
  ECONNRESET: "the connection was reset (ECONNRESET)",
  EHOSTUNREACH: "no route leads there (EHOSTUNREACH)",
  ENETUNREACH: "no route leads there (ENETUNREACH)",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for other names",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; look at the clock of this machine",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself; name it under `ca` to trust it",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority that is not trusted here; name that under `ca`",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes from an authority that is not trusted here; name that under `ca`",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate comes from an authority that is not trusted here; name that under `ca`",
};

export function reasonOf(error: NodeJS.ErrnoException): string {
  // Of several addresses, each with its own error.
  const { code, message } = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error;
  return reasons[code ?? ""] ?? message;
}
