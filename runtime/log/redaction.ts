/** What stands for a value that must not be logged. */
export const redacted = "[redacted]";

/**
 * Whether a parameter or field of this name carries a credential: by a word that such names have, or because it was
 * named. `names` are lower case.
 */
export function isSecretName(name: string, names: ReadonlySet<string>): boolean {
  const lower = name.toLowerCase();
  if (names.has(lower)) return true;
  const plain = joined(lower);
  return secretWords.some((word) => plain.includes(word)) || secretNames.includes(plain);
}

/** The same for members of bodies, where a word as `code` or `state` is mostly none. `names` are lower case. */
export function isSecretMember(name: string, names: ReadonlySet<string>): boolean {
  const lower = name.toLowerCase();
  if (names.has(lower)) return true;
  const plain = joined(lower);
  return secretWords.some((word) => plain.includes(word)) || secretMembers.includes(plain);
}

/** `api_key`, `api-key`, `api.key` and `api key` (in a query `api+key`) are one name. */
const joined = (name: string): string => name.replaceAll(/[-_.+ ]/g, "");

const secretWords = [
  "authorization",
  "cookie",
  "token",
  "secret",
  "password",
  "passwd",
  "apikey",
  "accesskey",
  "credential",
  "signature",
  "session",
  "assertion",
  "jwt",
];
const secretNames = ["auth", "key", "code", "sig", "pwd", "pass", "otp", "pin", "sid", "state", "nonce"];
const secretMembers = ["auth", "pwd", "pass", "otp", "pin", "cvv", "cvc"];

/** The query with the values of secret parameters replaced; everything else as sent. */
export function redactQuery(query: string, names: ReadonlySet<string>): string {
  return query
    .split("&")
    .map((pair) => redactPair(pair, names))
    .join("&");
}

/** Some services split at `;` as well (HTML 4.01, B.2.2): names behind it count, and a secret goes on to the end of the pair. */
function redactPair(pair: string, names: ReadonlySet<string>): string {
  const parts = pair.split(";");
  for (const [index, part] of parts.entries()) {
    const equals = part.indexOf("=");
    if (equals >= 0 && isSecretName(decoded(part.slice(0, equals)), names))
      return [...parts.slice(0, index), `${part.slice(0, equals)}=${redacted}`].join(";");
  }
  return pair;
}

/** Up to the last `@` in front of the path, as the URL standard reads it: a password may have one. */
const userinfo = /^([^/]*\/\/)[^/]*@/;

/**
 * The text with what is secret in it replaced, where it is a URL, also in `<>` as in `Link`, or the query of one: who is named
 * in it, and its query and fragment.
 */
export function redactUrl(text: string, names: ReadonlySet<string>): string {
  if (!/^(?:[<"]?(?:[a-z][a-z0-9+.-]*:)?\/|[?#])/i.test(text)) return text;
  const mark = text.search(/[?#]/);
  const place = (mark < 0 ? text : text.slice(0, mark)).replace(userinfo, `$1${redacted}@`);
  if (mark < 0) return place;
  const [query = "", ...fragment] = text.slice(mark).split("#");
  // Tokens are handed over in fragments too (RFC 6749 §4.2.2).
  return [
    query === "" ? place : `${place}?${redactQuery(query.slice(1), names)}`,
    ...fragment.map((part) => redactQuery(part, names)),
  ].join("#");
}

/** Characters of a target that was refused. */
const mostRefused = 1_000;

/** The path of a target that could not be read, as it came and bounded; undefined where the target was read. */
export function refusedPath(target: string): string | undefined {
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  if (path === "/" || path === "*" || /^https?:\/\/[^/@]*\/?$/i.test(path)) return undefined;
  const plain = path.replace(userinfo, `$1${redacted}@`);
  return plain.length <= mostRefused ? plain : `${plain.slice(0, mostRefused)}…`;
}

/** Names are judged as a service would read them: `acc%65ss_token` is `access_token`. */
function decoded(name: string): string {
  if (!name.includes("%")) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
