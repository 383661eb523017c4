import type { HeaderList } from "./header-list.ts";

/** Adds a field name to `Vary` unless it is there already or the field says `*` (RFC 9110 §12.5.5). */
export function addVary(headers: HeaderList, name: string): void {
  if (!headers.has("vary")) {
    headers.add("Vary", name);
    return;
  }
  const lower = name.toLowerCase();
  const values = headers.all("vary").filter((value) => value !== "");
  for (const value of values) if (lists(value, lower) || lists(value, "*")) return;
  headers.set("Vary", [...values, name].join(", "));
}

/** Whether a comma-separated list of tokens holds the lower-case one, in any case. */
function lists(list: string, lower: string): boolean {
  let start = 0;
  while (start <= list.length) {
    let end = list.indexOf(",", start);
    if (end < 0) end = list.length;
    let from = start;
    let to = end;
    while (from < to && isSpace(list.charCodeAt(from))) from++;
    while (to > from && isSpace(list.charCodeAt(to - 1))) to--;
    if (to - from === lower.length && list.slice(from, to).toLowerCase() === lower) return true;
    start = end + 1;
  }
  return false;
}

/** OWS of RFC 9110 §5.6.3. */
const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;
