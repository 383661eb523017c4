import { DerError } from "./der.ts";

/** The blocks of PEM with this label (RFC 7468): their DER. Empty where the text has none. */
export function pemBlocks(text: string, label: RegExp): Buffer[] {
  const found: Buffer[] = [];
  const begin = "-----BEGIN ";
  for (let at = text.indexOf(begin), end = 0; at >= 0; at = text.indexOf(begin, end)) {
    const endOfLabel = text.indexOf("-----", at + begin.length);
    if (endOfLabel < 0) break;
    const name = text.slice(at + begin.length, endOfLabel);
    end = text.indexOf(`-----END ${name}-----`, endOfLabel);
    if (end < 0) throw new DerError("a block of PEM is cut off");
    if (!label.test(name)) continue;
    const base64 = text.slice(endOfLabel + 5, end).replaceAll(/\s/g, "");
    if (!/^[\d+/A-Za-z]+={0,2}$/.test(base64)) throw new DerError("a block of PEM is not base64");
    found.push(Buffer.from(base64, "base64"));
  }
  return found;
}

export const certificateLabel = /^(?:X509 )?CERTIFICATE$/;
export const listLabel = /^X509 CRL$/;

export const pemOf = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${(
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? []
  ).join("\n")}\n-----END ${label}-----\n`;
