/** RFC 2673 §3.2: four decimal octets without leading zeros. */
export const isIpv4 = (text: string): boolean => ipv4.test(text);

/** RFC 4291 §2.2, without zone. */
export function isIpv6(text: string): boolean {
  if (text.length > 45 || !characters.test(text)) return false;
  const compressed = text.indexOf("::");
  if (compressed !== text.lastIndexOf("::")) return false;
  const groups = text.split(":");
  // `::` at an end makes one empty group more than it stands for.
  let filled = 0;
  for (const [index, group] of groups.entries()) {
    if (group === "") {
      const isEdge = index === 0 || index === groups.length - 1;
      if (isEdge && (index === 0 ? !text.startsWith("::") : !text.endsWith("::"))) return false;
      continue;
    }
    if (group.includes(".")) {
      if (index !== groups.length - 1 || !isIpv4(group)) return false;
      filled += 2;
    } else if (group.length > 4) return false;
    else filled++;
  }
  return compressed < 0 ? filled === 8 : filled < 8;
}

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const characters = /^[0-9A-Fa-f:.]*$/;
