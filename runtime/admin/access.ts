// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto, { type X509Certificate } from "node:crypto";
import type { StartValue } from "../exchange/exchange.ts";
import { StartError } from "../life/start-error.ts";

export interface AdminAccessConfig {
  /** Whether reading needs a credential too. */
  readonly reads: "open" | "credentials";
  readonly keys: readonly { readonly name: string; readonly key: StartValue }[];
  /** What the certificate of a client, which TLS has verified, must have: all that is named here. */
  readonly certificates: readonly CertificateRule[];
}

export interface CertificateRule {
  readonly name: string;
  /** Common name of the subject. */
  readonly commonName?: string;
  /** Subject alternative names, compared as they are. */
  readonly dns?: string;
  readonly uri?: string;
}

/** Who asks, by what came with the request. */
export type Caller = { readonly name: string } | "absent" | "invalid";

/** What of a request says who asks. */
export interface Presented {
  readonly authorization: readonly string[];
  /** Verified by TLS. */
  readonly certificate: X509Certificate | undefined;
}

/** Shorter keys can be guessed: 16 characters of a generated key hold 64 to 96 bits. */
const shortestKey = 16;
/** Longer values are refused before they are hashed. */
const longestKey = 4_096;

/** Throws a `StartError` where a key is too weak, cannot be sent, or is that of two credentials. */
export const createAdminAccess = (config: AdminAccessConfig): AdminAccess => new AdminAccess(config);

/** Who may change the gateway through the admin listener, and read from it where that needs a credential. */
export class AdminAccess {
  declare readonly __made: true;
  readonly readsNeedCredential: boolean;
  readonly takesKeys: boolean;
  /** Hash n belongs to name n. */
  readonly #hashes: readonly Buffer[];
  readonly #names: readonly string[];
  readonly #certificates: readonly CertificateRule[];

  constructor({ reads, keys, certificates }: AdminAccessConfig) {
    const owners = new Map<string, string>();
    for (const { name, key } of keys) checkKey(name, key, owners);
    this.readsNeedCredential = reads === "credentials";
    this.takesKeys = keys.length > 0;
    this.#hashes = keys.map(({ key }) => sha256(key));
    this.#names = keys.map(({ name }) => name);
    this.#certificates = certificates;
  }

  /** A key that is wrong is refused also from a client whose certificate would do. */
  caller({ authorization, certificate }: Presented): Caller {
    if (authorization.length > 0) {
      const name = authorization.length === 1 ? this.#ofKey(authorization[0]!) : undefined;
      return name === undefined ? "invalid" : { name };
    }
    if (certificate === undefined) return "absent";
    const rule = this.#certificates.find((one) => fits(one, certificate));
    return rule === undefined ? "invalid" : { name: rule.name };
  }

  #ofKey(authorization: string): string | undefined {
    if (authorization.length > longestKey + 16) return undefined;
    // RFC 6750 §2.1; names of schemes have no case (RFC 9110 §11.1).
    const [, key] = /^bearer +([\x21-\x7e]+)$/i.exec(authorization) ?? [];
    if (key === undefined) return undefined;
    const hash = sha256(key);
    // Every hash is compared, also after a match: the time tells neither how near a guess is nor whose key it is.
    let owner = -1;
    for (const [index, own] of this.#hashes.entries()) if (crypto.timingSafeEqual(hash, own)) owner = index;
    return owner < 0 ? undefined : this.#names[owner];
  }
}

const sha256 = (text: string): Buffer => crypto.hash("sha256", text, "buffer");

function checkKey(name: string, key: string, owners: Map<string, string>): void {
  const whose = `listeners.admin.credentials: the key of \`${name}\``;
  if (key.length < shortestKey) {
    const remedy = `Give it at least ${shortestKey}, for example from \`openssl rand -base64 24\`.`;
    throw new StartError(`${whose} has ${key.length} characters. ${remedy}`);
  }
  if (key.length > longestKey) throw new StartError(`${whose} is longer than ${longestKey} characters. Give it a shorter one.`);
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new StartError(
      `${whose} holds characters other than visible ASCII, so no client can send it. Check for white space and line breaks in it.`,
    );
  const owner = owners.get(key);
  if (owner !== undefined)
    throw new StartError(`${whose} is also the key of \`${owner}\`. Give each credential a key of its own.`);
  owners.set(key, name);
}

function fits({ commonName, dns, uri }: CertificateRule, certificate: X509Certificate): boolean {
  if (commonName !== undefined && certificate.toLegacyObject().subject.CN !== commonName) return false;
  const names = dns === undefined && uri === undefined ? [] : alternativeNames(certificate.subjectAltName ?? "");
  return (dns === undefined || names.includes(`DNS:${dns}`)) && (uri === undefined || names.includes(`URI:${uri}`));
}

/**
 * Node quotes a name as JSON where it could be taken for several (CVE-2021-44532): `DNS:a, URI:"b, DNS:c"`. Such a name is
 * none that a rule can ask for, so what stands between quotes, escaped ones not counted, is left out.
 */
function alternativeNames(text: string): string[] {
  const names = [""];
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (isQuoted && character === "\\") index++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (text.startsWith(", ", index)) {
      names.push("");
      index++;
    } else names[names.length - 1] += character;
  }
  return names;
}
