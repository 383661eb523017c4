import "./reflected.ts";
import { X509Certificate as NodeCertificate, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

export { Extension, KeyUsageFlags, KeyUsagesExtension, X509Crl } from "@peculiar/x509";

/** What is to be in a certificate. Times are generous where they are not the point: clocks of tests stand still. */
export interface Wanted {
  readonly subject: string;
  readonly names?: readonly { readonly type: "dns" | "url" | "email" | "ip"; readonly value: string }[];
  readonly isAuthority?: boolean;
  readonly serial?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly extensions?: readonly x509.Extension[];
}

export interface Issued {
  readonly certificate: string;
  readonly key: string;
  readonly x509: NodeCertificate;
  readonly serial: string;
}

export interface ListWanted {
  readonly revoked?: readonly string[];
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  readonly extensions?: readonly x509.Extension[];
  /** Of each entry. */
  readonly entryExtensions?: readonly x509.Extension[];
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const begin = new Date("2026-01-01T00:00:00Z");
const end = new Date("2028-01-01T00:00:00Z");
let serials = 0x1000;

/** An authority made for a test, which can issue anything, also what no real one would. */
export class Pki implements Issued {
  readonly certificate: string;
  readonly key: string;
  readonly serial: string;
  readonly #made: x509.X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(made: x509.X509Certificate, keys: webcrypto.CryptoKeyPair, key: string) {
    this.#made = made;
    this.#keys = keys;
    this.key = key;
    this.certificate = `${made.toString("pem")}\n`;
    this.serial = serialOf(made);
  }

  get x509(): NodeCertificate {
    return new NodeCertificate(this.certificate);
  }

  static async root(wanted: Wanted): Promise<Pki> {
    return Pki.#make({ isAuthority: true, ...wanted }, undefined);
  }

  async issue(wanted: Wanted): Promise<Pki> {
    return Pki.#make(wanted, this);
  }

  static async #make(wanted: Wanted, issuer: Pki | undefined): Promise<Pki> {
    const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
    const { subject, names = [], isAuthority = false, notBefore = begin, notAfter = end, extensions = [] } = wanted;
    const made = await x509.X509CertificateGenerator.create({
      serialNumber: wanted.serial ?? (serials++).toString(16),
      subject,
      issuer: issuer === undefined ? subject : issuer.#made.subjectName,
      notBefore,
      notAfter,
      publicKey: keys.publicKey,
      signingKey: (issuer === undefined ? keys : issuer.#keys).privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(isAuthority, undefined, true),
        ...(isAuthority ? [new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true)] : []),
        ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension([...names])]),
        ...extensions,
      ],
    });
    const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
    const lines = der
      .toString("base64")
      .match(/.{1,64}/g)!
      .join("\n");
    return new Pki(made, keys, `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`);
  }

  /** Its list of revoked certificates, in PEM. `signer`: whose key signs it instead of its own. */
  async list(wanted: ListWanted = {}, signer: Pki = this): Promise<string> {
    const { revoked = [], thisUpdate = begin, nextUpdate = end, extensions = [], entryExtensions = [] } = wanted;
    const list = await x509.X509CrlGenerator.create({
      issuer: this.#made.subjectName,
      thisUpdate,
      nextUpdate,
      signingAlgorithm: algorithm,
      signingKey: signer.#keys.privateKey,
      extensions: [...extensions],
      entries: revoked.map((serialNumber) => ({
        serialNumber,
        revocationDate: begin,
        extensions: [...entryExtensions],
      })),
    });
    return list
      .toString("pem")
      .replaceAll("-----BEGIN CRL-----", "-----BEGIN X509 CRL-----")
      .replaceAll("-----END CRL-----", "-----END X509 CRL-----");
  }
}

const serialOf = ({ serialNumber }: x509.X509Certificate): string => serialNumber.toLowerCase();
