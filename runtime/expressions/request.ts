import type { HeaderList } from "../fields/header-list.ts";
import { decode } from "../routing/query-value.ts";
import { unreadable } from "./read.ts";

/** All query parameters by name. One that comes more than once is there and has no value: a service may read either. */
export function queryMap(query: string): ReadonlyMap<string, unknown> {
  const map = new Map<string, unknown>();
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    map.set(name, map.has(name) ? unreadable : equals < 0 ? "" : decode(pair.slice(equals + 1)));
  }
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
