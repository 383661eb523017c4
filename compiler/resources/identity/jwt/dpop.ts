import type { DpopConfig } from "../../../../runtime/identity/jwt/dpop.ts";
import type { StoredDpopConfig } from "../../../../runtime/identity/jwt/stored-dpop.ts";
import type { JwtOptions } from "../../../../schema/resources.gen.ts";
import { type Lowered, type MakeIr, make } from "../../../ir/config.ts";
import type { StoreUse } from "../../../ir/store-use.ts";
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

/** The store that remembers proofs, where one is asked for. */
export const proofStore = ({ dpop }: JwtOptions, context: SchemeContext): StoreUse | undefined =>
  dpop?.store === undefined ? undefined : context.store({ store: dpop.store, needs: ["values"], below: "/dpop" });

export function lowerDpop({ dpop }: JwtOptions, store: StoreUse | undefined, context: SchemeContext): MakeIr | null {
  if (dpop === undefined) return null;
  const config: Lowered<DpopConfig> = {
    scheme: context.name,
    required: dpop.required,
    algorithms: proofAlgorithms,
    ...(dpop.origin === undefined ? {} : { origin: dpop.origin }),
    ...(dpop.nonceKey === undefined ? {} : { nonceKey: context.secret(dpop.nonceKey, "/dpop/nonceKey") }),
    parameters: `realm=${quotedString(context.name)}`,
  };
  if (store === undefined) return make<DpopConfig>("identity/jwt/dpop", "createDpop", config);
  return make<StoredDpopConfig>("identity/jwt/stored-dpop", "createStoredDpop", {
    ...config,
    store: store.ref,
    space: `${context.gateway}:${context.name}:proofs`,
  });
}
