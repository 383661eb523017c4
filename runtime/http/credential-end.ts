import { refuse } from "../answers/problem.ts";
import type { Identity, SecurityScheme } from "../exchange/exchange.ts";
import type { Revocations } from "../identity/revocation/revocations.ts";
import { clock } from "../life/clock.ts";
import type { HttpExchange } from "./http-exchange.ts";

export interface CredentialEndConfig {
  /** Those that vouch for clients: their challenges are in the answer. */
  readonly schemes: readonly SecurityScheme[];
  readonly revocations?: Revocations;
}

/** Milliseconds that a request may outlive its credential: one that was good when the request came is good for its answer. */
const shortMs = 1_000;

/**
 * For a look at what is in flight, again and again: an exchange ends with the credential that let it in, at its end and
 * when it is revoked. What nobody was told of yet is answered with 401; what is under way is cut off, so that no client takes
 * it for whole; a tunnel is closed.
 */
export const createCredentialEnd =
  ({ schemes, revocations }: CredentialEndConfig): ((x: HttpExchange) => void) =>
  (x) => {
    const { identity } = x;
    if (identity === undefined || x.isDone || clock.monotonic() - x.startedAt < shortMs) return;
    const why = whyEnded(identity, revocations);
    if (why !== undefined) end(x, why, schemes);
  };

/** Undefined: it counts, or it is not known whether it still does, which is for the next request to say. */
function whyEnded(identity: Identity, revocations: Revocations | undefined): string | undefined {
  if (identity.expiresAt !== undefined && identity.expiresAt <= clock.wall()) return "The credential has expired.";
  const verdict = revocations?.verdict(identity);
  return verdict?.rejected === "invalid" ? verdict.reason : undefined;
}

function end(x: HttpExchange, detail: string, schemes: readonly SecurityScheme[]): void {
  const { pending } = x;
  if (pending?.closeTunnel !== undefined) pending.closeTunnel();
  // A chain that still runs has nobody to ask whether it may go on, and ends as where the client is gone.
  else if (x.hasHead || x.upstream === undefined) x.breakOff("refused");
  else {
    x.pending = undefined;
    pending?.cancel();
    const scheme = schemes.find(({ name }) => name === x.identity?.scheme);
    refuse(x, {
      status: 401,
      slug: "credentials-ended",
      title: "The credentials ended while the request was under way",
      detail,
      headers: scheme === undefined ? [] : ["WWW-Authenticate", scheme.invalidChallenge ?? scheme.challenge],
      source: "security",
    });
    x.sendAnswer();
  }
}
