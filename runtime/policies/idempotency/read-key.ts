/**
 * The key in a field `Idempotency-Key`: a String of structured fields (draft-ietf-httpapi-idempotency-key-header-07 §2.1, RFC
 * 9651 §3.3.3), or the same without quotes, as clients of older APIs send it. Undefined: it is neither, or too long.
 *
 * Without quotes, no white space, comma or semicolon: those could be two keys, or a key with parameters.
 */
export function readKey(sent: string): string | undefined {
  const key = sent.startsWith('"') ? readString(sent) : /^[!#-+\--:<-~]+$/.test(sent) ? sent : undefined;
  return key === undefined || key === "" || key.length > 255 ? undefined : key;
}

/** The draft has no parameters behind the String. */
function readString(sent: string): string | undefined {
  if (!/^"(?:[ !#-[\]-~]|\\["\\])*"$/.test(sent)) return undefined;
  return sent.slice(1, -1).replaceAll(/\\(["\\])/g, "$1");
}

/** A UUID of random bits (RFC 9562 §5.4, §5.7): nobody sends that of another by chance, or guesses it. */
export const isRandomUuid = (key: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(key);
