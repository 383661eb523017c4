import type { Identity, StartValue } from "../../exchange/exchange.ts";
import { StartError } from "../../life/start-error.ts";
import { digestOf, type KeyPlaceConfig, KeyScheme, longestKey } from "./key-scheme.ts";

export interface StaticKeysConfig extends KeyPlaceConfig {
  readonly consumers: readonly StaticConsumerConfig[];
}

export interface StaticConsumerConfig {
  readonly subject: string;
  readonly key: StartValue;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

/** Throws a `StartError` where a key is too weak, cannot be sent by a client, or belongs to two consumers. */
export const createStaticKeys = (config: StaticKeysConfig): StaticKeys => new StaticKeys(config);

/** Shorter keys can be guessed: 16 characters of a generated key hold 64 to 96 bits. */
const shortestKey = 16;

/** Keys that are read when the gateway starts. */
class StaticKeys extends KeyScheme<Identity> {
  /** By digest of the key. */
  readonly #identities: ReadonlyMap<string, Identity>;

  constructor(config: StaticKeysConfig) {
    super(config);
    const owners = new Map<string, string>();
    for (const { subject, key } of config.consumers) checkKey(config, subject, key, owners);
    this.#identities = new Map(
      config.consumers.map(({ subject, key, roles, scopes }) => [digestOf(key), { subject, scheme: config.name, roles, scopes }]),
    );
  }

  protected override judge(_key: string, digest: string): Identity | "invalid" {
    return this.#identities.get(digest) ?? "invalid";
  }
}

function checkKey(config: StaticKeysConfig, subject: string, key: string, owners: Map<string, string>): void {
  const whose = `identity.schemes.${config.name}.apiKey: the key of \`${subject}\``;
  if (key.length < shortestKey) {
    const remedy = `Give it at least ${shortestKey}, for example from \`openssl rand -base64 24\`.`;
    throw new StartError(`${whose} has ${key.length} characters. ${remedy}`);
  }
  if (key.length > longestKey) throw new StartError(`${whose} is longer than ${longestKey} characters. Give it a shorter one.`);
  if (!isSendable(key, config.in === "cookie")) {
    const allowed = config.in === "cookie" ? 'visible ASCII other than `"`, `,`, `;` and `\\`' : "visible ASCII";
    const remedy = "Check for white space and line breaks in it.";
    throw new StartError(`${whose} holds characters other than ${allowed}, so no client can send it. ${remedy}`);
  }
  const owner = owners.get(key);
  if (owner !== undefined) throw new StartError(`${whose} is also the key of \`${owner}\`. Give each consumer a key of its own.`);
  owners.set(key, subject);
}

/** Visible ASCII; in a cookie only what a cookie value may hold without quotes (RFC 6265 §4.1.1). */
function isSendable(key: string, inCookie: boolean): boolean {
  for (let index = 0; index < key.length; index++) {
    const code = key.charCodeAt(index);
    if (code < 0x21 || code > 0x7e) return false;
    if (inCookie && (code === 0x22 || code === 0x2c || code === 0x3b || code === 0x5c)) return false;
  }
  return true;
}
