/** Characters of a field with user name and password. */
const longest = 2_048;

export interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** Reads `Basic <base64>` (RFC 7617 §2) as UTF-8, in normal form C, as the users are. */
export function readCredentials(sent: string | undefined | null): Credentials | "absent" | "invalid" {
  if (sent === undefined) return "absent";
  if (sent === null) return "invalid";
  if (!/^basic(?: |$)/i.test(sent)) return "absent";
  let start = 5;
  while (sent.charCodeAt(start) === 0x20) start++;
  const encoded = sent.slice(start);
  if (encoded.length > longest) return "invalid";
  const bytes = Buffer.from(encoded, "base64");
  // In its one spelling (RFC 4648 §3.5).
  if (bytes.toString("base64") !== encoded) return "invalid";
  const text = utf8(bytes);
  const colon = text?.indexOf(":") ?? -1;
  if (text === undefined || colon < 0 || /\p{Cc}/u.test(text)) return "invalid";
  return { name: text.slice(0, colon).normalize("NFC"), password: text.slice(colon + 1).normalize("NFC") };
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
