// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { methodOf } from "./algorithms.ts";
import type { Jws } from "./read-jws.ts";
import type { VerificationKey } from "./read-key.ts";
import { scratch } from "./scratch.ts";

/**
 * The token was signed with the private half of the key, or with the secret, by the algorithm that its header names and
 * the key allows.
 */
export function isSignedBy({ header, signed, signature }: Omit<Jws, "payload">, { algorithms, key }: VerificationKey): boolean {
  if (!(algorithms as readonly string[]).includes(header.alg)) return false;
  const method = methodOf(header.alg)!;
  const room = scratch(signed.length);
  const bytes = room.subarray(0, room.write(signed, "latin1"));
  switch (method.kind) {
    case "RS":
      return crypto.verify(method.hash, bytes, key, signature);
    case "PS":
      // The salt is as long as the hash (RFC 7518 §3.5); -1: RSA_PSS_SALTLEN_DIGEST.
      return crypto.verify(
        method.hash,
        bytes,
        { key, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: -1 },
        signature,
      );
    case "ES":
      // R and S side by side, each of full length (RFC 7518 §3.4): never DER.
      return (
        signature.length === method.bytes && crypto.verify(method.hash, bytes, { key, dsaEncoding: "ieee-p1363" }, signature)
      );
    case "Ed":
      return signature.length === 64 && crypto.verify(null, bytes, key, signature);
    case "HS": {
      const expected = crypto.createHmac(method.hash, key).update(bytes).digest();
      return signature.length === expected.length && crypto.timingSafeEqual(signature, expected);
    }
  }
}
