import type { Exchange } from "../../exchange/exchange.ts";

/** Where a sender writes its signature, and over what it is. */
export interface SignatureLayout {
  readonly __made: true;
  /** Fields that are not forwarded unless the credential is, in lower case. */
  readonly fields: readonly string[];
  /** Authentication scheme in `Authorization`, in lower case, where the signature is there; other schemes are not its business. */
  readonly scheme?: string;
  /** The key of a secret as the vendor hands it out; throws where it is of no use, with the end of a sentence. */
  keyOf(secret: string): string | Uint8Array;
  read(x: Exchange): ReadSignature;
}

/** A string: a sentence that says why what came cannot be a signature. */
export type ReadSignature = Presented | "absent" | { readonly malformed: string };

export interface Presented {
  /** Any of them may be the right one. */
  readonly signatures: readonly Buffer[];
  /** Seconds since the epoch at which it was signed; undefined: the layout does not say. */
  readonly at?: number;
  /** Whose key it is; undefined: the layout has one. */
  readonly keyId?: string;
  /** What makes a delivery one and the same, however often it is sent; undefined: the signature. */
  readonly delivery?: string;
  /** What is signed, for a body as sent. */
  signed(body: Uint8Array): readonly (string | Uint8Array)[];
}

/** Signatures that are looked at, and characters of one field: more are of nobody who signs. */
export const mostSignatures = 16;
export const longestField = 4096;

export const malformed = (what: string): ReadSignature => ({ malformed: what });

/** The value of a field that must come once and is not too long; null where it does not. */
export function oneField({ headers }: Exchange, name: string): string | undefined | null {
  const value = headers.single(name);
  return typeof value === "string" && (value === "" || value.length > longestField) ? null : value;
}

/** 32 bytes of lower or upper case hexadecimal; undefined where it is anything else. */
export const hexDigest = (text: string): Buffer | undefined =>
  /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, "hex") : undefined;

/** 32 bytes of base64 in its one spelling (RFC 4648 §3.5). */
export function base64Digest(text: string): Buffer | undefined {
  if (text.length !== 44) return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.length === 32 && bytes.toString("base64") === text ? bytes : undefined;
}

/** Seconds since the epoch in plain digits: no sign, no fraction, no exponent. */
export const epochSeconds = (text: string | undefined | null): number | undefined =>
  typeof text === "string" && /^[0-9]{1,12}$/.test(text) ? Number(text) : undefined;
