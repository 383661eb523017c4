/** Writes the four words of an address (IPv4: the last one) and gives its family; 0 where the text is no address. */
export function parseIp(text: string, into: Uint32Array): 4 | 6 | 0 {
  into[0] = into[1] = into[2] = into[3] = 0;
  const value = parseIpv4(text, 0);
  if (value >= 0) {
    into[3] = value;
    return 4;
  }
  if (!parseIpv6(text, into)) return 0;
  if (into[0] !== 0 || into[1] !== 0 || into[2] !== 0xffff) return 6;
  into[2] = 0;
  return 4;
}

/** Four decimal numbers without leading zeros, from `start` to the end; -1 where it is anything else. */
function parseIpv4(text: string, start: number): number {
  let value = 0;
  let octet = -1;
  let octets = 0;
  for (let index = start; index <= text.length; index++) {
    const code = index === text.length ? 0x2e : text.charCodeAt(index);
    if (code === 0x2e) {
      if (octet < 0 || ++octets > 4) return -1;
      value = value * 256 + octet;
      octet = -1;
    } else {
      const digit = code - 0x30;
      if (digit < 0 || digit > 9 || octet === 0) return -1;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return -1;
    }
  }
  return octets === 4 ? value : -1;
}

/** RFC 4291 §2.2, all three forms. */
function parseIpv6(text: string, into: Uint32Array): boolean {
  let groups = 0;
  /** How many groups stand in front of `::`. */
  let gap = -1;
  let group = 0;
  let start = 0;
  if (text.startsWith("::")) {
    gap = 0;
    start = 2;
  }
  const end = text.length;
  for (let index = start; index < end || start < end; index++) {
    const code = index < end ? text.charCodeAt(index) : colon;
    const digit = hexDigit(code);
    if (digit >= 0) {
      group = group * 16 + digit;
      continue;
    }
    if (groups === 8) return false;
    if (code === dot) {
      const tail = parseIpv4(text, start);
      if (tail < 0 || groups > 6) return false;
      appendGroup(into, groups++, tail >>> 16);
      appendGroup(into, groups++, tail & 0xffff);
      break;
    }
    if (code !== colon || index === start || index - start > 4) return false;
    appendGroup(into, groups++, group);
    group = 0;
    start = index + 1;
    if (index >= end) break;
    if (start === end) return false;
    if (text.charCodeAt(start) === colon) {
      if (gap >= 0) return false;
      gap = groups;
      start++;
      index++;
    }
  }
  if (gap < 0) return groups === 8;
  if (groups === 8) return false;
  // What stands behind the gap belongs at the end.
  for (let moved = groups - 1; moved >= gap; moved--) {
    const value = groupAt(into, moved);
    clearGroup(into, moved);
    appendGroup(into, moved + 8 - groups, value);
  }
  return true;
}

const colon = 0x3a;
const dot = 0x2e;

const groupAt = (words: Uint32Array, group: number): number => (words[group >> 1]! >>> ((~group & 1) << 4)) & 0xffff;

/** The group is zero so far. */
function appendGroup(words: Uint32Array, group: number, value: number): void {
  words[group >> 1]! |= value << ((~group & 1) << 4);
}

function clearGroup(words: Uint32Array, group: number): void {
  words[group >> 1]! &= 0xffff << ((group & 1) << 4);
}

function hexDigit(code: number): number {
  if (code <= 0x39) return code >= 0x30 ? code - 0x30 : -1;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
