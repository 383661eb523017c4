import { X509Certificate } from "node:crypto";
import type { TcpSocketConnectOpts } from "node:net";
import { type ConnectionOptions, connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import type { StartValue } from "../exchange/exchange.ts";
import { logError } from "../http/log-error.ts";
import { contained, logged } from "../life/boundary.ts";
import { clock } from "../life/clock.ts";
import { StartError } from "../life/start-error.ts";
import type { OnRead, Target } from "./connector.ts";

/** Text in PEM that was read at start, and where it comes from: `gateway.yaml:12 file ca.pem`. */
export interface PemSource {
  readonly pem: StartValue;
  readonly from: string;
}

export interface TlsConfig {
  /** Service that the connections go to, for messages. */
  readonly service: string;
  /** Authorities that may vouch for the service; those of Node where absent. */
  readonly ca?: PemSource;
  /** What the gateway shows of itself, with its chain. */
  readonly certificate?: PemSource;
  readonly key?: PemSource;
  /** Name to ask for and to find in the certificate; the host of the endpoint where absent. */
  readonly serverName?: string;
  readonly protocol: "http/1.1" | "h2";
}

/** Throws a `StartError` that names what cannot be used. */
export const createTls = (config: TlsConfig): ServiceTls => new ServiceTls(config);

/** Milliseconds between two lines in the log about the same endpoint. */
const quietMs = 10_000;

/** How connections to the endpoints of a service are secured. The certificate of the service is always verified. */
export class ServiceTls {
  readonly #context: SecureContext;
  readonly #serverName: string | undefined;
  readonly #protocol: string;

  constructor({ service, ca, certificate, key, serverName, protocol }: TlsConfig) {
    this.#serverName = serverName;
    this.#protocol = protocol;
    if (ca !== undefined) checkCertificates(service, ca);
    if (certificate !== undefined) checkCertificates(service, certificate);
    try {
      // Settled by the compiler: both or neither.
      this.#context = createSecureContext({ ca: ca?.pem, cert: certificate?.pem, key: key?.pem });
    } catch (error) {
      const what = key === undefined ? ca! : key;
      throw new StartError(
        `service ${service}: ${what.from} cannot be used for TLS: ${reasonOf(error)}. ${key === undefined ? "Give it certificates in PEM." : `Give it the private key in PEM, without a passphrase, that belongs to ${certificate!.from}.`}`,
      );
    }
  }

  /** Opens connections to one endpoint. Sessions are resumed on new connections (RFC 8446 §2.2). */
  opener({ hostname, url }: Target): (options: TcpSocketConnectOpts, onread: OnRead) => TLSSocket {
    // A name to ask for (RFC 6066 §3): an address is none.
    const servername = this.#serverName ?? (/[a-z]/i.test(hostname) && !hostname.includes(":") ? hostname : "");
    let session: Buffer | undefined;
    let loggedAt = Number.NEGATIVE_INFINITY;
    const fixed: ConnectionOptions = { secureContext: this.#context, servername, ALPNProtocols: [this.#protocol] };
    const opening = logged(`a secure connection to ${url} failed inside the gateway`);
    const onSession = contained(opening, (fresh: Buffer): void => {
      session = fresh;
    });
    const onError = contained(opening, (error: NodeJS.ErrnoException): void => {
      session = undefined;
      const now = clock.monotonic();
      // Failures of the network have a code of the system, and say nothing about certificates.
      if (/^E[A-Z]+$/.test(error.code ?? "") || now - loggedAt < quietMs) return;
      loggedAt = now;
      logError(`no secure connection to ${url}`, error);
    });
    return (options, onread) => {
      // Options of `net.connect` are options here, which the types leave out.
      const socket = connect(Object.assign({ onread, session }, options, fixed));
      socket.on("session", onSession);
      socket.on("error", onError);
      return socket;
    };
  }
}

function checkCertificates(service: string, { pem, from }: PemSource): void {
  const blocks = pem.match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----[^-]*-----END [A-Z0-9 ]*CERTIFICATE-----/g) ?? [];
  const remedy = "Give it certificates in PEM, from -----BEGIN CERTIFICATE----- on.";
  if (blocks.length === 0) throw new StartError(`service ${service}: ${from} holds no certificate. ${remedy}`);
  for (const block of blocks) {
    try {
      new X509Certificate(block);
    } catch (error) {
      throw new StartError(`service ${service}: a certificate in ${from} cannot be read: ${reasonOf(error)}. ${remedy}`);
    }
  }
}

/** OpenSSL's words without its numbers: `error:05800074:x509 certificate routines::key values mismatch`. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split(":").at(-1)!.trim();
