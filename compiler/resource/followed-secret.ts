import type { FollowedSecretConfig } from "../../runtime/files/followed-secret.ts";
import type { SecretReference } from "../../schema/resources.gen.ts";
import { type MakeIr, make, placeOf, type StartValueIr } from "../ir/config.ts";
import type { Origin } from "../ir/origin.ts";
import { secretSource } from "./pem.ts";

/** A secret that is followed where it comes from a file; what the environment holds cannot change. */
export const followedSecret = (from: SecretReference, origin: Origin): StartValueIr | MakeIr =>
  "env" in from ? { kind: "secret", from, origin } : followedFile(from, origin);

export function followedFile(from: { readonly file: string }, origin: Origin): MakeIr {
  const value: StartValueIr = { kind: "secret", from, origin };
  return make<FollowedSecretConfig>("files/followed-secret", "createFollowedSecret", {
    value,
    path: from.file,
    from: placeOf(origin, ` ${secretSource(from)}`),
  });
}
