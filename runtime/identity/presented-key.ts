import type { HeaderList } from "../fields/header-list.ts";

/** What was presented where a key belongs; undefined: nothing. Null: it came twice, or cannot be read. */
export function presentedKey(
  { headers, query }: { readonly headers: HeaderList; readonly query: string },
  place: "header" | "query" | "cookie",
  parameter: string,
): string | undefined | null {
  if (place === "header") return fromHeader(headers, parameter);
  return place === "query" ? fromQuery(query, parameter) : fromCookie(headers, parameter);
}

/**
 * The value of a field that must come once. Lines are not joined: two of them could be read as different keys by the
 * gateway and by what is behind it.
 */
const fromHeader = (headers: HeaderList, name: string): string | undefined | null => headers.single(name);

/** The decoded value of a query parameter (`application/x-www-form-urlencoded`) that must come once. */
function fromQuery(query: string, name: string): string | undefined | null {
  let found: string | undefined;
  for (let start = 0; start < query.length; ) {
    const end = endOf(query, "&", start);
    const equals = Math.min(endOf(query, "=", start), end);
    if (decodeForm(query.slice(start, equals)) === name) {
      if (found !== undefined) return null;
      const value = decodeForm(query.slice(equals + 1, end));
      if (value === undefined) return null;
      found = value;
    }
    start = end + 1;
  }
  return found;
}

/** The value of a cookie (RFC 6265 §5.4) that must come once. */
function fromCookie(headers: HeaderList, name: string): string | undefined | null {
  let found: string | undefined;
  for (const cookies of headers.all("cookie")) {
    for (let start = 0; start < cookies.length; ) {
      const end = endOf(cookies, ";", start);
      const equals = endOf(cookies, "=", start);
      if (equals < end && cookies.slice(start, equals).trim() === name) {
        if (found !== undefined) return null;
        found = cookies.slice(equals + 1, end).trim();
      }
      start = end + 1;
    }
  }
  return found;
}

/** The query without every parameter of this name; the rest stays byte for byte. */
export function withoutParameter(query: string, name: string): string {
  if (query === "") return query;
  const kept = query.split("&").filter((pair) => decodeForm(pair.slice(0, endOf(pair, "=", 0))) !== name);
  return kept.join("&");
}

/** Drops the cookie from every `Cookie` line, and lines that are empty then. */
export function deleteCookie(headers: HeaderList, name: string): void {
  const sent = headers.all("cookie");
  if (sent.length === 0) return;
  headers.delete("cookie");
  for (const line of sent) {
    const kept = line.split(";").filter((pair) => pair.slice(0, endOf(pair, "=", 0)).trim() !== name);
    const value = kept.join(";").trim();
    if (value !== "") headers.add("Cookie", value);
  }
}

function endOf(text: string, separator: string, start: number): number {
  const index = text.indexOf(separator, start);
  return index < 0 ? text.length : index;
}

/** Undefined where an escape is malformed: such text is no key, and guessing at it would be a second reading. */
function decodeForm(text: string): string | undefined {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
