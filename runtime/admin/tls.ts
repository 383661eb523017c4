// By default imports, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { RequestListener, Server } from "node:http";
import https from "node:https";
import tls from "node:tls";
import type { StartValue } from "../exchange/exchange.ts";
import type { PemFiles } from "../files/pem-files.ts";
import { Alone } from "../life/alone.ts";
import { contained, logged } from "../life/boundary.ts";
import { createLife } from "../life/create-life.ts";
import { StartError } from "../life/start-error.ts";
import { usable } from "../listener/certificates.ts";
import { createLog } from "../log/log.ts";

export interface AdminTlsConfig {
  readonly certificate: StartValue;
  readonly key: StartValue;
  /** Who may vouch for clients; absent: clients have no certificates. */
  readonly clientCa?: StartValue;
  /** Where it is configured (`gateway.yaml:6`), and what each is read from. */
  readonly at: string;
  readonly certificateFrom: string;
  readonly keyFrom: string;
  readonly clientCaFrom?: string;
  /** Where some of them come from files, which are followed. */
  readonly files?: PemFiles;
}

/** Throws a `StartError` for what is not PEM, or a key that is of another certificate. */
export const createAdminTls = (config: AdminTlsConfig): AdminTls => new AdminTls(config);

/** TLS of the admin listener: by node:https, as its connections are few. */
export class AdminTls {
  declare readonly __made: true;
  readonly #config: AdminTlsConfig;

  constructor(config: AdminTlsConfig) {
    check(config);
    this.#config = config;
  }

  readonly createServer = (onRequest: RequestListener): Server => {
    const { clientCa } = this.#config;
    const server = https.createServer(
      {
        ...contextOf(this.#config),
        handshakeTimeout: 10_000,
        // Who only reads needs none: whether one is needed is decided for each request.
        ...(clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: false }),
      },
      onRequest,
    );
    this.#follow(server);
    return server;
  };

  /** Up to the end of the server, which outlives those that serve: nobody else would do it for the admin listener. */
  #follow(server: https.Server): void {
    const { files, certificate, key, clientCa, at } = this.#config;
    if (files === undefined) return;
    const over = new AbortController();
    server.once(
      "close",
      contained(logged("files are followed no more"), () => over.abort()),
    );
    let ca: string | undefined = clientCa;
    files.follow({
      life: createLife(new Alone([]), createLog({ thing: `${at} listeners.admin.tls` }), over.signal),
      what: `the certificate of ${at} listeners.admin.tls`,
      texts: { certificate, key, ...(clientCa === undefined ? {} : { ca: clientCa }) },
      judge: (texts) => {
        // Those that are not in files are as they were; `PemFiles` gives each text that there is.
        const now = {
          certificate: texts.certificate!,
          key: texts.key!,
          ...(texts.ca === undefined ? {} : { clientCa: texts.ca }),
        };
        check({ ...this.#config, ...now });
        return now;
      },
      apply: (now) => {
        server.setSecureContext(contextOf(now));
        // Whoever was let in by an authority that is gone has to show a certificate again.
        if (now.clientCa !== ca) server.closeAllConnections();
        ca = now.clientCa;
      },
    });
  }
}

type Pem = { readonly [Name in "certificate" | "key"]: string } & { readonly clientCa?: string };

const contextOf = ({ certificate, key, clientCa }: Pem): tls.SecureContextOptions => ({
  cert: certificate,
  key,
  minVersion: "TLSv1.2",
  // A session that is resumed would be that of the certificate that was verified then.
  secureOptions: crypto.constants.SSL_OP_NO_TICKET,
  ...(clientCa === undefined ? {} : { ca: clientCa }),
});

/** As certificates of the public listener are: with what is wrong, and where it is configured. */
function check(config: Omit<AdminTlsConfig, keyof Pem> & Pem): void {
  usable({ ...config, serverNames: [] }, (cert, key) => tls.createSecureContext({ cert, key }));
  if (config.clientCa === undefined) return;
  try {
    new crypto.X509Certificate(config.clientCa);
  } catch {
    throw new StartError(`${config.at}  ${config.clientCaFrom} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).`);
  }
}
