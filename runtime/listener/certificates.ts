import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { SecureContext } from "node:tls";
import type { StartValue } from "../exchange/exchange.ts";
import type { Shown } from "../files/expiry.ts";
import type { PemFiles } from "../files/pem-files.ts";
import { StartError } from "../life/start-error.ts";

export interface CertificateConfig {
  /** PEM: the certificate of the server, and behind it those that lead to a root. */
  readonly certificate: StartValue | string;
  /** PEM, without a passphrase. */
  readonly key: StartValue | string;
  /** Names it is for, instead of those in the certificate. */
  readonly serverNames: readonly string[];
  /** Where both are configured (`gateway.yaml:6`), and what they are read from. */
  readonly at: string;
  readonly certificateFrom: string;
  readonly keyFrom: string;
  /** Where one of them comes from a file. */
  readonly files?: PemFiles;
}

export interface Usable {
  readonly config: CertificateConfig;
  readonly context: SecureContext;
  readonly leaf: X509Certificate;
}

/** Throws a `StartError` that names what cannot be used. `open` makes a context of PEM texts. */
export function usable(config: CertificateConfig, open: (certificate: string, key: string) => SecureContext): Usable {
  const leaf = checked(config);
  try {
    return { config, context: open(config.certificate, config.key), leaf };
  } catch (error) {
    throw new StartError(
      `${config.at}  the certificate in ${config.certificateFrom} cannot be served: ${(error as Error).message}.`,
    );
  }
}

/** The certificates of a listener. */
export class Certificates {
  readonly first: SecureContext;
  readonly #all: readonly Usable[];

  constructor(all: readonly Usable[]) {
    this.#all = all;
    this.first = all[0]!.context;
  }

  get shown(): readonly Shown[] {
    return this.#all.map(({ config: { at, certificateFrom }, leaf }) => ({ from: `${at} ${certificateFrom}`, leaf }));
  }

  /** An exact name counts before a wildcard; the first certificate is for all others. */
  contextFor(serverName: string): SecureContext {
    const name = serverName.toLowerCase();
    let found: SecureContext | undefined;
    for (const { config, context, leaf } of this.#all) {
      const { serverNames } = config;
      const match = serverNames.length > 0 ? serverNames.find((one) => covers(one, name)) : leaf.checkHost(name);
      if (match === undefined) continue;
      if (match.toLowerCase() === name) return context;
      found ??= context;
    }
    return found ?? this.first;
  }
}

/** `*.example.com` stands for one label (RFC 9525 §6.3). */
const covers = (pattern: string, name: string): boolean =>
  pattern === name || (pattern.startsWith("*.") && name.slice(name.indexOf(".")) === pattern.slice(1) && name[0] !== ".");

function checked({ certificate, key, at, certificateFrom, keyFrom }: CertificateConfig): X509Certificate {
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(certificate);
  } catch {
    throw new StartError(`${at}  ${certificateFrom} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).`);
  }
  let secret: KeyObject;
  try {
    secret = createPrivateKey(key);
  } catch {
    // Both forms of encrypted keys have the word in their first lines (RFC 7468 §11, RFC 1421 §4.6.1.1).
    throw new StartError(
      key.includes("ENCRYPTED")
        ? `${at}  the private key in ${keyFrom} needs a passphrase. Put it there without one, readable by the gateway alone.`
        : `${at}  ${keyFrom} holds no private key in PEM form (-----BEGIN PRIVATE KEY-----).`,
    );
  }
  if (leaf.checkPrivateKey(secret)) return leaf;
  throw new StartError(
    `${at}  the private key in ${keyFrom} does not fit the certificate in ${certificateFrom}. The server's own certificate comes first there, those that signed it behind it.`,
  );
}
