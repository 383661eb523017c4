import type { HeaderList } from "../header-list.ts";

/** All query parameters by name; of repeated ones the first. */
export function queryMap(query: string): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) if (!map.has(name)) map.set(name, value);
  return map;
}

/**
 * All fields by lower-case name. Of repeated ones all lines as one (RFC 9110 §5.3): a service may read another line than
 * the one that an expression would have liked.
 */
export function headerMap(headers: HeaderList): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  const { lines } = headers;
  for (let index = 0; index < lines.length; index += 2) {
    const name = lines[index]!.toLowerCase();
    const before = map.get(name);
    const value = lines[index + 1]!;
    map.set(name, before === undefined ? value : `${before}${name === "cookie" ? "; " : ", "}${value}`);
  }
  return map;
}
