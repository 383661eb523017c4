/** Why a policy may not touch a field of this name; undefined where it may. */
export function forbiddenField(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (hopByHop.has(lower)) return "It belongs to one connection and never passes the gateway (RFC 9110 §7.6.1).";
  if (framing.has(lower))
    return "It says where the message ends; the gateway writes it itself, and a second opinion would let requests be smuggled.";
  return undefined;
}

const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
]);
const framing = new Set(["content-length", "transfer-encoding"]);

/** What makes text unfit for a field value (RFC 9110 §5.5), as the end of a sentence; undefined where nothing does. */
export function invalidFieldValue(text: string): string | undefined {
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code === 0x0d || code === 0x0a) return "holds a line break";
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return `holds the control character ${unicode(code)}`;
    if (code > 0xff) return `holds \`${character}\` (${unicode(code)}), which is outside Latin-1`;
  }
  return text === text.trim() ? undefined : "begins or ends with white space";
}

const unicode = (code: number): string => `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
