/**
 * IPv4 addresses as they are, IPv6 addresses by their /64 (the first four groups): that is what one subscriber gets at
 * least (RFC 6177 §2), and whoever has one can use another of its 2^64 addresses for every request.
 */
export function network(ip: string): string {
  if (!ip.includes(":")) return ip;
  const gap = ip.indexOf("::");
  const head = gap < 0 ? ip : ip.slice(0, gap);
  const groups = head === "" ? [] : head.split(":");
  if (gap >= 0) {
    const tail = ip.slice(gap + 2);
    const behind = tail === "" ? [] : tail.split(":");
    // An IPv4 tail stands for two groups.
    const width = groups.length + behind.length + (behind.at(-1)?.includes(".") ? 1 : 0);
    for (let missing = 8 - width; missing > 0; missing--) groups.push("0");
    groups.push(...behind);
  }
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, "").toLowerCase())
    .join(":");
}
