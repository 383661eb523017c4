import { describe, expect, it } from "vitest";
import { readJws } from "../../../runtime/identity/jose/read-jws.ts";
import { isThere, usableKeys, type Vector, verifiedPayload, wycheproof } from "./vectors.ts";

const boundToAnother = "the `alg` of the key is PS256 and that of the token PS384: a key is for its algorithm (RFC 7517 §4.4)";
const noAlgorithm = "the `alg` of the key is ES521, which no registry knows";
const notBase64url = "a `?` stands in the token, which is no character of base64url (RFC 7515 §2, RFC 4648 §3.3)";

/** Vectors that are valid and refused all the same, by group, number and comment. */
const refusedThoughValid: Readonly<Record<string, string>> = {
  "rfc7520 346 Figure20": boundToAnother,
  "rfc7520WithKeyOps 350 Figure20": boundToAnother,
  "rfc7520 347 Figure27": noAlgorithm,
  "rfc7520WithKeyOps 351 Figure27": noAlgorithm,
  "base64 372 InvalidCharacterInsertedInHeader": notBase64url,
  "base64 373 InvalidCharacterInsertedInPayload": notBase64url,
};

/** Vectors that are called invalid and are not: the text is that of a good token, to the byte. */
const notInvalid = {
  "base64 367 invalidBase64Padding": "its padding was lost",
  "base64 370 invalidBase64PaddingInPayload": "its padding was lost",
};
const goodTwin = "eyJraWQiOiJoczI1Ni1rZXkiLCJhbGciOiJIUzI1NiJ9.VGVzdA.c1LROH7eNQwUT8KMVEO52VC3WZ9e_AnDWbZ7aMmowV8";

const signatures: Readonly<Record<string, readonly Vector[]>> = {
  "JSON Web Signature": wycheproof("json_web_signature_test.json"),
  "JSON Web Key": wycheproof("json_web_key_test.json"),
  "JSON Web Crypto": wycheproof("json_web_crypto_test.json").filter(({ isEncrypted }) => !isEncrypted),
};

describe.skipIf(!isThere)("signatures of Project Wycheproof", () => {
  it("are all there", () => expect(Object.values(signatures).map(({ length }) => length)).toEqual([401, 26, 49]));

  describe.each(Object.entries(signatures))("%s", (_, vectors) => {
    it.each(vectors.map((vector) => [vector.isValid ? "valid" : "invalid", vector.name, vector] as const))(
      "%s: %s",
      (_result, name, vector) => {
        const isVerified = verifiedPayload(vector.token, usableKeys(vector.keys)) !== undefined;
        if (name in notInvalid) expect(vector.token).toBe(goodTwin);
        expect(isVerified).toBe(name in notInvalid || (vector.isValid && !(name in refusedThoughValid)));
      },
    );
  });

  it("that are judged otherwise are all vectors of the suite", () => {
    const names = Object.values(signatures).flatMap((vectors) => vectors.map(({ name }) => name));
    expect(Object.keys({ ...refusedThoughValid, ...notInvalid }).filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe.skipIf(!isThere)("encryption of Project Wycheproof", () => {
  const encrypted = [
    ...wycheproof("json_web_encryption_test.json"),
    ...wycheproof("json_web_crypto_test.json").filter(({ isEncrypted }) => isEncrypted),
  ];

  it("is refused without a look at keys or header, in each of the vectors (trap 22)", () => {
    expect(encrypted.length).toBeGreaterThan(150);
    const reasons = new Set(encrypted.map(({ token }) => readJws(token)));
    for (const reason of reasons) expect(reason).toMatch(/encrypted \(JWE\)|three parts/);
  });
});
