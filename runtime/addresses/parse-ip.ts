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
  const end = text.length;
  let groups = 0;
  /** How many groups stand in front of `::`. */
  let gap = -1;
  let group = 0;
  let start = 0;
  if (text.startsWith("::")) {
    gap = 0;
    start = 2;
  }
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code !== colon) {
      const digit = hexDigit(code);
      if (digit >= 0) {
        group = (group << 4) | digit;
        continue;
      }
      if (code !== dot || groups > 6) return false;
      const tail = parseIpv4(text, start);
      if (tail < 0) return false;
      appendGroup(into, groups++, tail >>> 16);
      appendGroup(into, groups++, tail & 0xffff);
      return gap < 0 ? groups === 8 : moveTail(into, gap, groups);
    }
    // The last group has no colon behind it.
    if (index === start || index - start > 4 || groups > 6) return false;
    appendGroup(into, groups++, group);
    group = 0;
    start = index + 1;
    if (start === end) return false;
    if (text.charCodeAt(start) === colon) {
      if (gap >= 0) return false;
      gap = groups;
      start++;
      index++;
    }
  }
  if (start < end) {
    if (end - start > 4) return false;
    appendGroup(into, groups++, group);
  } else if (gap !== groups) return false;
  return gap < 0 ? groups === 8 : moveTail(into, gap, groups);
}

/** What stands behind the gap, which is of one group or more, belongs at the end. */
function moveTail(into: Uint32Array, gap: number, groups: number): boolean {
  if (groups === 8) return false;
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

/** -1 where it is none. Whether a digit is a letter no processor can guess, so nothing here branches on it. */
function hexDigit(code: number): number {
  const digit = (code & 0xf) + (code >> 6) * 9;
  const lower = 0x30 + digit + (((9 - digit) >> 31) & 0x27);
  return code >= 0x30 && digit < 16 && lower === (code | 0x20) ? digit : -1;
}
