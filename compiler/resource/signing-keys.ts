import type { SigningAlgorithm, SigningKeysConfig } from "../../runtime/identity/signing/signing-keys.ts";
import type { SecretReference } from "../../schema/resources.gen.ts";
import { type MakeIr, make, placeOf } from "../ir/config.ts";
import type { Origin } from "../ir/origin.ts";
import { pemFiles, secretSource } from "./pem.ts";

/** Private keys of the gateway; followed where they come from a file. */
export const signingKeys = (from: SecretReference, algorithm: SigningAlgorithm, origin: Origin, kid?: string): MakeIr =>
  make<SigningKeysConfig>("identity/signing/signing-keys", "createSigningKeys", {
    pem: { kind: "secret", from, origin },
    from: placeOf(origin, ` ${secretSource(from)}`),
    algorithm,
    kid,
    files: pemFiles({ key: from }),
  });
