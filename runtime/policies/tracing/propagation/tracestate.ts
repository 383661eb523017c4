/** Members that a `tracestate` has at most (W3C Trace Context §3.3.1.1). */
const mostMembers = 32;

/**
 * All `tracestate` lines as one list, in their order. Empty where a member is malformed or there are too many: the whole list
 * is dropped then (§3.3). The gateway has no member of its own.
 */
export function combineTracestate(lines: readonly string[]): string {
  let combined = "";
  let members = 0;
  for (const line of lines) {
    for (let at = 0; at <= line.length; ) {
      let end = line.indexOf(",", at);
      if (end < 0) end = line.length;
      const member = trimmed(line, at, end);
      at = end + 1;
      // Empty members are allowed, and say nothing.
      if (member === "") continue;
      if (++members > mostMembers || !isMember(member)) return "";
      combined += combined === "" ? member : `,${member}`;
    }
  }
  return combined;
}

/** Without the white space around it (RFC 9110 §5.6.3). */
export function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;

/** `key=value` (level 2 §3.3.1.3). */
function isMember(member: string): boolean {
  const equals = member.indexOf("=");
  return equals > 0 && isKey(member, equals) && isValue(member, equals + 1);
}

/** `( lcalpha / DIGIT ) 0*255 ( lcalpha / DIGIT / "_" / "-"/ "*" / "/" / "@" )`. */
function isKey(text: string, end: number): boolean {
  if (end > 256) return false;
  for (let index = 0; index < end; index++) {
    const code = text.charCodeAt(index);
    const isAlphanumeric = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
    if (!isAlphanumeric && (index === 0 || !isMark(code))) return false;
  }
  return true;
}

const isMark = (code: number): boolean => code === 0x5f || code === 0x2d || code === 0x2a || code === 0x2f || code === 0x40;

/** Up to 256 printable characters without comma and equals sign, the last of which is no space. */
function isValue(text: string, start: number): boolean {
  const { length } = text;
  if (length === start || length - start > 256) return false;
  for (let index = start; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || code === 0x2c || code === 0x3d) return false;
  }
  return true;
}
