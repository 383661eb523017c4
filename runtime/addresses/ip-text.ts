import { parseIp } from "./parse-ip.ts";

/**
 * An address in its one spelling: IPv4 as four numbers, also where it was written as IPv6 (`::ffff:102:304`, RFC 4291
 * §2.5.5.2); IPv6 as RFC 5952 says, without zone. Undefined where the text is no address.
 */
export function ipText(text: string): string | undefined {
  const zone = text.indexOf("%");
  const words = new Uint32Array(4);
  const family = parseIp(zone > 0 && text.includes(":") ? text.slice(0, zone) : text, words);
  if (family === 0) return undefined;
  return family === 4 ? dotted(words[3]!) : colons(words);
}

/** An IPv4 address by its number. */
export const dotted = (value: number): string => `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;

function colons(words: Uint32Array): string {
  const groups = Array.from(words, (word) => [word >>> 16, word & 0xffff]).flat();
  // RFC 5952 §4.2: the longest run of zeros, the first of equals, and no single one.
  let from = -1;
  let length = 1;
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > length) [from, length] = [start, end - start];
    if (end > start) start = end;
  }
  const hex = groups.map((group) => group.toString(16));
  return from < 0 ? hex.join(":") : `${hex.slice(0, from).join(":")}::${hex.slice(from + length).join(":")}`;
}
