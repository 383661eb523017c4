/** The text of a file, or what keeps its bytes from being text. A byte order mark of UTF-8 is skipped. */
export function decode(bytes: Uint8Array): {
  readonly text: string;
  readonly problem?: { readonly what: string; readonly at: number };
} {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { text: "", problem: { what: "begins with a byte order mark of UTF-16", at: 0 } };
  }
  if (bytes.length > 1 && (first === 0) !== (second === 0))
    return { text: "", problem: { what: "has a zero byte, as in UTF-16", at: 0 } };
  const text = new TextDecoder("utf-8", { fatal: false, ignoreBOM: false }).decode(bytes);
  const broken = brokenSequence(text, bytes);
  if (broken !== undefined) return { text, problem: broken };
  const control = controlCharacter.exec(text);
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return { text, problem: { what: `holds the control character U+${code}`, at: control.index } };
  }
  return { text };
}

/** YAML 1.2 §5.1 and RFC 8259 §7 know tab, line feed and carriage return only. */
const controlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

/** The decoder writes U+FFFD for what is not UTF-8; a file may also hold that character itself. */
function brokenSequence(text: string, bytes: Uint8Array): { readonly what: string; readonly at: number } | undefined {
  let offset = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let from = 0;
  for (let at = text.indexOf("\ufffd"); at >= 0; at = text.indexOf("\ufffd", from)) {
    offset += Buffer.byteLength(text.slice(from, at));
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) {
      return {
        what: `holds the byte 0x${(bytes[offset] ?? 0).toString(16).toUpperCase().padStart(2, "0")}, which is not UTF-8 there`,
        at,
      };
    }
    offset += 3;
    from = at + 1;
  }
  return undefined;
}
