import { ipText } from "../../../addresses/ip-text.ts";
import { childrenOf, contentOf, DerError, type Element, tags, wholeOf } from "./der.ts";
import { type Extension, extensionsOf, isAuthority, keyUsageOf } from "./extensions.ts";
import { type Name, nameOf } from "./name.ts";
import { integerText, timeOf, visible } from "./values.ts";

/** What a certificate says (RFC 5280 §4.1), as far as the gateway decides by it. */
export interface Certificate {
  /** In lower-case hexadecimal without leading zeros. */
  readonly serial: string;
  readonly issuer: Name;
  readonly subject: Name;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isAuthority: boolean;
  /** Its key may sign lists of revoked certificates (RFC 5280 §4.2.1.3). */
  readonly maySignLists: boolean;
  readonly alternatives: AlternativeNames;
}

/** Subject alternative names (RFC 5280 §4.2.1.6), each kind apart and in the order of the certificate. */
export interface AlternativeNames {
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
  readonly ip: readonly string[];
}

/** Bit of cRLSign. */
const crlSign = 6;

/** Throws a `DerError` for what cannot be read in one way only. */
export function readCertificate(der: Uint8Array): Certificate {
  const outer = childrenOf(wholeOf(der), tags.sequence);
  const signed = childrenOf(outer.next(), tags.sequence);
  outer.next(tags.sequence);
  outer.next(tags.bitString);
  outer.finish();
  // Version 1 has no extensions, and leaves itself out.
  signed.optional(context(0));
  const serial = integerText(signed.next());
  signed.next(tags.sequence);
  const issuer = nameOf(signed.next());
  const validity = childrenOf(signed.next(), tags.sequence);
  const notBefore = timeOf(validity.next());
  const notAfter = timeOf(validity.next());
  validity.finish();
  const subject = nameOf(signed.next());
  signed.next(tags.sequence);
  signed.optional(context(1, false));
  signed.optional(context(2, false));
  const wrapped = signed.optional(context(3));
  signed.finish();
  const extensions = wrapped === undefined ? new Map<string, Extension>() : inside(wrapped, extensionsOf);
  const usage = keyUsageOf(extensions);
  return {
    serial,
    issuer,
    subject,
    notBefore,
    notAfter,
    isAuthority: isAuthority(extensions),
    maySignLists: usage === undefined || usage.has(crlSign),
    alternatives: alternativesOf(extensions.get("2.5.29.17")),
  };
}

/** Identifier octet of a context-specific tag, of an element that holds others unless said otherwise. */
export const context = (number: number, isConstructed = true): number => (isConstructed ? 0xa0 : 0x80) | number;

/** Of what an explicit tag is around. */
export function inside<Result>(element: Element, read: (one: Element) => Result): Result {
  const parts = childrenOf(element, element.tag);
  const result = read(parts.next());
  parts.finish();
  return result;
}

function alternativesOf(extension: Extension | undefined): AlternativeNames {
  const found = { dns: [] as string[], uri: [] as string[], email: [] as string[], ip: [] as string[] };
  if (extension === undefined) return found;
  for (const names = childrenOf(wholeOf(extension.value), tags.sequence); !names.isOver; ) {
    const name = names.next();
    const content = contentOf(name);
    switch (name.tag) {
      case context(1, false):
        found.email.push(visible(content));
        break;
      case context(2, false):
        found.dns.push(dnsName(content));
        break;
      case context(6, false):
        found.uri.push(visible(content));
        break;
      case context(7, false):
        found.ip.push(address(content));
        break;
      // Other kinds of names are nobody's here.
    }
  }
  return found;
}

/** Names have no case. What is no name of a host would be read in another way by somebody else. */
function dnsName(content: Uint8Array): string {
  const name = visible(content).toLowerCase();
  if (!/^(?:\*\.)?[\d_a-z-]+(?:\.[\d_a-z-]+)*$/.test(name))
    throw new DerError("an alternative name of type DNS is not a host name");
  return name;
}

function address(content: Uint8Array): string {
  const octets = [...content];
  if (octets.length === 4) return octets.join(".");
  const groups: string[] = [];
  for (let at = 0; at < octets.length; at += 2) groups.push((octets[at]! * 256 + (octets[at + 1] ?? 0)).toString(16));
  const ip = octets.length === 16 ? ipText(groups.join(":")) : undefined;
  if (ip === undefined) throw new DerError("an alternative name of type IP is not an address");
  return ip;
}

/** The SPIFFE id (X.509-SVID §2): the only URI of the certificate. With two, nobody could tell which one is meant. */
export function spiffeId({ alternatives: { uri } }: Certificate): string | undefined {
  const [only] = uri;
  return uri.length === 1 && /^spiffe:\/\/[\d._a-z-]+(?:\/[\d._a-zA-Z-]+)*$/.test(only!) && !/\/\.{1,2}(?:\/|$)/.test(only!)
    ? only
    : undefined;
}
