/** What stands for a value that must not be logged. */
export const redacted = "[redacted]";

/**
 * Whether a parameter or field of this name carries a credential: by a word that such names have, or because it was
 * named. `names` are lower case.
 */
export function isSecretName(name: string, names: ReadonlySet<string>): boolean {
  const lower = name.toLowerCase();
  if (names.has(lower)) return true;
  const plain = lower.replaceAll("-", "").replaceAll("_", "");
  return secretWords.some((word) => plain.includes(word)) || secretNames.includes(plain);
}

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

/** The query with the values of secret parameters replaced; everything else as sent. */
export function redactQuery(query: string, names: ReadonlySet<string>): string {
  let result = "";
  let start = 0;
  while (start <= query.length) {
    let end = query.indexOf("&", start);
    if (end < 0) end = query.length;
    let equals = query.indexOf("=", start);
    if (equals < 0 || equals > end) equals = end;
    if (start > 0) result += "&";
    if (equals < end && isSecretName(decoded(query.slice(start, equals)), names))
      result += `${query.slice(start, equals)}=${redacted}`;
    else result += query.slice(start, end);
    start = end + 1;
  }
  return result;
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
