import type { HeaderList } from "../fields/header-list.ts";

/**
 * The version that a client asks for with a media type parameter: `Accept: application/json; version=2`. Of several
 * media ranges that carry the parameter the one with the highest weight counts (RFC 9110 §12.5.1), the first of
 * equals; a weight of 0 excludes. Vendor media types (`application/vnd.acme.v2+json`) are not read.
 *
 * @param name lower-case name of the parameter
 */
export function acceptVersion(headers: HeaderList, name: string): string | undefined {
  const accept = headers.all("accept").join(",");
  let version: string | undefined;
  let bestWeight = 0;
  let rangeVersion: string | undefined;
  let weight = 1;
  let at = 0;
  for (;;) {
    const stop = endOfPart(accept, at);
    const equals = accept.indexOf("=", at);
    if (equals >= 0 && equals < stop) {
      const key = accept.slice(at, equals).trim().toLowerCase();
      const value = unquoted(accept.slice(equals + 1, stop).trim());
      if (key === name && rangeVersion === undefined) rangeVersion = value;
      else if (key === "q") weight = Number(value);
    }
    if (stop >= accept.length || accept.charCodeAt(stop) === 44) {
      if (rangeVersion !== undefined && weight > bestWeight) {
        version = rangeVersion;
        bestWeight = weight;
      }
      rangeVersion = undefined;
      weight = 1;
    }
    if (stop >= accept.length) return version;
    at = stop + 1;
  }
}

/** Offset of the `,` or `;` that ends the part, outside of quoted strings. */
function endOfPart(text: string, at: number): number {
  let isQuoted = false;
  for (let index = at; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 34) isQuoted = !isQuoted;
    else if (isQuoted && code === 92) index++;
    else if (!isQuoted && (code === 44 || code === 59)) return index;
  }
  return text.length;
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, "$1") : value;
}
