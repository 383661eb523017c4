import { createSecureContext, type SecureContext } from "node:tls";
import type { StartValue } from "../exchange/exchange.ts";
import type { PemFiles, PemTexts } from "../files/pem-files.ts";
import type { Life } from "../life/life.ts";
import { messageOf } from "../life/message-of.ts";
import { StartError } from "../life/start-error.ts";
import type { CallTls } from "./connect.ts";

export interface FollowedTlsConfig {
  /** What has the options, for messages: `identity.schemes.login.jwt`. */
  readonly option: string;
  /** Authorities that may vouch for the servers, in PEM; those of Node where absent. */
  readonly ca?: StartValue;
  /** What the gateway shows of itself, with its chain, and its key: both or neither. */
  readonly certificate?: StartValue;
  readonly key?: StartValue;
  /** Where one of the three comes from a file. */
  readonly files?: PemFiles;
}

/** Throws a `StartError` that names what cannot be used. */
export const createFollowedTls = (config: FollowedTlsConfig): FollowedTls => new FollowedTls(config);

/** TLS of calls, whose authorities and certificate others replace while the gateway runs: new connections have the new ones. */
export class FollowedTls {
  declare readonly __made: true;
  readonly tls: CallTls = { context: () => this.#inForce };
  readonly #config: FollowedTlsConfig;
  #inForce: SecureContext;

  constructor(config: FollowedTlsConfig) {
    this.#config = config;
    try {
      this.#inForce = contextOf(textsOf(config));
    } catch (error) {
      throw new StartError(`${config.option}: ${messageOf(error)}. Look at what it refers to.`);
    }
  }

  /** Up to the end of `life`. */
  follow(life: Life): void {
    const { files, option } = this.#config;
    files?.follow({
      life,
      what: `certificates of ${option}`,
      texts: textsOf(this.#config),
      judge: contextOf,
      apply: (context) => {
        this.#inForce = context;
      },
    });
  }
}

const textsOf = ({ ca, certificate, key }: FollowedTlsConfig): PemTexts => ({
  ...(ca === undefined ? {} : { ca }),
  ...(certificate === undefined ? {} : { certificate }),
  ...(key === undefined ? {} : { key }),
});

function contextOf({ ca, certificate, key }: PemTexts): SecureContext {
  for (const [name, text] of Object.entries({ ca, certificate }))
    if (text !== undefined && !text.includes("-----BEGIN CERTIFICATE-----"))
      throw new Error(`\`${name}\` does not hold certificates in PEM: no certificate begins in it`);
  try {
    return createSecureContext({ ca, cert: certificate, key });
  } catch (error) {
    const what = key === undefined ? "`ca` does not hold certificates in PEM" : "`certificate` and `key` do not fit together";
    // OpenSSL's words without its numbers.
    throw new Error(`${what}: ${messageOf(error).split(":").at(-1)!.trim()}`);
  }
}
