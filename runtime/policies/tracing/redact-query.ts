/**
 * The query with the values of these parameters replaced by `REDACTED`, as the conventions for `url.query` and `url.full` ask
 * for: keys stay, and are compared as they are written, with their case.
 */
export function redactQuery(query: string, names: readonly string[]): string {
  let result = "";
  let start = 0;
  while (start <= query.length) {
    let end = query.indexOf("&", start);
    if (end < 0) end = query.length;
    const pair = query.slice(start, end);
    const equals = pair.indexOf("=");
    if (start > 0) result += "&";
    result += equals >= 0 && isAmong(pair.slice(0, equals), names) ? `${pair.slice(0, equals)}=REDACTED` : pair;
    start = end + 1;
  }
  return result;
}

/** Also where it is escaped: services read `s%69g` as `sig`. */
function isAmong(name: string, names: readonly string[]): boolean {
  if (names.includes(name)) return true;
  if (!name.includes("%")) return false;
  try {
    return names.includes(decodeURIComponent(name));
  } catch {
    return false;
  }
}
