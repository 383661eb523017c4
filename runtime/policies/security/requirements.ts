import type {
  Authentication,
  Exchange,
  Identity,
  Presence,
  Rejection,
  SecurityScheme,
  UpstreamRequest,
} from "../../exchange/exchange.ts";
import { insufficient, unauthenticated, unverifiable, type Verdict } from "./refusals.ts";

type Answer = Authentication | Presence | Promise<Authentication>;

export interface SecurityConfig<Result extends Answer = Answer> {
  /** Every requirement must hold; a requirement holds when one alternative holds with all its schemes. */
  readonly requirements: readonly (readonly (readonly SchemeUse<Result>[])[])[];
  /** A request without any credential passes, without identity. */
  readonly optional: boolean;
  /** Schemes that nobody is asked for here, and whose credentials clients of the operation may send all the same. */
  readonly conceal?: readonly SecurityScheme[];
}

export interface SchemeUse<Result extends Answer = Answer> {
  readonly scheme: SecurityScheme<Result>;
  /** Roles or scopes, whichever the scheme grants, that the identity must have: all of them. */
  readonly needs: readonly string[];
}

/** What one scheme said of a request, and undefined while it was not asked. */
export type Results = (Authentication | Presence | undefined)[];

interface Use {
  /** Index into the schemes. */
  readonly scheme: number;
  readonly grants: "roles" | "scopes";
  readonly needs: readonly string[];
}

/** The requirements with each scheme once, so that no scheme is asked twice about one request. */
export class Requirements {
  readonly schemes: readonly SecurityScheme[];
  readonly #requirements: readonly {
    readonly alternatives: readonly (readonly Use[])[];
    /** Each once: those whose challenges would do. */
    readonly schemes: readonly number[];
  }[];
  readonly #optional: boolean;
  /** No credential of any scheme of the operation reaches the service, whichever alternative let the request in. */
  readonly #concealed: readonly SecurityScheme[];

  constructor(config: SecurityConfig) {
    const schemes: SecurityScheme[] = [];
    const indexOf = (scheme: SecurityScheme): number => {
      const known = schemes.indexOf(scheme);
      return known < 0 ? schemes.push(scheme) - 1 : known;
    };
    this.#requirements = config.requirements.map((alternatives) => ({
      // An alternative without schemes would hold for everybody.
      alternatives: alternatives
        .filter((uses) => uses.length > 0)
        .map((uses) => uses.map(({ scheme, needs }) => ({ scheme: indexOf(scheme), grants: scheme.grants, needs }))),
      schemes: [...new Set(alternatives.flat().map(({ scheme }) => indexOf(scheme)))],
    }));
    this.schemes = schemes;
    this.#optional = config.optional;
    this.#concealed = [...schemes, ...(config.conceal ?? [])];
  }

  /**
   * The next scheme whose word is needed, or -1 when the requirements are decided by `results`. An alternative is left
   * at its first scheme that does not vouch, and a requirement at its first alternative that holds; where credentials
   * are optional every scheme is asked, since wrong ones must not pass for none.
   */
  nextScheme(results: Results): number {
    for (const { alternatives } of this.#requirements) {
      let held = false;
      for (const uses of alternatives) {
        const missing = firstUndecided(uses, results, this.#optional);
        if (missing >= 0) return missing;
        held = holds(uses, results);
        if (held) break;
      }
      if (!held && !this.#optional) return -1;
    }
    return -1;
  }

  /**
   * Answers the request unless every requirement holds; sets the identity where one is known. Of a requirement that does not
   * hold: 503 where one that is out of reach could make it hold, otherwise 403 where it is known who it is, otherwise 401.
   */
  settle(x: Exchange, results: Results): boolean {
    const identities: Identity[] = [];
    for (const { alternatives, schemes } of this.#requirements) {
      const alternative = alternatives.find((uses) => holds(uses, results));
      if (alternative !== undefined) {
        for (const { scheme } of alternative) {
          const result = results[scheme];
          if (isIdentity(result) && !identities.includes(result)) identities.push(result);
        }
        continue;
      }
      const open = alternatives.find((uses) => couldHold(uses, results));
      if (open !== undefined) return unverifiable(x, open.map(({ scheme }) => results[scheme]).find(isOutOfReach)!);
      // Whatever is out of reach, it would not be enough.
      const known = alternatives.find((uses) =>
        uses.every(({ scheme }) => isAccepted(results[scheme]) || isOutOfReach(results[scheme])),
      );
      if (known !== undefined) {
        x.identity = identityOf(known, results);
        return insufficient(x, this.#insufficientChallenges(known, results));
      }
      const verdicts = schemes.map((scheme) => verdictOf(results[scheme]));
      if (this.#optional && verdicts.every((verdict) => verdict === "absent")) continue;
      return unauthenticated(
        x,
        schemes.map((scheme) => this.schemes[scheme]!),
        verdicts,
      );
    }
    // With several, the first that the authors named says who it is.
    x.identity = identities[0];
    if (identities.length > 1) x.furtherIdentities = identities.slice(1);
    return false;
  }

  #insufficientChallenges(uses: readonly Use[], results: Results): string[] {
    return uses.flatMap((use) => {
      if (grantsAll(use, results)) return [];
      const scheme = this.schemes[use.scheme]!;
      return scheme.insufficientChallenge === undefined ? [] : [scheme.insufficientChallenge(use.needs)];
    });
  }

  conceal(upstream: UpstreamRequest): void {
    for (let index = 0; index < this.#concealed.length; index++) this.#concealed[index]!.conceal(upstream);
  }
}

function firstUndecided(uses: readonly Use[], results: Results, askAll: boolean): number {
  for (const { scheme } of uses) {
    const result = results[scheme];
    if (result === undefined) return scheme;
    if (!askAll && !isAccepted(result)) return -1;
  }
  return -1;
}

const holds = (uses: readonly Use[], results: Results): boolean => uses.every((use) => grantsAll(use, results));

/** It would hold if what is out of reach said yes. */
const couldHold = (uses: readonly Use[], results: Results): boolean =>
  uses.some(({ scheme }) => isOutOfReach(results[scheme])) &&
  uses.every((use) => isOutOfReach(results[use.scheme]) || results[use.scheme] === undefined || grantsAll(use, results));

function grantsAll({ scheme, grants, needs }: Use, results: Results): boolean {
  const result = results[scheme];
  // What only the service can verify, it grants itself.
  return result === true || (isIdentity(result) && needs.every((need) => result[grants].includes(need)));
}

const isIdentity = (result: Results[number]): result is Identity => typeof result === "object" && result.subject !== undefined;

const isAccepted = (result: Results[number]): boolean => result === true || isIdentity(result);

const isOutOfReach = (result: Results[number]): result is Rejection =>
  typeof result === "object" && result.subject === undefined && result.rejected === "unavailable";

/** One that was not asked is as good as absent. */
const verdictOf = (result: Results[number]): Verdict =>
  result === undefined ? "absent" : isAccepted(result) ? "accepted" : (result as Verdict);

/** With several schemes in one alternative, the first that its author named and that knows says who it is. */
function identityOf(uses: readonly Use[], results: Results): Identity | undefined {
  for (const { scheme } of uses) {
    const result = results[scheme];
    if (isIdentity(result)) return result;
  }
  return undefined;
}
