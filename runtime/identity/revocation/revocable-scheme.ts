import type { Authentication, Exchange, Presence, SecurityScheme, UpstreamRequest } from "../../exchange/exchange.ts";
import type { Revocations } from "./revocations.ts";

type Answer = Authentication | Presence | Promise<Authentication>;

/** A scheme, and what is revoked: whoever it vouches for is looked up afterwards. */
export class RevocableScheme<Result extends Answer> implements SecurityScheme<Result> {
  declare readonly __resource: "identity";
  readonly name: string;
  readonly challenge: string;
  readonly invalidChallenge?: string;
  readonly insufficientChallenge?: (needs: readonly string[]) => string;
  readonly grants: "roles" | "scopes";
  readonly #scheme: SecurityScheme<Result>;
  readonly #revocations: Revocations;

  constructor(scheme: SecurityScheme<Result>, revocations: Revocations) {
    const { name, challenge, invalidChallenge, grants } = scheme;
    this.name = name;
    this.challenge = challenge;
    if (invalidChallenge !== undefined) this.invalidChallenge = invalidChallenge;
    if (scheme.insufficientChallenge !== undefined) this.insufficientChallenge = (needs) => scheme.insufficientChallenge!(needs);
    this.grants = grants;
    this.#scheme = scheme;
    this.#revocations = revocations;
  }

  authenticate(x: Exchange): Result {
    const result = this.#scheme.authenticate(x);
    // What is judged is an answer of the same kind: synchronous where that of the scheme is.
    return (result instanceof Promise ? this.#later(result) : this.#judged(result)) as Result;
  }

  async #later(result: Promise<Authentication>): Promise<Authentication> {
    return this.#judged(await result);
  }

  #judged<Settled extends Authentication | Presence>(result: Settled): Settled | Authentication {
    if (typeof result !== "object" || result.subject === undefined) return result;
    return this.#revocations.verdict(result) ?? result;
  }

  conceal(upstream: UpstreamRequest): void {
    this.#scheme.conceal(upstream);
  }
}
