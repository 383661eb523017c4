/** A token, or why there is none. */
export type TokenAnswer =
  | { readonly token: string /** Milliseconds that it is valid for. */; readonly lifeMs: number }
  /** `isCallers`: the token of the caller is not taken; otherwise it is the gateway that gets none. */
  | { readonly why: string; readonly isCallers: boolean };

/** Where the server does not say (RFC 6749 §5.1 only recommends it). */
const assumedLifeMs = 300_000;

/** Longer lives are not believed: a token is asked for again at least once a day. */
const longestLifeMs = 86_400_000;

/** What a token endpoint answers (RFC 6749 §5.1 and §5.2). `why` holds no value of the answer but a registered error code. */
export function readTokenAnswer(status: number, body: Buffer): TokenAnswer {
  const json = objectIn(body);
  if (status !== 200) {
    const error = typeof json?.error === "string" && /^[a-z_]{1,64}$/.test(json.error) ? json.error : undefined;
    return { why: `answers with ${status}${error === undefined ? "" : ` (${error})`}`, isCallers: error === "invalid_grant" };
  }
  if (json === undefined) return { why: "answers with something that is not a JSON object", isCallers: false };
  const { access_token: token, token_type: type, expires_in: seconds } = json;
  if (typeof token !== "string" || !/^[A-Za-z0-9\-._~+/]+=*$/.test(token))
    return { why: "answers without an `access_token` that can be sent (RFC 6750 §2.1)", isCallers: false };
  if (typeof type !== "string" || type.toLowerCase() !== "bearer")
    return { why: "gives a token that is not a bearer token", isCallers: false };
  // Some servers write the number as text.
  const life = seconds === undefined ? assumedLifeMs : Number(seconds) * 1_000;
  if (!(life > 0)) return { why: "gives a token that has ended", isCallers: false };
  return { token, lifeMs: Math.min(life, longestLifeMs) };
}

function objectIn(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(body.toString());
    return typeof json === "object" && json !== null && !Array.isArray(json) ? { ...json } : undefined;
  } catch {
    return undefined;
  }
}
