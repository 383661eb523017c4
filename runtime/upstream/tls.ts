import type { TcpSocketConnectOpts } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { Place, StartValue } from "../exchange/exchange.ts";
import { Expiry, type Shown } from "../files/expiry.ts";
import type { PemFiles, PemTexts } from "../files/pem-files.ts";
import type { MetricFamily } from "../gateway/metrics.ts";
import { logError } from "../http/log-error.ts";
import { contained, logged } from "../life/boundary.ts";
import { clock } from "../life/clock.ts";
import type { Json } from "../life/json.ts";
import type { Life } from "../life/life.ts";
import type { Living } from "../life/living.ts";
import type { HttpVersion, OnRead, Target } from "./connector.ts";
import type { Pins } from "./pins.ts";
import { type Secured, secured } from "./secured.ts";

/** Text in PEM that was read at start, and where it comes from: `gateway.yaml:12 file ca.pem`. */
export interface PemSource {
  readonly pem: StartValue;
  readonly from: Place | string;
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
  readonly protocol: HttpVersion;
  /** Where one of the three comes from a file. */
  readonly files?: PemFiles;
  readonly pins?: Pins;
}

/** Throws a `StartError` that names what cannot be used. */
export const createTls = (config: TlsConfig): ServiceTls => new ServiceTls(config);

/** Milliseconds between two lines in the log about the same endpoint. */
const quietMs = 10_000;

/** How connections to the endpoints of a service are secured. The certificate of the service is always verified. */
export class ServiceTls implements Living {
  declare readonly __resource: "tls";
  readonly name: string;
  readonly required = false;
  readonly #config: TlsConfig;
  readonly #expiry = new Expiry(() => this.#shown());
  #inForce: Secured;

  constructor(config: TlsConfig) {
    this.name = `services.${config.service}.tls`;
    this.#config = config;
    this.#inForce = secured(config);
  }

  start(life: Life): void {
    const config = this.#config;
    const { ca, certificate, key } = config;
    config.files?.follow({
      life,
      what: `certificates for service ${config.service}`,
      texts: withoutAbsent({ ca: ca?.pem, certificate: certificate?.pem, key: key?.pem }),
      judge: (texts) => secured(withTexts(config, texts)),
      apply: (found) => {
        this.#inForce = found;
      },
    });
  }

  own(tenure: Life): void {
    this.#expiry.watch(tenure);
  }

  state(): Json {
    return this.#expiry.state();
  }

  metrics(): readonly MetricFamily[] {
    return this.#expiry.metrics();
  }

  #shown(): readonly Shown[] {
    const { leaf } = this.#inForce;
    return leaf === undefined ? [] : [{ from: this.#config.certificate!.from, leaf }];
  }

  /** Opens connections to one endpoint. Sessions are resumed on new connections (RFC 8446 §2.2). */
  opener({
    hostname,
    url,
    protocol = this.#config.protocol,
  }: Target): (options: TcpSocketConnectOpts, onread: OnRead) => TLSSocket {
    // A name to ask for (RFC 6066 §3): an address is none.
    const { serverName, pins } = this.#config;
    const servername = serverName ?? (/[a-z]/i.test(hostname) && !hostname.includes(":") ? hostname : "");
    let session: Buffer | undefined;
    /** What the session was made with: one that is resumed is not verified anew. */
    let sessionOf: Secured | undefined;
    let loggedAt = Number.NEGATIVE_INFINITY;
    const fixed: ConnectionOptions = { servername, ALPNProtocols: [protocol], ...pins };
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
      const secured = this.#inForce;
      if (sessionOf !== secured) session = undefined;
      sessionOf = secured;
      const secure = { secureContext: secured.context, session };
      // Options of `net.connect` are options here, which the types leave out.
      const socket = connect(Object.assign({ onread }, options, fixed, secure));
      socket.on("session", onSession);
      socket.on("error", onError);
      return socket;
    };
  }
}

function withTexts(config: TlsConfig, texts: PemTexts): TlsConfig {
  const { ca, certificate, key } = config;
  const replaced = (source: PemSource | undefined, text: string | undefined): PemSource | undefined =>
    // A text that was read later is a start value all the same.
    source === undefined || text === undefined ? source : { ...source, pem: text as StartValue };
  return {
    ...config,
    ...withoutAbsent({
      ca: replaced(ca, texts.ca),
      certificate: replaced(certificate, texts.certificate),
      key: replaced(key, texts.key),
    }),
  };
}

/** Members that are there, for types that do not take `undefined` for absent. */
function withoutAbsent<Value>(members: Readonly<Record<string, Value | undefined>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
