import type { DpopConfig } from "../../../../runtime/identity/jwt/dpop.ts";
import type { JwtOptions } from "../../../../schema/resources.gen.ts";
import { type MakeIr, make } from "../../../ir/config.ts";
import type { SchemeContext } from "../../../resource/contract.ts";
import { quotedString } from "../../../text/key-place.ts";

/** Of proofs: what clients that make keys of their own use. */
const proofAlgorithms = ["ES256", "EdDSA", "RS256", "PS256"] as const;

/** What is said where no token came, and what begins a challenge with an error (RFC 6750 §3, RFC 9449 §7.1). */
export function challengesOf(
  { dpop }: JwtOptions,
  scheme: string,
): { readonly challenge: string; readonly errorChallenge: string } {
  const bearer = `Bearer realm=${quotedString(scheme)}`;
  if (dpop === undefined) return { challenge: bearer, errorChallenge: bearer };
  const bound = `DPoP realm=${quotedString(scheme)}, algs=${quotedString(proofAlgorithms.join(" "))}`;
  return dpop.required
    ? { challenge: bound, errorChallenge: bound }
    : { challenge: `${bearer}, ${bound}`, errorChallenge: bearer };
}

export function lowerDpop({ dpop }: JwtOptions, context: SchemeContext): MakeIr | null {
  if (dpop === undefined) return null;
  return make<DpopConfig>("identity/jwt/dpop", "createDpop", {
    scheme: context.name,
    required: dpop.required,
    algorithms: proofAlgorithms,
    ...(dpop.origin === undefined ? {} : { origin: dpop.origin }),
    ...(dpop.nonceKey === undefined ? {} : { nonceKey: context.secret(dpop.nonceKey, "/dpop/nonceKey") }),
    parameters: `realm=${quotedString(context.name)}`,
  });
}
