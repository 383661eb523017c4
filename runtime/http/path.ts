/**
 * The one normal form of a path, in which it is routed, authorised, logged and forwarded (RFC 3986 §6.2.2): unreserved
 * characters decoded, other escapes in upper case, what may not stand raw in a path escaped. Undefined where services could
 * read the path differently from us: empty segments and dot segments, escapes that are malformed, not UTF-8, a slash, a
 * backslash, a control character or escaped twice, and raw backslashes, `#`, control and non-ASCII characters.
 */
export function normalisePath(raw: string): string | undefined {
  let before = 0;
  for (let index = 0; index < raw.length; index++) {
    const code = raw.charCodeAt(index);
    // A slash or a dot behind a slash may begin a segment that is refused.
    if (!isPlain(code) || (before === slash && (code === slash || code === dot))) return rewritten(raw);
    before = code;
  }
  return raw.charCodeAt(0) === slash ? raw : undefined;
}

/** Whether a query may be passed on as it is: visible ASCII without `#` (RFC 3986 §3.4, more lenient with delimiters). */
export function isQuery(query: string): boolean {
  for (let index = 0; index < query.length; index++) {
    const code = query.charCodeAt(index);
    if (code < 0x21 || code > 0x7e || code === hash) return false;
  }
  return true;
}

const hash = 0x23;
const percent = 0x25;
const dot = 0x2e;
const slash = 0x2f;
const semicolon = 0x3b;
const backslash = 0x5c;

/** Unreserved, sub-delims, `:`, `@` and the slash (RFC 3986 §3.3). */
function isPlain(code: number): boolean {
  if (code >= 0x61) return code <= 0x7a || code === 0x7e;
  // `&` to `;` holds digits, sub-delims, `-`, `.`, `/` and `:`; `@` to `Z` is what its ends say.
  if (code >= 0x40) return code <= 0x5a || code === 0x5f;
  return (code >= 0x26 && code <= 0x3b) || code === 0x21 || code === 0x24 || code === 0x3d;
}

function rewritten(raw: string): string | undefined {
  const text = escapedAlike(raw, isSeparator);
  return text === undefined || isEscapedTwice(text) || hasOddSegment(text) ? undefined : text;
}

/**
 * The path with unreserved characters decoded, and everything else that is no plain character escaped in upper case.
 * Undefined where it does not begin with a slash, holds what no path may hold raw, or an escape that is malformed, not
 * UTF-8, a control character, or refused by `refuses`.
 */
export function escapedAlike(raw: string, refuses: (octet: number) => boolean): string | undefined {
  if (raw.charCodeAt(0) !== slash) return undefined;
  let text = "";
  for (let index = 0; index < raw.length; index++) {
    const code = raw.charCodeAt(index);
    if (isPlain(code)) text += raw[index];
    else if (code === percent) {
      const octet = octetAt(raw, index + 1);
      if (octet < 0x20 || octet === 0x7f || refuses(octet)) return undefined;
      text += isUnreserved(octet) ? String.fromCharCode(octet) : escapeOf(octet);
      index += 2;
    } else if (code < 0x21 || code > 0x7e || code === backslash || code === hash) return undefined;
    else text += escapeOf(code);
  }
  return isUtf8(text) ? text : undefined;
}

const isSeparator = (octet: number): boolean => octet === slash || octet === backslash;

const isUnreserved = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) ||
  ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) ||
  code === 0x2d ||
  code === dot ||
  code === 0x5f ||
  code === 0x7e;

const escapeOf = (octet: number): string => `%${octet < 16 ? "0" : ""}${octet.toString(16).toUpperCase()}`;

/** -1 where there are no two digits. */
function octetAt(text: string, index: number): number {
  const high = hexDigit(text.charCodeAt(index));
  const low = hexDigit(text.charCodeAt(index + 1));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Whoever decodes once more would see another path. Looked for at the end: digits may have been escaped themselves. */
function isEscapedTwice(text: string): boolean {
  for (let at = text.indexOf("%25"); at >= 0; at = text.indexOf("%25", at + 3)) if (octetAt(text, at + 3) >= 0) return true;
  return false;
}

function isUtf8(text: string): boolean {
  if (!text.includes("%")) return true;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Empty segments and dot segments: some services remove them (RFC 3986 §5.2.4), others keep objects under such names.
 * Dots with a path parameter (`..;x`) are among them, as servers that cut parameters off resolve them.
 */
function hasOddSegment(path: string): boolean {
  for (let at = 0; at >= 0; at = path.indexOf("/", at + 1)) {
    const code = path.charCodeAt(at + 1);
    if (code === slash || (code === dot && isDotSegment(path, at + 1))) return true;
  }
  return false;
}

function isDotSegment(path: string, start: number): boolean {
  const end = path.charCodeAt(start + 1) === dot ? start + 2 : start + 1;
  const code = path.charCodeAt(end);
  return end === path.length || code === slash || code === semicolon;
}
