import type { HeaderList } from "../header-list.ts";

/** All query parameters by name; of repeated ones the first. */
export function queryMap(query: string): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) if (!map.has(name)) map.set(name, value);
  return map;
}

/** All fields by lower-case name; of repeated ones the first. */
export function headerMap(headers: HeaderList): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  const { lines } = headers;
  for (let index = 0; index < lines.length; index += 2) {
    const name = lines[index]!.toLowerCase();
    if (!map.has(name)) map.set(name, lines[index + 1]!);
  }
  return map;
}
