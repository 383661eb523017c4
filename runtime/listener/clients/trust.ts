import { createHash, X509Certificate } from "node:crypto";
import { type Certificate, readCertificate } from "../../identity/mtls/x509/certificate.ts";
import { certificateLabel, listLabel, pemBlocks, pemOf } from "../../identity/mtls/x509/pem.ts";
import { isSignedBy, type RevocationList, readRevocationList } from "../../identity/mtls/x509/revocation-list.ts";
import { messageOf } from "../../life/message-of.ts";
import { StartError } from "../../life/start-error.ts";

/** What certificates of clients are judged by. */
export interface TrustSources {
  /** Where it is configured: `gateway.yaml:6`. */
  readonly at: string;
  readonly mode: "request" | "require";
  /** Certificates of authorities between that of a client and the root, at most. */
  readonly depth: number;
  /** PEM of the authorities. */
  readonly authorities: readonly { readonly text: string; readonly from: string }[];
  /** Lists of revoked certificates; undefined: nobody asks for any. */
  readonly lists: readonly { readonly list: RevocationList; readonly from: string }[] | undefined;
}

/** What comes of a certificate: good until a moment in milliseconds since the epoch, or a sentence that says why not. */
export type Verdict = { readonly until: number; readonly problem?: undefined } | { readonly problem: string };

/** A certificate of a path, and what it says. */
interface Link {
  readonly x509: X509Certificate;
  readonly read: Certificate;
}

/** What is wrong with a certificate, for clients and logs. */
export const problems = {
  unreadable: "The client certificate cannot be read in one way only.",
  untrusted: "The client certificate is not of an authority that is trusted here.",
  tooLong: "The client certificate has more authorities above it than are allowed here.",
  expired: "The client certificate, or that of an authority above it, has expired.",
  early: "The client certificate, or that of an authority above it, is not valid yet.",
  revoked: "The client certificate, or that of an authority above it, was revoked.",
  unknown: "Whether the client certificate was revoked is not known.",
  changed: "The client certificate has to be shown again on a new connection.",
} as const;

/** The lists in a text or in bytes, PEM or DER. Throws a `StartError` that names what cannot be used. */
export function listsOf(bytes: Uint8Array, from: string): TrustSources["lists"] & object {
  try {
    const text = Buffer.from(bytes).toString("latin1");
    const ders = text.includes("-----BEGIN ") ? pemBlocks(text, listLabel) : [bytes];
    if (ders.length === 0) throw new Error("it holds no -----BEGIN X509 CRL-----");
    return ders.map((der) => ({ list: readRevocationList(der), from }));
  } catch (error) {
    throw new StartError(`${from} cannot be used as a list of revoked certificates: ${messageOf(error)}.`);
  }
}

/** Who vouches for clients, and whom they have revoked, as it is at one moment. It never changes. */
export class Trust {
  /** For OpenSSL. */
  readonly ca: readonly string[];
  readonly crl: readonly string[] | undefined;
  /** Tells it from what was in force before and from that of other listeners. */
  readonly digest: Buffer;
  readonly lists: NonNullable<TrustSources["lists"]>;
  readonly #sources: TrustSources;
  readonly #anchors: readonly Link[];
  /** By whom a list was found to be signed: authorities, of bounded number. */
  readonly #signers = new WeakMap<RevocationList, Link>();

