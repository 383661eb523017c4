import type { Authentication, Presence, SecurityScheme } from "../../exchange/exchange.ts";
import { RevocableScheme } from "../../identity/revocation/revocable-scheme.ts";
import type { Revocations } from "../../identity/revocation/revocations.ts";
import { createAsyncSecurity, createSecurity, createSingleSecurity } from "./index.ts";
import type { SecurityConfig } from "./requirements.ts";
import type { SecurityStep } from "./security-step.ts";
import type { SingleSecurityConfig } from "./single.ts";

/** What the factories of `index.ts` take, and what is revoked. */
interface Revocable {
  readonly revocations: Revocations;
}

type Answer = Authentication | Presence | Promise<Authentication>;

export const createRevocableSingleSecurity = ({ scheme, revocations }: SingleSecurityConfig & Revocable): SecurityStep =>
  createSingleSecurity({ scheme: new RevocableScheme(scheme, revocations) });

export const createRevocableSecurity = (config: SecurityConfig<Authentication | Presence> & Revocable): SecurityStep =>
  createSecurity(revocable(config));

export const createRevocableAsyncSecurity = (config: SecurityConfig & Revocable): SecurityStep =>
  createAsyncSecurity(revocable(config));

/** Each scheme once, so that none is asked twice about one request. */
function revocable<Result extends Answer>({
  revocations,
  ...config
}: SecurityConfig<Result> & Revocable): SecurityConfig<Result> {
  const known = new Map<SecurityScheme<Result>, SecurityScheme<Result>>();
  const of = (scheme: SecurityScheme<Result>): SecurityScheme<Result> => {
    const made = known.get(scheme) ?? new RevocableScheme(scheme, revocations);
    known.set(scheme, made);
    return made;
  };
  const requirements = config.requirements.map((alternatives) =>
    alternatives.map((uses) => uses.map(({ scheme, needs }) => ({ scheme: of(scheme), needs }))),
  );
  return { ...config, requirements };
}
