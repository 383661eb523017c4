import crypto from "node:crypto";
import type { Exchange } from "../../exchange/exchange.ts";
import { hexDigest, malformed, oneField, type ReadSignature, type SignatureLayout } from "./layout.ts";

export interface CanonicalRequestConfig {
  /** Authentication scheme in `Authorization`: `HMAC-SHA256`. */
  readonly scheme: string;
  /** Field with the time of signing, in lower case. */
  readonly timestamp: string;
  /** Fields that must be signed, in lower case, sorted; the one with the time is among them. */
  readonly headers: readonly string[];
}

/**
 * A signature over the whole request, as AWS Signature Version 4 has it, without dates and regions in the key:
 *
 *     Authorization: HMAC-SHA256 Credential=<key id>, SignedHeaders=<a;b;c>, Signature=<hex>
 */
export const createCanonicalRequestLayout = (config: CanonicalRequestConfig): SignatureLayout => new CanonicalRequest(config);

/** Names of fields in `SignedHeaders`. */
const mostHeaders = 64;

const parameters = /^Credential=([^,\s]{1,128}), *SignedHeaders=([^,\s]{1,2048}), *Signature=([0-9a-f]{64})$/;

class CanonicalRequest implements SignatureLayout {
  declare readonly __made: true;
  readonly fields = ["authorization"];
  readonly scheme: string;
  readonly #config: CanonicalRequestConfig;

  constructor(config: CanonicalRequestConfig) {
    this.scheme = config.scheme.toLowerCase();
    this.#config = config;
  }

  keyOf(secret: string): string {
    return secret;
  }

  read(x: Exchange): ReadSignature {
    const { scheme, timestamp, headers } = this.#config;
    const value = oneField(x, "authorization");
    if (value === undefined) return "absent";
    if (value === null) return malformed("Authorization is empty, too long or came twice.");
    const space = value.indexOf(" ");
    // A token or a password: for another scheme of the operation, if for any.
    if ((space < 0 ? value : value.slice(0, space)).toLowerCase() !== this.scheme) return "absent";
    const [, keyId, names = "", signature = ""] = parameters.exec(value.slice(space + 1).trim()) ?? [];
    const digest = hexDigest(signature);
    if (keyId === undefined || digest === undefined)
      return malformed("Authorization does not have Credential, SignedHeaders and Signature, in this order.");
    const signed = names.split(";");
    if (signed.length > mostHeaders || signed.some((name, index) => index > 0 && name <= signed[index - 1]!))
      return malformed("SignedHeaders are not sorted, name one twice, or are too many.");
    const missing = headers.find((name) => !signed.includes(name));
    if (missing !== undefined) return malformed(`The field ${missing} is not signed.`);
    const sent = oneField(x, timestamp);
    const at = basicTime(sent);
    if (at === undefined) return malformed(`The field ${timestamp} is not a time such as 20261128T164155Z.`);
    return {
      keyId,
      signatures: [digest],
      at,
      signed: (body) => [`${scheme}\n${sent}\n${sha256(canonicalRequest(x, signed, body))}`],
    };
  }
}

function canonicalRequest(x: Exchange, signed: readonly string[], body: Uint8Array): string {
  const [path = ""] = pathOf(x.sentTarget).split("?", 1);
  const lines = signed.map((name) => `${name}:${valueOf(x, name)}\n`);
  return [x.method, path, canonicalQuery(x.query), lines.join(""), signed.join(";"), sha256(body)].join("\n");
}

/** Of an absolute form (RFC 9112 §3.2.2) only what an origin form has. */
function pathOf(target: string): string {
  const scheme = /^https?:\/\//i.exec(target);
  if (scheme === null) return target;
  const slash = target.indexOf("/", scheme[0].length);
  return slash < 0 ? "/" : target.slice(slash);
}

/** The pairs as sent, sorted by their bytes; a name alone is one with an empty value. */
const canonicalQuery = (query: string): string =>
  query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => (pair.includes("=") ? pair : `${pair}=`))
    .sort()
    .join("&");

/** Lines of one name joined, blanks at the ends and runs of them taken away. */
function valueOf(x: Exchange, name: string): string {
  const lines = name === "host" ? [x.authority] : x.headers.all(name);
  return lines.map((line) => line.trim().replaceAll(/ +/g, " ")).join(",");
}

/** Seconds since the epoch of ISO 8601's basic form, in UTC. */
function basicTime(text: string | undefined | null): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? "");
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const at = Date.parse(iso);
  // A day that there is not, such as 31 February, would be another one.
  return Number.isNaN(at) || new Date(at).toISOString() !== iso ? undefined : at / 1000;
}

const sha256 = (data: string | Uint8Array): string => crypto.hash("sha256", data, "hex");
