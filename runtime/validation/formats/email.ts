import { isHostname } from "./hostname.ts";
import { isIpv4, isIpv6 } from "./ip.ts";

/** `Mailbox` of RFC 5321 §4.1.2, without the characters that RFC 6531 adds. */
export const isEmail = (text: string): boolean => isMailbox(text, dotString, quotedString, isHostname);

/** `Mailbox` of RFC 6531 §3.3: letters of every script. The domain is not held against the rules of IDNA. */
export const isIdnEmail = (text: string): boolean => isMailbox(text, idnDotString, idnQuotedString, isAnyDomain);

function isMailbox(text: string, dotted: RegExp, quoted: RegExp, isDomain: (domain: string) => boolean): boolean {
  // RFC 5321 §4.5.3.1.3: a path has 256 characters with its angle brackets.
  if (text.length > 254) return false;
  const at = text.lastIndexOf("@");
  const local = text.slice(0, at);
  if (at < 1 || local.length > 64) return false;
  if (!(local.startsWith('"') ? quoted : dotted).test(local)) return false;
  const domain = text.slice(at + 1);
  return domain.startsWith("[") ? isAddressLiteral(domain) : isDomain(domain);
}

function isAddressLiteral(domain: string): boolean {
  if (!domain.endsWith("]")) return false;
  const address = domain.slice(1, -1);
  return address.slice(0, 5).toLowerCase() === "ipv6:" ? isIpv6(address.slice(5)) : isIpv4(address);
}

const isAnyDomain = (domain: string): boolean => anyDomain.test(domain);

const dotString = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const quotedString = /^"(?:[ !#-[\]-~]|\\[ -~])*"$/;
const idnDotString = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+)*$/;
const idnQuotedString = /^"(?:[ !#-[\]-~\u0080-\uffff]|\\[ -~])*"$/;
const anyDomain =
  /^[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9\u0080-\uffff-]*[A-Za-z0-9\u0080-\uffff])?(?:\.[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9\u0080-\uffff-]*[A-Za-z0-9\u0080-\uffff])?)*$/;
