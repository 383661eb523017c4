import type { Authentication, Exchange, Rejection, SecurityScheme, UpstreamRequest } from "../../exchange/exchange.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { LiveJwt } from "./live.ts";
import type { JwtConfig } from "./scheme.ts";
import type { StoredDpopJudge } from "./stored-dpop.ts";

export interface StoredJwtConfig extends JwtConfig {
  readonly dpop: StoredDpopJudge;
}

/** A scheme whose DPoP proofs count once among all instances that share a store. */
export const createStoredJwt = (config: StoredJwtConfig): StoredJwt => new StoredJwt(config);

/** Only a request with a proof waits for the store. */
class StoredJwt implements SecurityScheme<Authentication | Promise<Authentication>>, Living {
  declare readonly __resource: "identity";
  readonly name: string;
  readonly challenge: string;
  readonly invalidChallenge: string;
  readonly grants: "roles" | "scopes";
  readonly required: boolean;
  readonly #jwt: LiveJwt;
  readonly #dpop: StoredDpopJudge;

  constructor(config: StoredJwtConfig) {
    this.#jwt = new LiveJwt(config);
    this.#dpop = config.dpop;
    this.name = this.#jwt.name;
    this.challenge = this.#jwt.challenge;
    this.invalidChallenge = this.#jwt.invalidChallenge;
    this.grants = this.#jwt.grants;
    this.required = this.#jwt.required;
  }

  insufficientChallenge(needs: readonly string[]): string {
    return this.#jwt.insufficientChallenge(needs);
  }

  authenticate(x: Exchange): Authentication | Promise<Authentication> {
    const found = this.#jwt.authenticate(x);
    const proof = this.#dpop.takeProof();
    return proof === undefined ? found : this.#once(found, proof);
  }

  async #once(found: Authentication, proof: string): Promise<Authentication> {
    const refusal: Rejection | undefined = await this.#dpop.spend(proof);
    if (refusal === undefined) return found;
    this.#jwt.refusals[refusal.rejected]++;
    return refusal;
  }

  conceal(upstream: UpstreamRequest): void {
    this.#jwt.conceal(upstream);
  }

  start(life: Life): Promise<void> {
    return this.#jwt.start(life);
  }

  own(tenure: Life): void {
    this.#jwt.own(tenure);
  }

  stop(): void {
    this.#jwt.stop();
  }

  state(): Json {
    return this.#jwt.state();
  }

  metrics(): readonly MetricFamily[] {
    return this.#jwt.metrics();
  }
}
