import { isIpv6 } from "./ip.ts";

/** RFC 3986 §3: with scheme. */
export const isUri = (text: string): boolean => isReference(text, true, uriCharacters);
/** RFC 3986 §4.1. */
export const isUriReference = (text: string): boolean => isReference(text, false, uriCharacters);
/** RFC 3987 §2.2. */
export const isIri = (text: string): boolean => isReference(text, true, iriCharacters);
export const isIriReference = (text: string): boolean => isReference(text, false, iriCharacters);

function isReference(text: string, needsScheme: boolean, characters: RegExp): boolean {
  if (!characters.test(text)) return false;
  const { scheme, authority, path, query, fragment } = componentsOf(text);
  // RFC 3987 §2.2: private characters only in queries.
  if (privateCharacter.test(path) || privateCharacter.test(fragment) || privateCharacter.test(authority ?? "")) return false;
  // A second `#` fits no part.
  if (fragment.includes("#")) return false;
  if (bracket.test(path) || bracket.test(query) || bracket.test(fragment)) return false;
  if (scheme === undefined) {
    // RFC 3986 §4.2: a colon in the first segment would make a scheme of what is before it.
    if (needsScheme || (authority === undefined && firstSegment.exec(path)![0].includes(":"))) return false;
  } else if (!schemeName.test(scheme)) return false;
  return authority === undefined ? !path.startsWith("//") : isAuthority(authority);
}

interface Components {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
}

/** RFC 3986 appendix B, without the expression there: a matcher would try where an authority ends again and again. */
function componentsOf(text: string): Components {
  const hash = text.indexOf("#");
  const whole = hash < 0 ? text : text.slice(0, hash);
  const mark = whole.indexOf("?");
  const start = mark < 0 ? whole : whole.slice(0, mark);
  const colon = /^[^:/]+:/.exec(start)?.[0].length ?? 0;
  const hierarchy = start.slice(colon);
  const slash = hierarchy.startsWith("//") ? hierarchy.indexOf("/", 2) : 0;
  const end = slash < 0 ? hierarchy.length : slash;
  return {
    scheme: colon === 0 ? undefined : start.slice(0, colon - 1),
    authority: hierarchy.startsWith("//") ? hierarchy.slice(2, end) : undefined,
    path: hierarchy.slice(end),
    query: mark < 0 ? "" : whole.slice(mark + 1),
    fragment: hash < 0 ? "" : text.slice(hash + 1),
  };
}

function isAuthority(authority: string): boolean {
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const user = authority.slice(0, Math.max(0, authority.length - host.length - 1));
  if (/[@[\]]/.test(user)) return false;
  if (!host.startsWith("[")) return plainHost.test(host);
  const literal = ipLiteral.exec(host);
  return literal !== null && (/^v[0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+$/i.test(literal[1]!) || isIpv6(literal[1]!));
}

/** Only around an IP address. */
const bracket = /[[\]]/;
const schemeName = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const firstSegment = /^[^/]*/;
const plainHost = /^[^:[\]]*(?::\d*)?$/;
const ipLiteral = /^\[([^\]]*)\](?::\d*)?$/;
const privateCharacter = /[\ue000-\uf8ff\u{f0000}-\u{10ffff}]/u;
const uriCharacters = /^(?:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*$/;
const iriCharacters =
  /^(?:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\u{10000}-\u{1fffd}\u{20000}-\u{2fffd}\u{30000}-\u{3fffd}\u{e1000}-\u{efffd}\ue000-\uf8ff\u{f0000}-\u{ffffd}\u{100000}-\u{10fffd}-]|%[0-9A-Fa-f]{2})*$/u;
