import { trimmed } from "./tracestate.ts";

/** W3C Baggage §3.3.2: what has to be passed on at least, and what is passed on here at most. */
const mostBytes = 8_192;
const mostMembers = 64;

/**
 * The members of a `baggage` (W3C Baggage §3.3.1) whose keys are allowed, with their properties, as they came. `tooLarge`: it
 * has more bytes or members than are read, and nothing of it goes on.
 */
export function filterBaggage(lines: readonly string[], allowed: readonly string[]): string | "tooLarge" {
  let bytes = 0;
  for (const line of lines) bytes += line.length + 1;
  if (bytes - 1 > mostBytes) return "tooLarge";
  let kept = "";
  let members = 0;
  for (const line of lines) {
    for (let at = 0; at <= line.length; ) {
      let end = line.indexOf(",", at);
      if (end < 0) end = line.length;
      const member = trimmed(line, at, end);
      at = end + 1;
      if (member === "") continue;
      if (++members > mostMembers) return "tooLarge";
      const equals = member.indexOf("=");
      // Before the equals sign there may be white space.
      if (equals > 0 && allowed.includes(trimmed(member, 0, equals)) && isPrintable(member))
        kept += kept === "" ? member : `,${member}`;
    }
  }
  return kept;
}

/** `baggage-octet`s, and the spaces around properties. */
function isPrintable(member: string): boolean {
  for (let index = 0; index < member.length; index++) {
    const code = member.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code > 0x7e || code === 0x22 || code === 0x5c) return false;
  }
  return true;
}
