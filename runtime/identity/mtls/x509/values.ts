import { contentOf, DerError, type Element, tags } from "./der.ts";

/** Longest number of a certificate that is read, in octets: RFC 5280 §4.1.2.2 has 20. */
const longestInteger = 64;

/** Two's complement in hexadecimal without leading zeros; with `-` in front of a negative one. */
export function integerText(element: Element): string {
  const content = contentOf(element);
  if (element.tag !== tags.integer || content.length === 0 || content.length > longestInteger)
    throw new DerError("a number cannot be read");
  const [first = 0, second = 0] = content;
  // X.690 §8.3.2: the first nine bits are not all the same.
  if (content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
    throw new DerError("a number is longer than it need be");
  let value = 0n;
  for (const octet of content) value = value * 256n + BigInt(octet);
  if (first >= 0x80) value -= 1n << BigInt(content.length * 8);
  return value.toString(16);
}

/** `2.5.29.17` */
export function oidText(element: Element): string {
  const content = contentOf(element);
  if (element.tag !== tags.oid || content.length === 0 || content.length > 64) throw new DerError("a type cannot be read");
  const arcs: number[] = [];
  let arc = 0;
  for (const [index, octet] of content.entries()) {
    if (arc === 0 && octet === 0x80) throw new DerError("a type is longer than it need be");
    if (arc > 2 ** 44) throw new DerError("a type cannot be read");
    arc = arc * 128 + (octet & 0x7f);
    if (octet >= 0x80) {
      if (index === content.length - 1) throw new DerError("a type is cut off");
      continue;
    }
    if (arcs.length === 0) {
      const root = Math.min(2, Math.floor(arc / 40));
      arcs.push(root, arc - root * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join(".");
}

/** X.690 §11.1: true is 0xff. */
export function booleanOf(element: Element): boolean {
  const content = contentOf(element);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError("a truth value cannot be read");
  return content[0] === 0xff;
}

/** Milliseconds since the epoch. Only the forms of RFC 5280 §4.1.2.5: seconds, and `Z`. */
export function timeOf(element: Element): number {
  const text = latin1(contentOf(element));
  const parts =
    element.tag === tags.utcTime
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
      : element.tag === tags.generalizedTime
        ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
        : null;
  if (parts === null) throw new DerError("a time cannot be read");
  const [written = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  const year = element.tag === tags.utcTime ? written + (written < 50 ? 2000 : 1900) : written;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // The 31st of April would become the 1st of May.
  const isSame = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour;
  if (!isSame || date.getUTCMinutes() !== minute) throw new DerError("a time does not exist");
  return date.getTime();
}

/** Text of a name attribute (RFC 5280 §4.1.2.4). Undefined for kinds that are no text. */
export function textOf(element: Element): string | undefined {
  const content = contentOf(element);
  const text = decoded(element.tag, content);
  // A NUL in the middle ends the text for those who read it in C, and a line break forges lines of logs.
  if (text !== undefined && hasControl(text)) throw new DerError("a name holds control characters");
  return text;
}

function decoded(tag: number, content: Uint8Array): string | undefined {
  switch (tag) {
    case tags.utf8String:
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
      } catch {
        throw new DerError("a name is not UTF-8");
      }
    case tags.printableString:
    case tags.ia5String:
      return ascii(content);
    case tags.teletexString:
      return latin1(content);
    case tags.bmpString:
      if (content.length % 2 !== 0) throw new DerError("a name is cut off");
      return Buffer.from(content).swap16().toString("utf16le");
    default:
      return undefined;
  }
}

/** Of IA5String (RFC 5280 §4.2.1.6): visible characters only, as names, URIs and addresses have them. */
export function visible(content: Uint8Array): string {
  for (const octet of content)
    if (octet <= 0x20 || octet >= 0x7f) throw new DerError("an alternative name holds other than visible ASCII characters");
  return latin1(content);
}

function ascii(content: Uint8Array): string {
  for (const octet of content) if (octet >= 0x80) throw new DerError("a name holds other than ASCII characters");
  return latin1(content);
}

const latin1 = (content: Uint8Array): string => Buffer.from(content).toString("latin1");

function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}
