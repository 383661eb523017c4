import { expect, it } from "vitest";
import type { Identity } from "../../../runtime/exchange/exchange.ts";
import { RevocationSet } from "../../../runtime/identity/revocation/revocation-set.ts";
import { type Revocations, verdictOf } from "../../../runtime/identity/revocation/revocations.ts";
import { createRevocableSingleSecurity } from "../../../runtime/policies/security/revocable.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { bearer, claims, schemeOf } from "../../policies/jwt/support/scheme.ts";
import { signer } from "../../policies/jwt/support/signer.ts";

it("a token that is revoked is answered with `invalid_token` (RFC 6750 §3.1), and none at all without an error", () => {
  const set = new RevocationSet();
  set.put({ kind: "jti", value: "t1" });
  const revocations = { verdict: (identity: Identity) => verdictOf(set, identity) } as Revocations;
  const issuer = signer("one");
  const security = createRevocableSingleSecurity({ scheme: schemeOf([issuer]), revocations });
  const challengeTo = (request: Parameters<typeof fakeExchange>[0]): unknown => {
    const x = fakeExchange(request);
    return security.request(x) === true && x.answer!.headers.get("www-authenticate");
  };
  expect(challengeTo(bearer(issuer.token(claims({ jti: "t2" }))))).toBe(false);
  expect(challengeTo(bearer(issuer.token(claims({ jti: "t1" }))))).toBe('Bearer realm="bearerAuth", error="invalid_token"');
  expect(challengeTo({})).toBe('Bearer realm="bearerAuth"');
});
