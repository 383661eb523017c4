// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { Authentication, Exchange, Identity, SecurityScheme, StartValue, UpstreamRequest } from "../../exchange/exchange.ts";
import { keptText } from "../../exchange/kept-text.ts";
import { keepClaims } from "../../fields/keep-claims.ts";
import { deleteCookie, presentedKey, withoutParameter } from "../../identity/presented-key.ts";
import { StartError } from "../../life/start-error.ts";

export interface ApiKeyConfig {
  /** Name of the security scheme. */
  readonly name: string;
  readonly in: "header" | "query" | "cookie";
  /** Name of the header (lower case), query parameter or cookie. */
  readonly parameter: string;
  readonly challenge: string;
  /** Send the key on to the service. */
  readonly forward: boolean;
  readonly consumers: readonly ApiKeyConsumerConfig[];
}

export interface ApiKeyConsumerConfig {
  readonly subject: string;
  readonly key: StartValue;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

/** Throws a `StartError` where a key is too weak, cannot be sent by a client, or belongs to two consumers. */
export const createApiKey = (config: ApiKeyConfig): SecurityScheme<Authentication> => new ApiKey(config);

/** Shorter keys can be guessed: 16 characters of a generated key hold 64 to 96 bits. */
const shortestKey = 16;
/** Longer values are refused before they are hashed. */
const longestKey = 4096;

class ApiKey implements SecurityScheme<Authentication> {
  declare readonly __resource: "identity";
  readonly name: string;
  readonly challenge: string;
  readonly grants = "roles";
  readonly #in: ApiKeyConfig["in"];
  readonly #parameter: string;
  readonly #forward: boolean;
  /** Hash n belongs to identity n. */
  readonly #hashes: readonly Buffer[];
  readonly #identities: readonly Identity[];
  /** Keys that were found valid: what is wrong never gets in, so that there are at most as many as consumers. */
  readonly #known = new Map<string, Identity>();

  constructor(config: ApiKeyConfig) {
    this.name = config.name;
    this.challenge = config.challenge;
    this.#in = config.in;
    this.#parameter = config.parameter;
    this.#forward = config.forward;
    const owners = new Map<string, string>();
    for (const { subject, key } of config.consumers) checkKey(config, subject, key, owners);
    this.#hashes = config.consumers.map(({ key }) => sha256(key));
    this.#identities = config.consumers.map(({ subject, roles, scopes }) => ({ subject, scheme: config.name, roles, scopes }));
  }

  authenticate(x: Exchange): Authentication {
    const presented = presentedKey(x, this.#in, this.#parameter);
    if (presented === undefined) return "absent";
    if (presented === null || presented === "" || presented.length > longestKey) return "invalid";
    const known = this.#known.get(presented);
    if (known !== undefined) return known;
    const hash = sha256(presented);
    const hashes = this.#hashes;
    // Every hash is compared, also after a match: the time tells neither how near a guess is nor whose key it is.
    let owner = -1;
    for (let index = 0; index < hashes.length; index++) {
      if (crypto.timingSafeEqual(hash, hashes[index]!)) owner = index;
    }
    if (owner < 0) return "invalid";
    const identity = this.#identities[owner]!;
    this.#known.set(keptText(presented), identity);
    return identity;
  }

  conceal(upstream: UpstreamRequest): void {
    if (this.#forward) {
      // A key that is to be forwarded goes on whatever its field is called.
      if (this.#in === "header") keepClaims(upstream.headers, [this.#parameter]);
      return;
    }
    if (this.#in === "header") upstream.headers.delete(this.#parameter);
    else if (this.#in === "query") upstream.query = withoutParameter(upstream.query, this.#parameter);
    else deleteCookie(upstream.headers, this.#parameter);
  }
}

const sha256 = (text: string): Buffer => crypto.hash("sha256", text, "buffer");

function checkKey(config: ApiKeyConfig, subject: string, key: string, owners: Map<string, string>): void {
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
