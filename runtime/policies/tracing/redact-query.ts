import { keptText } from "../../exchange/kept-text.ts";

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
    let equals = query.indexOf("=", start);
    if (equals < 0 || equals > end) equals = end;
    if (start > 0) result += "&";
    const name = query.slice(start, equals);
    result += equals < end && isAmong(name, names) ? `${name}=REDACTED` : query.slice(start, end);
    start = end + 1;
  }
  return keptText(result);
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
