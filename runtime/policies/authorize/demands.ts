import { refuse } from "../../answers/problem.ts";
import type { Exchange, Expression, SecurityScheme } from "../../exchange/exchange.ts";
import { valueOf } from "../../expressions/value-of.ts";
import { insufficientAuthentication, notAuthorized } from "./refusals.ts";

export interface DemandsConfig {
  /** All of the below in one: where it is true they let the request pass, so that nearly all requests ask once. */
  readonly passes: Expression<boolean>;
  /** Exceptions: where one holds, nothing else is asked. */
  readonly allow: readonly Expression<boolean>[];
  /** All of them must hold. */
  readonly demands: readonly Demand[];
  /** Those that are about a request must hold, and where there are any, some must be about it. */
  readonly rules: readonly Rule[];
  readonly detail: string | undefined;
  /** Those that may have vouched for the identity, where a challenge is to be made; empty otherwise. */
  readonly schemes: readonly SecurityScheme[];
}

export interface Demand {
  readonly require: Expression<boolean>;
  readonly detail: string | undefined;
  /** Scopes that are lacking where it does not hold. */
  readonly scopes?: readonly string[];
  /** Parameters of the challenge for another login (RFC 9470 §3): `acr_values="…", max_age="300"`. */
  readonly stepUp?: string;
}

export interface Rule {
  /** Absent: about every request. One without a value counts as true. */
  readonly when: Expression<boolean> | undefined;
  readonly require: Expression<boolean>;
  readonly detail: string | undefined;
}

export const createDemands = (config: DemandsConfig): Demands => new Demands(config);

class Demands {
  readonly #config: DemandsConfig;

  constructor(config: DemandsConfig) {
    this.#config = config;
  }

  request(x: Exchange): boolean {
    return valueOf(this.#config.passes, x) !== true && this.#details(x);
  }

  /** What is lacking, and what it is told; each condition on its own, so that one without a value costs only what it must. */
  #details(x: Exchange): boolean {
    const { allow, demands, rules, detail } = this.#config;
    // An exception without a value is none.
    for (const exception of allow) if (valueOf(exception, x) === true) return false;
    // A condition without a value decides nothing, so it does not let anybody through.
    for (const demand of demands) if (valueOf(demand.require, x) !== true) return this.#refuse(x, demand);
    if (rules.length === 0) return false;
    let isAbout = false;
    for (const rule of rules) {
      if (rule.when !== undefined && valueOf(rule.when, x) === false) continue;
      isAbout = true;
      if (valueOf(rule.require, x) !== true) return refuse(x, notAuthorized(rule.detail ?? detail));
    }
    return !isAbout && refuse(x, notAuthorized(detail));
  }

  #refuse(x: Exchange, { scopes, stepUp, detail }: Demand): true {
    const scheme = this.#config.schemes.find(({ name }) => name === x.identity?.scheme);
    if (stepUp !== undefined) return refuse(x, insufficientAuthentication(scheme?.challenge, stepUp));
    const challenge = scopes === undefined ? undefined : scheme?.insufficientChallenge?.(scopes);
    return refuse(x, notAuthorized(detail, challenge));
  }
}
