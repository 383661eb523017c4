import { refuse } from "../answers/problem.ts";
import type { Identity, SecurityScheme } from "../exchange/exchange.ts";
import type { Revocations } from "../identity/revocation/revocations.ts";
import { clock } from "../life/clock.ts";
import type { HttpExchange } from "./http-exchange.ts";

export interface CredentialEndConfig {
  /** Those that vouch for clients, by `Identity.scheme`: their challenges are in the answer. */
  readonly schemes: readonly { readonly name: string; readonly scheme: SecurityScheme }[];
  readonly revocations?: Revocations;
}

/** Milliseconds that a request may outlive its credential: one that was good when the request came is good for its answer. */
const shortMs = 1_000;

/** Milliseconds of a stream that was begun with a credential within its leeway. */
const leewayMs = 60_000;

/**
 * For a look at what is in flight, again and again: an exchange ends with the credential that let it in, at its end and
 * when it is revoked. What nobody was told of yet is answered with 401; what is under way is cut off, so that no client takes
 * it for whole; a tunnel is closed.
 */
export const createCredentialEnd =
  (config: CredentialEndConfig): ((x: HttpExchange) => void) =>
  (x) => {
    const { identity, furtherIdentities } = x;
    if (identity === undefined || x.isDone) return;
    const age = clock.monotonic() - x.startedAt;
    if (age < shortMs || isOver(identity, age, x, config) || furtherIdentities === undefined) return;
    // Whoever needed several credentials needs each of them.
    for (const one of furtherIdentities) if (isOver(one, age, x, config)) return;
  };

function isOver(identity: Identity, age: number, x: HttpExchange, { schemes, revocations }: CredentialEndConfig): boolean {
  const scheme = schemes.find(({ name }) => name === identity.scheme)?.scheme;
  const why = hasExpired(identity, age) ? "The credential has expired." : whyEnded(identity, scheme, revocations);
  if (why !== undefined) end(x, why, scheme);
  return why !== undefined;
}

/** One that had expired when the request came was let in for clocks that differ, and gets as long as that may be. */
function hasExpired({ expiresAt }: Identity, age: number): boolean {
  if (expiresAt === undefined) return false;
  const now = clock.wall();
  return expiresAt <= now && (expiresAt > now - age || age > leewayMs);
}

/** Undefined: it counts, or it is not known whether it still does, which is for the next request to say. */
function whyEnded(
  identity: Identity,
  scheme: SecurityScheme | undefined,
  revocations: Revocations | undefined,
): string | undefined {
  if (scheme?.hasEnded?.(identity) === true) return "The credential does not count any more.";
  const verdict = revocations?.verdict(identity);
  return verdict?.rejected === "invalid" ? verdict.reason : undefined;
}

function end(x: HttpExchange, detail: string, scheme: SecurityScheme | undefined): void {
  const { pending } = x;
  if (pending?.closeTunnel !== undefined) pending.closeTunnel();
  // A chain that still runs has nobody to ask whether it may go on, and ends as where the client is gone.
  else if (x.hasHead || x.upstream === undefined) x.breakOff("refused");
  else {
    x.pending = undefined;
    pending?.cancel();
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
