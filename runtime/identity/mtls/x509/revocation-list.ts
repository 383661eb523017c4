// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto, { type KeyObject } from "node:crypto";
import { context, inside } from "./certificate.ts";
import { childrenOf, contentOf, DerError, type Elements, encodingOf, tags, wholeOf } from "./der.ts";
import { type Extension, extensionsOf } from "./extensions.ts";
import { type Name, nameOf } from "./name.ts";
import { integerText, oidText, timeOf } from "./values.ts";

/** A list of revoked certificates (RFC 5280 §5). */
export interface RevocationList {
  readonly der: Uint8Array;
  readonly issuer: Name;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** Serial numbers, written as `Certificate.serial`. */
  readonly revoked: ReadonlySet<string>;
  /** What is signed, how, and the signature. */
  readonly signed: Uint8Array;
  readonly algorithm: string;
  readonly signature: Uint8Array;
}

/** Extensions of a whole list of one issuer about all its certificates: they change nothing in how it is read. */
const understood: readonly string[] = ["2.5.29.20", "2.5.29.35"];

/** Of an entry: only why and since when. */
const understoodOfEntries: readonly string[] = ["2.5.29.21", "2.5.29.24"];

/**
 * Throws a `DerError` for what cannot be read in one way only, and for lists that speak of some certificates of their issuer
 * only, or of those of others (RFC 5280 §5.2.4, §5.2.5, §5.3.3): taken for whole ones they would let revoked ones in.
 */
export function readRevocationList(der: Uint8Array): RevocationList {
  const outer = childrenOf(wholeOf(der), tags.sequence);
  const body = outer.next(tags.sequence);
  const algorithm = encodingOf(outer.next(tags.sequence));
  const bits = contentOf(outer.next(tags.bitString));
  outer.finish();
  if (bits[0] !== 0) throw new DerError("a signature cannot be read");
  const parts = childrenOf(body, tags.sequence);
  const version = parts.optional(tags.integer);
  if (version !== undefined && integerText(version) !== "1") throw new DerError("it is of a version that is not known");
  const inner = encodingOf(parts.next(tags.sequence));
  // RFC 5280 §5.1.1.2: what is signed says how.
  if (Buffer.compare(inner, algorithm) !== 0) throw new DerError("it names two algorithms of its signature");
  const issuer = nameOf(parts.next());
  const thisUpdate = timeOf(parts.next());
  const isDated = parts.tag === tags.utcTime || parts.tag === tags.generalizedTime;
  // RFC 5280 §5.1.2.5: it must be there, and without it nobody knows when the list is outdated.
  if (!isDated) throw new DerError("it does not say when the next one comes (nextUpdate)");
  const nextUpdate = timeOf(parts.next());
  const revoked = new Set<string>();
  const entries = parts.optional(tags.sequence);
  if (entries !== undefined) for (const list = childrenOf(entries, tags.sequence); !list.isOver; ) readEntry(list, revoked);
  const wrapped = parts.optional(context(0));
  parts.finish();
  if (wrapped !== undefined) refuseUnknown(inside(wrapped, extensionsOf), understood);
  const oid = oidText(childrenOf(wholeOf(algorithm), tags.sequence).next());
  return { der, issuer, thisUpdate, nextUpdate, revoked, signed: encodingOf(body), algorithm: oid, signature: bits.subarray(1) };
}

function readEntry(list: Elements, revoked: Set<string>): void {
  const entry = childrenOf(list.next(), tags.sequence);
  revoked.add(integerText(entry.next()));
  timeOf(entry.next());
  const extensions = entry.optional(tags.sequence);
  entry.finish();
  if (extensions !== undefined) refuseUnknown(extensionsOf(extensions), understoodOfEntries);
}

/** RFC 5280 §5.2: a list with a critical extension that is not understood says nothing about who is not on it. */
function refuseUnknown(extensions: ReadonlyMap<string, Extension>, known: readonly string[]): void {
  for (const [oid, { isCritical }] of extensions) {
    if (oid === "2.5.29.27") throw new DerError("it only has the changes to another one (a delta CRL)");
    if (oid === "2.5.29.28") throw new DerError("it is only about some certificates of its issuer (issuingDistributionPoint)");
    if (oid === "2.5.29.29") throw new DerError("it is about certificates of several issuers (an indirect CRL)");
    if (isCritical && !known.includes(oid)) throw new DerError(`it has the critical extension ${oid}, which is not known`);
  }
}

/** Hash, and type of the key, by type of signature. No SHA-1: whoever makes two texts with one hash writes a list of their own. */
function signatureOf(oid: string): readonly [hash: string | undefined, keyType: string] | undefined {
  switch (oid) {
    case "1.2.840.113549.1.1.11":
      return ["sha256", "rsa"];
    case "1.2.840.113549.1.1.12":
      return ["sha384", "rsa"];
    case "1.2.840.113549.1.1.13":
      return ["sha512", "rsa"];
    case "1.2.840.10045.4.3.2":
      return ["sha256", "ec"];
    case "1.2.840.10045.4.3.3":
      return ["sha384", "ec"];
    case "1.2.840.10045.4.3.4":
      return ["sha512", "ec"];
    case "1.3.101.112":
      return [undefined, "ed25519"];
    case "1.3.101.113":
      return [undefined, "ed448"];
    default:
      return undefined;
  }
}

/** Whether this key has signed it. */
export function isSignedBy({ algorithm, signed, signature }: RevocationList, key: KeyObject): boolean {
  const [hash, keyType] = signatureOf(algorithm) ?? [];
  if (keyType === undefined || key.asymmetricKeyType !== keyType) return false;
  return crypto.verify(hash, signed, key, signature);
}
