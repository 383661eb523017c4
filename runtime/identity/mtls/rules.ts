import { createCidrSet } from "../../addresses/cidr.ts";
import { type Certificate, spiffeId } from "./x509/certificate.ts";
import type { Name } from "./x509/name.ts";

/** What a certificate must have: all that is named here. */
export interface MtlsRuleConfig {
  /** In lower case; `*.` at the begin stands for one label. */
  readonly dns?: string;
  /** `*` at the end stands for anything. */
  readonly uri?: string;
  /** `*` at the begin stands for any local part. */
  readonly email?: string;
  readonly ip?: string;
  /** `/*` at the end stands for any path below. */
  readonly spiffe?: string;
  /** Values by short name: `CN`. */
  readonly subject?: Readonly<Record<string, string>>;
  readonly issuer?: Readonly<Record<string, string>>;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

export interface MtlsRule {
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  matches(certificate: Certificate): boolean;
}

export function createRule({ dns, uri, email, ip, spiffe, subject, issuer, roles, scopes }: MtlsRuleConfig): MtlsRule {
  const tests: ((certificate: Certificate) => boolean)[] = [];
  const blocks = ip === undefined ? undefined : createCidrSet([ip]);
  if (dns !== undefined) tests.push(({ alternatives }) => alternatives.dns.some((name) => coversDns(dns, name)));
  if (uri !== undefined) tests.push(({ alternatives }) => alternatives.uri.some((one) => covers(uri, one)));
  if (email !== undefined) tests.push(({ alternatives }) => alternatives.email.some((one) => coversEmail(email, one)));
  if (blocks !== undefined) tests.push(({ alternatives }) => alternatives.ip.some((one) => blocks.has(one) === true));
  if (spiffe !== undefined) tests.push((certificate) => covers(spiffe, spiffeId(certificate) ?? ""));
  if (subject !== undefined) tests.push((certificate) => hasAll(certificate.subject, subject));
  if (issuer !== undefined) tests.push((certificate) => hasAll(certificate.issuer, issuer));
  return { roles, scopes, matches: (certificate) => tests.every((test) => test(certificate)) };
}

/** A name with `*` in the certificate stands for many hosts and is none: only a rule that is written the same fits. */
const coversDns = (pattern: string, name: string): boolean =>
  pattern === name ||
  (pattern.startsWith("*.") && !name.startsWith("*") && name.slice(name.indexOf(".")) === pattern.slice(1) && name[0] !== ".");

const covers = (pattern: string, text: string): boolean =>
  pattern.endsWith("*") ? text.length >= pattern.length && text.startsWith(pattern.slice(0, -1)) : text === pattern;

/** Hosts have no case, local parts have one (RFC 5321 §2.4). */
function coversEmail(pattern: string, address: string): boolean {
  const [local, host] = parted(address);
  const [wantedLocal, wantedHost] = parted(pattern);
  return host.toLowerCase() === wantedHost.toLowerCase() && (wantedLocal === "*" || wantedLocal === local);
}

const parted = (address: string): [string, string] => {
  const at = address.lastIndexOf("@");
  return [address.slice(0, Math.max(at, 0)), address.slice(at + 1)];
};

const hasAll = ({ attributes }: Name, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([type, value]) => attributes.get(type)?.includes(value) === true);
