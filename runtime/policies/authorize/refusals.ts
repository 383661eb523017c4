import type { Problem } from "../../answers/problem.ts";

export const notAuthorized = (detail: string | undefined, challenge?: string): Problem => ({
  status: 403,
  slug: "not-authorized",
  title: "The request is not authorized",
  ...(detail === undefined ? {} : { detail }),
  ...(challenge === undefined ? {} : { headers: ["WWW-Authenticate", challenge] }),
  source: "authorize",
});

/**
 * Whoever logs in again, as `parameters` say, may try again (RFC 9470 §3).
 *
 * @param challenge what the scheme says where no credential came: the parameters go behind it
 */
export function insufficientAuthentication(challenge = "Bearer", parameters: string): Problem {
  const separator = challenge.includes(" ") ? ", " : " ";
  return {
    status: 401,
    slug: "insufficient-user-authentication",
    title: "A stronger or more recent login is required",
    headers: ["WWW-Authenticate", `${challenge}${separator}error="insufficient_user_authentication", ${parameters}`],
    source: "authorize",
  };
}
