import type { Exchange, Rejection } from "../../exchange/exchange.ts";
import { readConfirmation } from "./confirmation.ts";
import type { JsonObject } from "./json-object.ts";
import { judgeProof, type ProofRules } from "./judge-proof.ts";
import type { SeenProofs } from "./seen-proofs.ts";

/** What DPoP (RFC 9449) is asked of tokens; absent: those that are bound by it are refused. */
export interface DpopRules extends ProofRules {
  /** A token that is not bound is refused. */
  readonly required: boolean;
  readonly seen: SeenProofs;
  /** Parameters that its challenges begin with, such as `realm="orders"`; may be empty. */
  readonly parameters: string;
}

export interface PresentedToken {
  /** As it came. */
  readonly token: string;
  /** Authentication scheme that it came with (RFC 9449 §7.1); tokens outside of `Authorization` are bearer tokens. */
  readonly as: "bearer" | "dpop";
}

/**
 * Why a token whose signature and claims are good does not count from this client; undefined where it does. Judged for
 * each request: a token that was verified before may have been stolen since.
 */
export function judgeBinding(
  claims: JsonObject,
  presented: PresentedToken,
  x: Exchange,
  dpop: DpopRules | undefined,
  nowSeconds: number,
): Rejection | undefined {
  if (claims.cnf === undefined && presented.as === "bearer" && dpop?.required !== true) return undefined;
  const confirmation = readConfirmation(claims);
  if (typeof confirmation === "string") return invalid(confirmation);
  if (confirmation?.x5t !== undefined && confirmation.x5t !== x.peer.certificate?.thumbprint)
    return invalid("The token is bound to a client certificate, which the connection does not have.");
  const jkt = confirmation?.jkt;
  if (jkt !== undefined) return judgeBoundKey(jkt, presented, x, dpop, nowSeconds);
  if (dpop?.required === true)
    return invalid("The token is not bound to a key of its client.", dpopChallenge(dpop, "invalid_token"));
  return presented.as === "bearer" ? undefined : invalid("The token was sent with the scheme DPoP, and is not bound to a key.");
}

function judgeBoundKey(
  jkt: string,
  { token, as }: PresentedToken,
  x: Exchange,
  dpop: DpopRules | undefined,
  now: number,
): Rejection | undefined {
  if (dpop === undefined) return invalid("The token is bound to a key of its client (DPoP), which is not supported here.");
  // It may have been taken from its client, which knows better (§7.2).
  if (as === "bearer")
    return invalid(
      "The token is bound to a key: it has to come with the scheme DPoP and a proof.",
      dpopChallenge(dpop, "invalid_token"),
    );
  const proof = judgeProof(x, token, jkt, dpop, now);
  if (proof.flaw !== undefined) {
    if (proof.wantsNonce !== true || dpop.nonces === undefined)
      return invalid(proof.flaw, dpopChallenge(dpop, "invalid_dpop_proof"));
    const headers = ["DPoP-Nonce", dpop.nonces.current(now)];
    return { ...invalid(proof.flaw, dpopChallenge(dpop, "use_dpop_nonce")), headers };
  }
  const admission = dpop.seen.admit(proof.name, now);
  if (admission === "new") return undefined;
  return admission === "seen"
    ? invalid("The DPoP proof was used before.", dpopChallenge(dpop, "invalid_dpop_proof"))
    : { rejected: "unavailable", reason: "Too many DPoP proofs were used in the last minutes.", retryAfter: 60 };
}

const invalid = (reason: string, challenge?: string): Rejection => ({
  rejected: "invalid",
  reason,
  ...(challenge === undefined ? {} : { challenge }),
});

/** The challenge of RFC 9449 §7.1: says which algorithms proofs may be signed by. Without error: nothing was presented. */
export function dpopChallenge({ parameters, algorithms }: Pick<DpopRules, "parameters" | "algorithms">, error?: string): string {
  const said = [parameters, error === undefined ? "" : `error="${error}"`, `algs="${algorithms.join(" ")}"`];
  return `DPoP ${said.filter((text) => text !== "").join(", ")}`;
}