  /**
   * Throws a `StartError` that names what cannot be used. `now`: milliseconds since the epoch. `isComplete`: every list is
   * there; before, nobody gets in.
   */
  constructor(sources: TrustSources, now: number, isComplete: boolean) {
    this.#sources = sources;
    this.#anchors = sources.authorities.flatMap(({ text, from }) => anchorsIn(text, from, sources.at));
    this.lists = sources.lists ?? [];
    this.ca = this.#anchors.map(({ x509 }) => x509.toString());
    if (sources.lists !== undefined) this.#checkLists(now, isComplete);
    this.crl = sources.lists?.map(({ list: { der } }) => pemOf("X509 CRL", der));
    const hash = createHash("sha256").update(JSON.stringify(["listeners.public", sources.mode, sources.depth]));
    for (const { x509 } of this.#anchors) hash.update(x509.raw);
    for (const { list } of this.lists) hash.update(list.der);
    this.digest = hash.digest();
  }

  /** Certificates of the authorities. */
  get authorities(): readonly X509Certificate[] {
    return this.#anchors.map(({ x509 }) => x509);
  }

  /** OpenSSL looks at every certificate of a path, up to the root, and so does `judge`. */
  #checkLists(now: number, isComplete: boolean): void {
    const { at } = this.#sources;
    for (const { list, from } of this.lists) {
      const owners = this.#anchors.filter(({ read }) => read.subject.key === list.issuer.key);
      if (owners.length > 0 && !owners.some((owner) => this.#hasSigned(owner, list)))
        throw new StartError(
          `${at}  the list of revoked certificates in ${from} is not signed by ${list.issuer.text}, whom it names.`,
        );
      if (list.nextUpdate <= now)
        throw new StartError(
          `${at}  the list of revoked certificates of ${list.issuer.text} in ${from} was to be replaced by ${new Date(list.nextUpdate).toISOString()}. Put the present one there.`,
        );
    }
    for (const anchor of this.#anchors) {
      if (!isComplete || !anchor.read.isAuthority || this.lists.some(({ list }) => this.#hasSigned(anchor, list))) continue;
      throw new StartError(
        `${at}  \`crl\` has no list of ${anchor.read.subject.text}. Every authority in \`ca\` needs its own: without it, nobody knows whom it has revoked. Add it to \`crl\`.`,
      );
    }
  }

  #hasSigned(authority: Link, list: RevocationList): boolean {
    const { subject, maySignLists } = authority.read;
    if (subject.key !== list.issuer.key || !maySignLists) return false;
    if (this.#signers.get(list) === authority) return true;
    if (!isSignedBy(list, authority.x509.publicKey)) return false;
    this.#signers.set(list, authority);
    return true;
  }

  /**
   * What comes of a certificate, which OpenSSL has found good on this connection, or on the one whose session it resumes.
   * `sent`: it, and behind it those of authorities that the client sent along; a session that is resumed has only the first.
   */
  judge(
    sent: readonly [X509Certificate, ...X509Certificate[]],
    isResumed: boolean,
    now: number,
  ): Verdict & { readonly isWhole?: boolean } {
    let path: readonly Link[];
    let isWhole: boolean;
    try {
      ({ path, isWhole } = this.#pathOf(sent.map(linkOf) as [Link, ...Link[]]));
    } catch {
      return { problem: problems.unreadable };
    }
    // Its ticket was made under the same trust, or would not have been read.
    if (!isWhole && !isResumed) return { problem: problems.untrusted };
    if (path.length > this.#sources.depth + 2) return { problem: problems.tooLong };
    let until = Number.POSITIVE_INFINITY;
    for (const [index, link] of path.entries()) {
      const { notBefore, notAfter } = link.read;
      if (now < notBefore) return { problem: problems.early };
      if (now > notAfter) return { problem: problems.expired };
      until = Math.min(until, notAfter);
      const issuer = path[index + 1] ?? (isWhole ? link : undefined);
      const revocation = this.#revocationOf(link, issuer, now);
      if (revocation.problem !== undefined) return revocation;
      until = Math.min(until, revocation.until);
    }
    return { until, isWhole };
  }

  /** Up to a root that is trusted. Not whole: the issuer of the last one is not known. */
  #pathOf([leaf, ...others]: readonly [Link, ...Link[]]): { readonly path: readonly Link[]; readonly isWhole: boolean } {
    const path = [leaf];
    for (let link = leaf; path.length <= longestPath; path.push(link)) {
      const { fingerprint256 } = link.x509;
      const isRoot = link.read.issuer.key === link.read.subject.key;
      if (isRoot && this.#anchors.some(({ x509 }) => x509.fingerprint256 === fingerprint256)) return { path, isWhole: true };
      const above = link;
      const issuer = isRoot ? undefined : [...this.#anchors, ...others].find((one) => hasIssued(one, above));
      if (issuer === undefined) return { path, isWhole: false };
      link = issuer;
    }
    return { path, isWhole: false };
  }

  /** RFC 5280 §6.3.3, for lists of whole issuers: the newest one of the issuer that it has signed decides. */
  #revocationOf({ read }: Link, issuer: Link | undefined, now: number): Verdict {
    const { lists } = this.#sources;
    if (lists === undefined) return { until: Number.POSITIVE_INFINITY };
    // Of a session that is resumed, where it was looked at: it ends with the first list that does.
    if (issuer === undefined) return { until: Math.min(...lists.map(({ list }) => list.nextUpdate)) };
    let newest: RevocationList | undefined;
    for (const { list } of lists)
      if ((newest === undefined || list.thisUpdate > newest.thisUpdate) && this.#hasSigned(issuer, list)) newest = list;
    if (newest === undefined || newest.thisUpdate > now || newest.nextUpdate <= now) return { problem: problems.unknown };
    return newest.revoked.has(read.serial) ? { problem: problems.revoked } : { until: newest.nextUpdate };
  }
}

/** Certificates that are looked at above that of a client. OpenSSL has found a path with fewer. */
const longestPath = 20;

const linkOf = (x509: X509Certificate): Link => ({ x509, read: readCertificate(x509.raw) });

const hasIssued = (issuer: Link, { x509, read }: Link): boolean =>
  issuer.read.subject.key === read.issuer.key && x509.checkIssued(issuer.x509) && x509.verify(issuer.x509.publicKey);

function anchorsIn(text: string, from: string, at: string): Link[] {
  const remedy = "Give it certificates in PEM, from -----BEGIN CERTIFICATE----- on.";
  let found: Link[];
  try {
    found = pemBlocks(text, certificateLabel).map((der) => linkOf(new X509Certificate(der)));
  } catch (error) {
    throw new StartError(`${at}  a certificate in ${from} cannot be read: ${messageOf(error)}. ${remedy}`);
  }
  if (found.length === 0) throw new StartError(`${at}  ${from} holds no certificate. ${remedy}`);
  return found;
}
