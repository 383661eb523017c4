import type { Identity, Rejection } from "../../exchange/exchange.ts";
import { clock } from "../../life/clock.ts";
import type { RevocationSet } from "./revocation-set.ts";

/** What is revoked, for those who ask of one credential. */
export interface Revocations {
  readonly __resource: "credentials";
  /** Why a credential that is good otherwise does not count; undefined: it does. Synchronous and quick. */
  verdict(identity: Identity): Rejection | undefined;
}

const revoked: Rejection = { rejected: "invalid", reason: "The credential has been revoked." };
export const revocationsUnknown: Rejection = {
  rejected: "unavailable",
  reason: "It is not known at the moment which credentials are revoked.",
};

const wall = (): number => clock.wall();

export const verdictOf = (set: RevocationSet, identity: Identity): Rejection | undefined =>
  set.names(identity, wall) ? revoked : undefined;
