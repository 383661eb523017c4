// By default imports, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { RequestListener, Server } from "node:http";
import https from "node:https";
import tls from "node:tls";
import type { StartValue } from "../exchange/exchange.ts";
import { StartError } from "../life/start-error.ts";
import { usable } from "../listener/certificates.ts";

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
}

/** Throws a `StartError` for what is not PEM, or a key that is of another certificate. */
export const createAdminTls = (config: AdminTlsConfig): AdminTls => new AdminTls(config);

/** TLS of the admin listener: by node:https, as its connections are few. */
export class AdminTls {
  readonly #config: AdminTlsConfig;

  constructor(config: AdminTlsConfig) {
    check(config);
    this.#config = config;
  }

  readonly createServer = (onRequest: RequestListener): Server => {
    const { certificate, key, clientCa } = this.#config;
    return https.createServer(
      {
        cert: certificate,
        key,
        minVersion: "TLSv1.2",
        handshakeTimeout: 10_000,
        // A session that is resumed would be that of the certificate that was verified then.
        secureOptions: crypto.constants.SSL_OP_NO_TICKET,
        // Who only reads needs none: whether one is needed is decided for each request.
        ...(clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: false, ca: clientCa }),
      },
      onRequest,
    );
  };
}

/** As certificates of the public listener are: with what is wrong, and where it is configured. */
function check(config: AdminTlsConfig): void {
  usable({ ...config, serverNames: [] }, (cert, key) => tls.createSecureContext({ cert, key }));
  if (config.clientCa === undefined) return;
  try {
    new crypto.X509Certificate(config.clientCa);
  } catch {
    throw new StartError(`${config.at}  ${config.clientCaFrom} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).`);
  }
}
